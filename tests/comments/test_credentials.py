"""The e-mail address and password of a comment: what is taken, kept and found again."""

import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from argon2.exceptions import VerifyMismatchError
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from hypothesis import given
from hypothesis import strategies as st

from comments.identity import credentials
from comments.identity.common_passwords import is_common
from comments.identity.korean_keyboard import keystrokes
from tests.conftest import CHEAP_HASHER

ADDRESS = "mina@example.com"
PASSWORD = "right horse key"
NEW_KEY = ("new", bytes(range(32)))
OLD_KEY = ("old", bytes(range(1, 33)))


# Addresses


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("mina@example.com", "mina@example.com"),
        ("  Mina.Kim+Tag@EXAMPLE.Com\t", "mina.kim+tag@example.com"),
        ("mina@한국.kr", "mina@xn--3e0b707e.kr"),
        (f"mina@{unicodedata.normalize('NFD', '한국')}.kr", "mina@xn--3e0b707e.kr"),
        ("mina@XN--3E0B707E.KR", "mina@xn--3e0b707e.kr"),
        ("mina@ｅｘａｍｐｌｅ。ｃｏｍ", "mina@example.com"),
        ("mina@faß.de", "mina@xn--fa-hia.de"),
        ("o'brien!#$%&*/?=^_`{|}~-@a.b-c.museum", "o'brien!#$%&*/?=^_`{|}~-@a.b-c.museum"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
    ],
)
def test_address_has_one_canonical_form(raw, canonical):
    assert credentials.canonical_address(raw) == canonical


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "mina",
        "@example.com",
        "mina@",
        "mina@localhost",
        "mina@example.com.",
        "mina@.com",
        "mina@example..com",
        "mina@-example.com",
        "mina@exam_ple.com",
        "mina@exa mple.com",
        "mina@[127.0.0.1]",
        "mina@127.0.0.1",
        "mina@xn--zzzzzzzzz.com",
        "mina@xn--a.com",
        "mina@example.com\nbcc: you@example.com",
        "mi\nna@example.com",
        "mi\0na@example.com",
        "mi na@example.com",
        '"mi na"@example.com',
        "mina(note)@example.com",
        ".mina@example.com",
        "mina.@example.com",
        "mi..na@example.com",
        "mina@you@example.com",
        "mi,na@example.com",
        "<mina@example.com>",
        "minа@example.com",  # a Cyrillic a
        "\u212aim@example.com",  # the Kelvin sign, which lower() turns into a k
        "ｍｉｎａ@example.com",
        "민아@example.com",
        "mina＠example.com",
        "mina\ud800@example.com",
        "mina@\ud800.com",
        f"{'a' * 65}@example.com",
        f"mina@{'a' * 64}.com",
        f"mina@{'a.' * 124}com",
        f"mina@{'한' * 60}.kr",
        "a" * 100_000 + "@example.com",
        "mina@" + "a" * 100_000,
        "=?utf-8?q?a=0ab?=@example.com",
        "=?utf-8?q?mina?=@example.com",
        "=?UTF-8?B?bWluYQ==?=@example.com",
        "=?utf-8?q??=@example.com",
        "a.=?utf-8?q?mina?=@example.com",
    ],
)
def test_what_is_no_address_is_refused(raw):
    with pytest.raises(ValidationError):
        credentials.canonical_address(raw)


@given(st.one_of(st.text(), st.builds("{}@{}.com".format, st.text(), st.text())))
def test_canonical_address_of_any_text_is_ascii_and_its_own_canonical_form(raw):
    try:
        address = credentials.canonical_address(raw)
    except ValidationError:
        return

    assert address.isascii() and address == address.lower() and len(address) <= 254
    assert address.count("@") == 1 and not any(character.isspace() for character in address)
    assert credentials.canonical_address(address) == address


class PostOffice:
    """What the mail backend talks to in a server's place; it notes where a mail would go."""

    def __init__(self):
        self.recipients = []

    def sendmail(self, _sender, recipients, _message):
        self.recipients += recipients


# Encoded words and their remains, and what else a local part may hold.
LOCAL_PIECES = [
    "=?",
    "?=",
    "utf-8",
    "?q?",
    "?b?",
    "=0a",
    "=",
    "?",
    ".",
    "a",
    "eA",
    *"!#$%&'*+/^_`{|}~-",
]


@given(st.lists(st.sampled_from(LOCAL_PIECES), max_size=12).map("".join))
def test_mail_reaches_the_very_address_that_was_typed(local):
    try:
        address = credentials.canonical_address(f"{local}@example.com")
    except ValidationError:
        return
    backend, office = EmailBackend(), PostOffice()
    backend.connection = office

    EmailMessage("Hello", "Text", "site@example.kr", [address], connection=backend).send()

    assert office.recipients == [address]


# Digests


@pytest.fixture
def two_keys(settings):
    settings.EMAIL_DIGEST_KEYS = [NEW_KEY, OLD_KEY]


@pytest.fixture
def old_digest(settings):
    settings.EMAIL_DIGEST_KEYS = [OLD_KEY]
    return credentials.email_digest(ADDRESS)


def test_digest_names_its_key_and_holds_nothing_of_the_address(two_keys):
    digest = credentials.email_digest(ADDRESS)

    key_id, _colon, value = digest.partition(":")
    assert key_id == "new" and len(bytes.fromhex(value)) == 32
    assert "mina" not in digest and "example" not in digest


def test_digest_is_the_same_for_every_way_to_write_the_address(two_keys):
    assert credentials.email_digest(" MINA@Example.COM ") == credentials.email_digest(ADDRESS)
    assert credentials.email_digest("mina1@example.com") != credentials.email_digest(ADDRESS)


def test_address_is_found_under_every_active_key(old_digest, two_keys):
    assert credentials.digests(ADDRESS) == [credentials.email_digest(ADDRESS), old_digest]
    assert credentials.digest_matches(old_digest, ADDRESS)
    assert not credentials.digest_matches(old_digest, "juno@example.com")


def test_digest_under_a_retired_key_matches_nothing(old_digest, settings):
    settings.EMAIL_DIGEST_KEYS = [NEW_KEY]

    assert not credentials.digest_matches(old_digest, ADDRESS)


def test_only_a_digest_under_an_earlier_key_is_made_again(old_digest, two_keys):
    assert credentials.needs_redigest(old_digest)
    assert not credentials.needs_redigest(credentials.email_digest(ADDRESS))


@pytest.mark.parametrize("stored", ["", "new:", ":", "오류"])
def test_malformed_digest_matches_nothing(two_keys, stored):
    assert not credentials.digest_matches(stored, ADDRESS)


# Passwords: which are taken


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("right horse key", "right horse key"),
        ("  right key  ", "  right key  "),
        ("Right　horse key", "Right horse key"),
        ("ｒｉｇｈｔ horse", "right horse"),
        (unicodedata.normalize("NFD", "바다 건너온 편지"), "바다 건너온 편지"),
        ("tr0mb☃ne", "tr0mb☃ne"),
        ("x7$kQ9p!", "x7$kQ9p!"),
        ("Kj7#mQ2x" * 16, "Kj7#mQ2x" * 16),
    ],
)
def test_password_is_kept_in_nfkc_and_never_stripped(raw, kept):
    assert credentials.clean_password(raw, ADDRESS) == kept


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "password_too_short"),
        ("x7$kQ9p", "password_too_short"),
        ("각하나둘셋넷", "password_too_short"),
        (unicodedata.normalize("NFD", "강물따라하늘"), "password_too_short"),
        ("Kj7#mQ2x" * 16 + "y", "password_too_long"),
        ("x7$kQ9p!" * 33, "password_too_long"),
        ("\ufdfa" * 8, "password_too_long"),  # eighteen characters each in NFKC
        ("a" * 1_000_000, "password_too_long"),
        ("right\0horse", "password_characters"),
        ("right\nhorse", "password_characters"),
        ("right\x7fhorse", "password_characters"),
        ("right\ud800horse", "password_characters"),
        ("right\U000e0080horse", "password_characters"),
        ("right\uffffhorse", "password_characters"),
    ],
)
def test_password_that_cannot_be_kept_is_refused(raw, code):
    with pytest.raises(ValidationError) as error:
        credentials.clean_password(raw, ADDRESS)

    assert error.value.code == code


@pytest.mark.parametrize(
    "raw",
    [
        "password",
        "Password1!",
        "P@ssw0rd",
        "iloveyou",
        "비밀번호1234",
        "비밀번호입니다!!!!",
        "1234비밀번호",
        "사랑해사랑해사랑해",
        "안녕하세요!2025",
        "대한민국만세12",
        "dkssudgktpdy",
        "DKSSUDGKTPDY",
        "qlalfqjsgh",
        "qlalfqjsgh1!",
        "tkfkdgo1234",
        "tkfkdgotkfkdgo",
        "ㅔㅁㄴㄴ재ㄱㅇ1",  # "password" typed in Korean mode
        "ㅑㅣㅐㅍ됴ㅐㅕ12",  # "iloveyou"
        "김민준19900101",
        "rlaalswns1!",
        "openup2025",
        "오픈소스2025!",
        "aaaaaaaa",
        "ㅋㅋㅋㅋㅋㅋㅋㅋ",
        "        ",
        "abcabcabc",
        "12345678",
        "87654321",
        "1234567890!",
        "abcdefgh",
        "qwertyui",
        "poiuytrewq",
        "1q2w3e4r",
        "1qaz2wsx3edc",
        "qwer1234!@#$",
        "aabbccddee",
        "가나다라마바사아",
        "ㅂㅈㄷㄱ쇼ㅕㅑ1",
    ],
)
def test_common_password_is_refused(raw):
    with pytest.raises(ValidationError) as error:
        credentials.clean_password(raw, ADDRESS)

    assert error.value.code == "password_too_common"


@pytest.mark.parametrize(
    ("address", "raw"),
    [
        ("mina.kim@example.com", "mina.kim"),
        ("mina.kim@example.com", "MINA.KIM99"),
        ("mina.kim@example.com", "mina.kim@example.com"),
        ("minakim1990@example.com", "minakim1990"),
        ("minakim1990@example.com", "minakim2024!"),
        ("minakim@example.com", "minakimminakim"),
        ("minakim@example.com", "!!minakim!!"),
    ],
)
def test_password_made_of_the_address_is_refused(address, raw):
    with pytest.raises(ValidationError) as error:
        credentials.clean_password(raw, address)

    assert error.value.code == "password_too_common"


@given(st.text(max_size=300))
def test_any_text_is_cleaned_or_refused(raw):
    try:
        password = credentials.clean_password(raw, ADDRESS)
    except ValidationError:
        return

    assert 8 <= len(password) <= 128
    assert unicodedata.is_normalized("NFKC", password)
    assert credentials.clean_password(password, ADDRESS) == password


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("안녕하세요", "dkssudgktpdy"),
        ("비밀번호", "qlalfqjsgh"),
        ("괜찮아 뷁값", "rhoscksgdk qnpfrrkqt"),
        ("ㅗㅑㅛ", "hiy"),
        ("Password", "password"),
    ],
)
def test_keystrokes_are_those_of_the_two_set_keyboard(text, keys):
    assert keystrokes(text) == keys


def test_every_hangul_syllable_has_keystrokes():
    syllables = "".join(map(chr, range(0xAC00, 0xD7A4)))

    assert keystrokes(syllables).isascii()


def test_random_looking_password_around_a_word_is_not_common():
    assert not is_common("love-83Kq7-tiger")


# Passwords: what is kept


def test_hash_is_argon2id_with_the_recommended_cost(product_hashes):
    stored = credentials.hash_password(PASSWORD)

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert len(stored) <= 160
    assert credentials.verify_password(stored, PASSWORD)
    assert not credentials.verify_password(stored, PASSWORD + " ")


def test_two_hashes_of_one_password_differ():
    assert credentials.hash_password(PASSWORD) != credentials.hash_password(PASSWORD)


def test_only_the_same_submission_with_the_same_password_has_an_equal_hash():
    stored = credentials.hash_submission(PASSWORD, ADDRESS, "7", "", "key")

    same = credentials.hash_submission(PASSWORD, " Mina@example.com", "7", "", "key")
    others = [
        credentials.hash_submission("wrong horse key", ADDRESS, "7", "", "key"),
        credentials.hash_submission(PASSWORD, "juno@example.com", "7", "", "key"),
        credentials.hash_submission(PASSWORD, ADDRESS, "7", "", "other"),
        credentials.hash_submission(PASSWORD, ADDRESS, "", "7", "key"),
    ]
    assert same == stored
    assert stored not in others
    assert credentials.verify_password(stored, PASSWORD)


class CountingHasher:
    """The hasher itself, with a count of what costs memory and time."""

    def __init__(self, hasher):
        self.hasher = hasher
        self.verified = []

    def verify(self, stored_hash, password):
        try:
            is_right = self.hasher.verify(stored_hash, password)
        except VerifyMismatchError:
            is_right = False
        # What raises anything else has computed nothing.
        self.verified.append(stored_hash)
        return is_right

    def check_needs_rehash(self, stored_hash):
        return self.hasher.check_needs_rehash(stored_hash)


@pytest.mark.parametrize(
    ("address", "password", "opens"),
    [
        (ADDRESS, PASSWORD, True),
        (" Mina@Example.com", "ｒｉｇｈｔ horse key", True),
        (ADDRESS, "wrong horse key", False),
        (ADDRESS, "", False),
        (ADDRESS, PASSWORD + "x" * 300, False),
        (ADDRESS, PASSWORD + "\0", False),
        (ADDRESS, "\ud800", False),
        ("juno@example.com", PASSWORD, False),
        ("no address", PASSWORD, False),
        ("", "", False),
    ],
)
def test_checking_any_pair_costs_one_verification(monkeypatch, address, password, opens):
    digest, stored = credentials.email_digest(ADDRESS), credentials.hash_password(PASSWORD)
    hasher = CountingHasher(credentials._HASHER)
    monkeypatch.setattr(credentials, "_HASHER", hasher)

    assert credentials.check_pair(digest, stored, address, password) is opens

    assert hasher.verified == [stored]


@pytest.mark.parametrize("password", [PASSWORD, ""])
def test_comment_without_a_pair_costs_one_verification_and_never_opens(
    product_hashes, monkeypatch, password
):
    hasher = CountingHasher(credentials._HASHER)
    monkeypatch.setattr(credentials, "_HASHER", hasher)

    assert credentials.check_pair("", "", ADDRESS, password) is False

    assert len(hasher.verified) == 1
    assert not hasher.hasher.check_needs_rehash(hasher.verified[0])


def test_password_of_earlier_rules_still_opens():
    stored = credentials._HASHER.hash("1234")

    assert credentials.check_pair(credentials.email_digest(ADDRESS), stored, ADDRESS, "1234")


# What stands where a hash should: a copy of a database that was cut, SQL by hand, another program

# A salt of its own: the cases have the same names in every process that runs some of them.
HASH = CHEAP_HASHER.hash(PASSWORD, salt=b"sixteen octets..")
HEAD, COST, SALT, DIGEST = HASH[: HASH.index("$m=")], *HASH.split("$")[3:]
NO_HASHES = [
    *(
        "!",
        "비밀" * 20,
        "$" * 5,
        "md5$a$b",
        PASSWORD,
        HASH[:-5],
        HASH[:40],
        f" {HASH}",
        f"{HASH}\n",
    ),
    *(HASH.replace("argon2id", kind) for kind in ("argon2i", "argon2d", "argon2x", "ARGON2ID")),
    *(HASH.replace("v=19", version) for version in ("v=16", "v=x", "v=0")),
    *(
        f"{HEAD}${cost}${SALT}${DIGEST}"
        for cost in (
            *("m=0,t=1,p=1", "m=-8,t=1,p=1", "m=08,t=1,p=1", "m=4294967295,t=1,p=1", "m=8,t=0,p=1"),
            *("m=8,t=4294967295,p=1", "m=8,t=1,p=16777215", "m=8,t=1", "m=8,t=1,p=1,m=8", ""),
        )
    ),
    f"{HEAD}${COST}$AAAA${DIGEST}",
    f"{HEAD}${COST}${SALT}$AAAA",
    f"{HEAD}${COST}${SALT}${'!' * len(DIGEST)}",
    f"{HEAD}${COST}${'가' * len(SALT)}${DIGEST}",
    f"{HEAD}${COST}${SALT}${DIGEST[:-1]}{chr(0xAC00)}",
]


@pytest.mark.parametrize("stored", NO_HASHES)
def test_what_is_no_hash_is_a_wrong_password_at_the_cost_of_one(stored, monkeypatch):
    hasher = CountingHasher(CHEAP_HASHER)
    monkeypatch.setattr(credentials, "_HASHER", hasher)
    digest = credentials.email_digest(ADDRESS)

    is_right = credentials.check_pair(digest, stored, ADDRESS, PASSWORD)

    assert not is_right and len(hasher.verified) == 1


@given(st.text(st.sampled_from(f"${HASH}가\x00"), max_size=120))
def test_nothing_that_is_kept_as_a_hash_breaks_the_check(stored):
    assert credentials.verify_password(stored, "another horse key") is False


# Hashes at once


class SlowHasher:
    """Hashes nothing, and lets nobody out before `leave`; notes how many were inside at once."""

    def __init__(self):
        self.entered, self.leave = threading.Semaphore(0), threading.Event()
        self.lock = threading.Lock()
        self.inside = self.most_inside = 0

    def hash(self, *arguments, **options):
        with self.lock:
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
        self.entered.release()
        assert self.leave.wait(60)
        with self.lock:
            self.inside -= 1
        return "hash"

    verify = hash

    def check_needs_rehash(self, stored):
        return False


def test_no_more_hash_at_once_than_the_server_has_cores_for(settings, monkeypatch):
    hasher = SlowHasher()
    monkeypatch.setattr(credentials, "_HASHER", hasher)
    hashes = [
        lambda: credentials.hash_password(PASSWORD),
        lambda: credentials.hash_submission(PASSWORD, ADDRESS),
        lambda: credentials.verify_password("", PASSWORD),
        lambda: credentials.check_pair("", "", "no address", ""),
    ]

    with ThreadPoolExecutor(16) as pool:
        visits = [pool.submit(make) for make in hashes * 4]
        for _number in range(settings.HASHES_AT_ONCE):
            assert hasher.entered.acquire(timeout=60)
        hasher.leave.set()
        for visit in visits:
            visit.result()

    assert hasher.most_inside == settings.HASHES_AT_ONCE


def test_hash_that_fails_keeps_nobody_out(settings, monkeypatch):
    def fail(*arguments):
        raise MemoryError

    monkeypatch.setattr(credentials, "_HASHER", SimpleNamespace(hash=fail))
    for _number in range(settings.HASHES_AT_ONCE + 1):
        with pytest.raises(MemoryError):
            credentials.hash_password(PASSWORD)
    monkeypatch.undo()

    assert credentials.hash_password(PASSWORD)


def test_hashes_take_at_most_half_of_the_threads(settings):
    assert 1 <= settings.HASHES_AT_ONCE <= max(1, settings.SERVER_THREADS // 2)
