"""Nothing of the desk opens before the second step of signing in, by whatever way it is asked."""

import re
import time
from base64 import b32decode
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.management import call_command
from django.db.models import F
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils.timezone import now
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from lxml import html

from articles.models import AuditEvent
from comments.identity.rate_limits import STAFF_SIGN_IN_PER_PAIR
from comments.models import Outbox
from openup.models import StaffSession, TrustedBrowser
from openup.staff.sign_in import second_factor
from tests.browser.staff_site import make_staff_site
from tests.factories import make_staff
from tests.sent_forms import UNDRAWN

pytestmark = pytest.mark.django_db

PASSWORD = "산 너머 남촌에는 누가 살길래"
LOGIN, INDEX = reverse("admin:login"), reverse("admin:index")
SET_UP, ACCOUNT = reverse("admin:set_up_second_factor"), reverse("admin:account")


@pytest.fixture(autouse=True)
def required(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    # Wrong codes are told apart from refused ones where a test is about that.
    settings.OTP_TOTP_THROTTLE_FACTOR = settings.OTP_STATIC_THROTTLE_FACTOR = 0


@pytest.fixture
def publisher():
    return make_staff("articles.publish_article", username="hana", password=PASSWORD)


def make_app(user):
    """Return what gives the user's codes, and the recovery codes."""
    key = "ab" * 20
    TOTPDevice.objects.filter(user=user).delete()
    TOTPDevice.objects.create(user=user, name="app", key=key)
    return key, second_factor.new_recovery_codes(user)


def code_of(key):
    totp = TOTP(bytes.fromhex(key))
    totp.time = time.time()
    return f"{totp.token():06d}"


def give_password(client, username="hana", follow=False, **query):
    sent = {"username": username, "password": PASSWORD, **query}
    return client.post(LOGIN, sent, follow=follow)


def is_open(client):
    return client.get(INDEX).status_code == 200


def test_password_alone_leads_to_setting_up_an_app_and_a_right_code_opens_the_desk(publisher):
    client = Client()
    page = give_password(client, follow=True)
    assert urlsplit(page.redirect_chain[-1][0]).path == SET_UP
    text = page.content.decode()
    key = html.fromstring(text).cssselect("ol.steps code")[0].text_content()

    refused = client.post(SET_UP, {"code": "123456"})
    assert "이 열쇠로 만든 번호가 아닙니다" in refused.content.decode()
    assert not is_open(client)
    shown = client.post(SET_UP, {"code": code_of(b32decode(key.replace(" ", "")).hex())})

    assert "<svg" in text and "style=" not in text
    assert (
        len(re.findall(r"<li><code>[a-z2-7]{4} [a-z2-7]{4}</code>", shown.content.decode())) == 10
    )
    assert is_open(client)


def test_sign_in_asks_for_the_code_and_leads_to_where_it_was_asked_for(publisher):
    key, _codes = make_app(publisher)
    client = Client()
    asked = client.get(reverse("admin:articles_article_changelist")).url
    client.post(
        asked, {"username": "hana", "password": PASSWORD, "next": "/manage/articles/article/"}
    )
    assert not is_open(client)
    known = client.session.session_key

    wrong = client.post(LOGIN, {"code": "000000"})
    right = client.post(f"{LOGIN}?next=/manage/articles/article/", {"code": code_of(key)})

    assert "다음 번호가 나오면" in wrong.content.decode()
    assert right.url == "/manage/articles/article/"
    assert is_open(client) and client.session.session_key != known


def test_code_works_once(publisher):
    key, codes = make_app(publisher)
    code = code_of(key)

    for used in (code, codes[3], codes[3].upper().replace(" ", "-")):
        client = Client()
        give_password(client)
        client.post(LOGIN, {"code": used})
        assert is_open(client) == (used in {code, codes[3]})
    client = Client()
    give_password(client)
    client.post(LOGIN, {"code": code})
    assert not is_open(client)


def test_wrong_codes_make_the_next_one_wait(publisher, settings):
    settings.OTP_TOTP_THROTTLE_FACTOR = 60
    key, _codes = make_app(publisher)
    client = Client()
    give_password(client)
    client.post(LOGIN, {"code": "000000"})

    refused = client.post(LOGIN, {"code": code_of(key)})

    assert re.search(r"\d+초 뒤에 다시", refused.content.decode())
    assert not is_open(client)


def test_other_site_is_no_place_to_go_on_to(publisher):
    key, _codes = make_app(publisher)
    client = Client()
    give_password(client)

    response = client.post(f"{LOGIN}?next=https://evil.example/", {"code": code_of(key)})

    assert response.url == INDEX


def addresses():
    """Yield an address of each route below the desk, with numbers of rows that are there."""
    values = {"content_type_id": "1", "object_id": "1", "app_label": "articles", "url": "x"}
    values |= {"article_id": "1", "form": "article", "model": "article", "row": "1/1", "path": "x"}
    for route in routes(get_resolver()):
        if route.startswith("manage/"):
            yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda name: values.get(name[1], "1"), route)


def routes(resolver, before=""):
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern).replace("^", "").replace("\\Z", "").replace("$", "")
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern, route)
        else:
            yield route


# What the sign-in itself is made of.
BEFORE_THE_CODE = {
    LOGIN,
    SET_UP,
    reverse("admin:logout"),
    reverse("admin_password_reset"),
    reverse("password_reset_confirm", args=["1", "1"]),
}


@pytest.mark.parametrize("has_app", [True, False])
def test_no_address_of_the_desk_opens_before_the_code(has_app):
    make_staff_site()
    user = User.objects.get(username="superuser")
    if has_app:
        make_app(user)
    client = Client()
    client.force_login(user)
    opened = []

    for address in sorted(set(addresses()) - BEFORE_THE_CODE):
        for method in (client.get, client.post):
            response = method(address, **UNDRAWN)
            to_sign_in = response.status_code == 302 and urlsplit(response.url).path == LOGIN
            if not (to_sign_in or response.status_code in {301, 403, 404, 405}):
                opened.append((address, method.__name__, response.status_code))

    assert len(set(addresses())) > 80
    assert opened == []


def test_session_from_before_the_rights_opens_nothing_once_they_are_given():
    call_command("setup_site", verbosity=0)
    writer = make_staff(username="hana", password=PASSWORD)
    client = Client()
    give_password(client)
    assert is_open(client)

    writer.groups.add(Group.objects.get(name="publisher"))

    assert not is_open(client)


def test_who_has_an_app_without_having_to_is_asked_too(settings):
    settings.REQUIRE_SECOND_FACTOR = False
    make_app(make_staff(username="hana", password=PASSWORD))
    client = Client()

    give_password(client)

    assert not is_open(client)


def test_password_alone_sets_up_no_app_beside_the_one_that_is_there(publisher):
    make_app(publisher)
    client = Client()
    give_password(client)

    for method in (client.get, client.post):
        assert urlsplit(method(SET_UP).url).path == LOGIN
    assert TOTPDevice.objects.get(user=publisher).key == "ab" * 20


def test_key_that_was_shown_to_another_session_is_not_taken(publisher):
    thief, owner = Client(), Client()
    give_password(thief)
    stolen = html.fromstring(thief.get(SET_UP).content.decode()).cssselect("ol.steps code")[0]
    give_password(owner)

    owner.get(SET_UP)
    key = b32decode(stolen.text_content().replace(" ", "")).hex()
    owner.post(SET_UP, {"code": code_of(key)})

    assert not TOTPDevice.objects.filter(user=publisher).exists()


def signed_in(user, code=None, **fields):
    client = Client(**fields)
    give_password(client, user.get_username())
    client.post(LOGIN, {"code": code} if isinstance(code, str) else code)
    return client


FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_trusted_browser_is_not_asked_until_its_owner_forgets_it_or_the_password_changes(publisher):
    _key, codes = make_app(publisher)
    browser = signed_in(publisher, {"code": codes[0], "trust": "on"}, HTTP_USER_AGENT=FIREFOX)
    cookie = browser.cookies[second_factor.COOKIE]
    assert cookie["path"] == "/manage/" and cookie["httponly"]

    def is_let_in():
        again = Client()
        again.cookies[second_factor.COOKIE] = cookie.value
        give_password(again, follow=True)
        return is_open(again)

    assert is_let_in()
    page = browser.get(ACCOUNT).content.decode()
    assert "Firefox · Windows" in page
    digest = TrustedBrowser.objects.get().digest
    browser.post(ACCOUNT, {"action": "forget", "browser": digest})
    assert not is_let_in()

    TrustedBrowser.objects.all().delete()
    cookie.set(*2 * [TrustedBrowser.issue(publisher, "x")], cookie.coded_value)
    publisher.set_password(PASSWORD)
    publisher.save()
    assert not is_let_in()


def test_trust_ends_after_thirty_days_and_is_swept(publisher):
    make_app(publisher)
    token = TrustedBrowser.issue(publisher, "x")
    assert TrustedBrowser.is_trusted(publisher, token)
    assert not TrustedBrowser.is_trusted(make_staff(), token)
    TrustedBrowser.objects.update(expires_at=F("expires_at") - timedelta(days=30, seconds=1))

    assert not TrustedBrowser.is_trusted(publisher, token)
    call_command("purge", verbosity=0)
    assert not TrustedBrowser.objects.exists()
    # Made while the clock was wrong.
    token = TrustedBrowser.issue(publisher, "x")
    TrustedBrowser.objects.update(expires_at=F("expires_at") + timedelta(days=1))
    assert not TrustedBrowser.is_trusted(publisher, token)


def test_own_sessions_are_listed_and_ended_from_another_one(publisher):
    _key, codes = make_app(publisher)
    here = signed_in(publisher, codes[0])
    there = signed_in(publisher, codes[1], HTTP_USER_AGENT=FIREFOX)
    stranger = make_staff(username="duri", password=PASSWORD)
    elsewhere = Client()
    give_password(elsewhere, "duri")
    page = here.get(ACCOUNT).content.decode()
    assert page.count("Firefox · Windows") == 1
    keys = StaffSession.objects.values_list("session_key", flat=True)
    assert not any(key in page for key in keys)
    handle = {each.user_id: each.handle for each in StaffSession.objects.all()}[stranger.pk]

    here.post(ACCOUNT, {"action": "end_session", "session": handle})
    assert is_open(elsewhere)
    own = html.fromstring(page).cssselect("[name=session]")[0].get("value")
    here.post(ACCOUNT, {"action": "end_session", "session": own})

    assert is_open(here) and not is_open(there)


def test_change_of_the_second_step_asks_for_the_password(publisher):
    _key, codes = make_app(publisher)
    client = signed_in(publisher, codes[0])
    before = set(StaticDevice.objects.values_list("pk", flat=True))

    wrong = client.post(ACCOUNT, {"action": "codes", "password": "another sentence"})
    assert "비밀번호가 맞지 않습니다" in wrong.content.decode()
    assert set(StaticDevice.objects.values_list("pk", flat=True)) == before
    client.post(ACCOUNT, {"action": "remove", "password": PASSWORD})
    assert TOTPDevice.objects.filter(user=publisher).exists()
    shown = client.post(ACCOUNT, {"action": "codes", "password": PASSWORD}).content.decode()

    assert re.findall(r"<li><code>([a-z2-7 ]{9})</code>", shown)[0] not in codes
    give_password(other := Client())
    other.post(LOGIN, {"code": codes[1]})
    assert not is_open(other)


def test_first_app_of_who_needs_none_takes_the_password_too(settings):
    settings.REQUIRE_SECOND_FACTOR = False
    make_staff(username="hana", password=PASSWORD)
    client = Client()
    give_password(client)

    assert client.get(SET_UP).url == ACCOUNT
    client.post(ACCOUNT, {"action": "new_app", "password": "another sentence"})
    assert client.get(SET_UP).url == ACCOUNT
    client.post(ACCOUNT, {"action": "new_app", "password": PASSWORD})

    assert client.get(SET_UP).status_code == 200


def test_lost_phone_is_helped_by_a_command_and_by_who_manages_the_users(publisher, capsys):
    make_app(publisher)
    call_command("reset_second_factor", "hana")
    assert not TOTPDevice.objects.exists()

    make_app(publisher)
    root = User.objects.create_superuser("root", password=PASSWORD)
    _key, codes = make_app(root)
    chosen = {"action": "remove_second_factor", "_selected_action": publisher.pk}
    page = signed_in(root, codes[0]).post(
        reverse("admin:auth_user_changelist"), chosen, follow=True
    )

    assert "이제 비밀번호만으로 로그인합니다: hana" in page.content.decode()
    assert not TOTPDevice.objects.filter(user=publisher).exists()


def test_session_from_before_sets_up_no_app_once_the_second_step_was_taken_away(publisher):
    _key, codes = make_app(publisher)
    stolen = signed_in(publisher, codes[0])
    root = User.objects.create_superuser("root", password=PASSWORD)
    _key, codes = make_app(root)
    manager = signed_in(root, codes[0])
    users = reverse("admin:auth_user_changelist")

    for user in (publisher, root):
        chosen = {"action": "remove_second_factor", "_selected_action": user.pk}
        assert manager.post(users, chosen).status_code == 302

    assert urlsplit(stolen.get(SET_UP).url).path == LOGIN
    # Their own is led to a new one.
    assert manager.get(SET_UP).status_code == 200


# A new password by mail


@pytest.fixture
def mails(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []

    def send():
        call_command("send_mail", "--once", verbosity=0)
        return mail.outbox

    return send


def ask(email):
    return Client().post(reverse("admin_password_reset"), {"email": email}).content


def link_in(message):
    return urlsplit(re.search(r"http\S+/manage/password/\S+", message.body)[0]).path


NEW = "강 건너 봄이 오듯 그대가 오면"


def test_new_password_by_mail_takes_the_code_too_and_ends_every_session(publisher, mails):
    User.objects.filter(pk=publisher.pk).update(email="Hana@example.com")
    _key, codes = make_app(publisher)
    before = signed_in(publisher, codes[0])
    ask("hana@example.com")
    client = Client()
    page = client.get(link_in(mails()[0]), follow=True)
    address = page.redirect_chain[-1][0]

    refused = client.post(address, {"new_password1": NEW, "new_password2": NEW, "code": "000000"})
    assert "다음 번호" in refused.content.decode()
    client.post(address, {"new_password1": NEW, "new_password2": NEW, "code": codes[1]})

    publisher.refresh_from_db()
    assert publisher.check_password(NEW)
    assert not is_open(before) and not is_open(client)
    assert "쓸 수 없는 링크" in client.get(link_in(mails()[0]), follow=True).content.decode()


def test_no_mail_for_who_has_no_second_step_and_no_answer_tells_it(publisher, mails):
    User.objects.filter(pk=publisher.pk).update(email="hana@example.com")

    known, unknown = ask("hana@example.com"), ask("nobody@example.com")

    def without_token(page):
        return re.sub(rb'value="\w{64}"', b"", page)

    assert without_token(known) == without_token(unknown)
    # Nor does the time: what is stored is the same.
    assert Outbox.objects.count() == 2
    assert mails() == []


def test_each_account_of_an_address_has_its_own_link(publisher, mails):
    for name in ("duri", "sena"):
        make_app(make_staff(username=name, email="team@example.com"))

    ask("team@example.com")

    (sent,) = mails()
    links = re.findall(r"http\S+/manage/password/\S+", sent.body)
    pages = [Client().get(urlsplit(each).path, follow=True) for each in links]
    assert len(set(links)) == 2
    assert all("new_password1" in page.content.decode() for page in pages)


def test_password_rules_ask_for_length_and_not_for_kinds_of_characters(publisher):
    root = User.objects.create_superuser("root", password=PASSWORD)
    _key, codes = make_app(root)
    client = signed_in(root, codes[0])
    change = reverse("admin:auth_user_password_change", args=[publisher.pk])

    def refusal(new):
        sent = {"password1": new, "password2": new, "usable_password": "true"}
        response = client.post(change, sent)
        return "" if response.status_code == 302 else response.content.decode()

    assert "15자 이상" in refusal("fourteen chars")
    assert "쉽게 추측할 수" in refusal("비밀번호비밀번호비밀번호비밀번호")
    assert "쉽게 추측할 수" in refusal("qwertyuiopasdfghjklzxcvbnm")
    assert "쉽게 추측할 수" in refusal("hanahanahanahana")
    assert refusal("가을 하늘 공활한데 높고 구름 없이") == ""
    make_app(publisher)
    assert refusal("가을 하늘 공활") == ""


def test_devices_have_no_page_that_shows_their_keys():
    assert not {TOTPDevice, StaticDevice} & set(admin.site._registry)


def test_stranger_with_the_password_keeps_the_owner_out_for_minutes_at_most(publisher, settings):
    settings.OTP_TOTP_THROTTLE_FACTOR = 1
    key, codes = make_app(publisher)
    TOTPDevice.objects.update(throttling_failure_count=40, throttling_failure_timestamp=now())
    StaticDevice.objects.update(throttling_failure_count=40, throttling_failure_timestamp=now())
    stranger = Client(REMOTE_ADDR="192.0.2.7")
    give_password(stranger)

    told = stranger.post(LOGIN, {"code": "000000"}).content.decode()
    recovered = signed_in(publisher, codes[0])
    TOTPDevice.objects.update(throttling_failure_timestamp=now() - timedelta(minutes=18))
    by_app = signed_in(publisher, code_of(key))

    assert 0 < int(re.search(r"(\d+)초 뒤에 다시", told)[1]) < 18 * 60
    assert is_open(recovered) and is_open(by_app)


def test_wrong_codes_are_counted_and_recorded_so_many_times(publisher, mails):
    _key, codes = make_app(publisher)
    User.objects.filter(pk=publisher.pk).update(email="hana@example.com")
    stranger = Client(REMOTE_ADDR="192.0.2.7")
    give_password(stranger)
    ask("hana@example.com")
    address = stranger.get(link_in(mails()[0]), follow=True).redirect_chain[-1][0]
    new = {"new_password1": NEW, "new_password2": NEW, "code": "abcd efgh"}

    stranger.post(address, new)
    for _try in range(15):
        told = stranger.post(LOGIN, {"code": "abcd efgh"}).content.decode()
    refused = stranger.post(address, new | {"code": codes[0]}).content.decode()

    assert "실패" in told and "실패" in refused
    assert AuditEvent.objects.filter(act="code_failed", user_key=publisher.pk).count() == 10
    assert is_open(signed_in(publisher, codes[0]))


def test_who_is_second_to_set_up_an_app_replaces_nobody_elses(publisher):
    key = "cd" * 20
    make_app(publisher)

    assert second_factor.set_up(publisher, key, code_of(key), former=None) == (None, [])
    assert TOTPDevice.objects.get().key == "ab" * 20


def test_who_came_in_by_a_recovery_code_stays_in_with_new_ones(publisher):
    _key, codes = make_app(publisher)
    client = signed_in(publisher, codes[0])

    client.post(ACCOUNT, {"action": "codes", "password": PASSWORD})

    assert is_open(client)


def test_new_app_lets_in_no_browser_that_was_let_in_before(publisher):
    _key, codes = make_app(publisher)
    here = signed_in(publisher, codes[0])
    there = signed_in(publisher, {"code": codes[1], "trust": "on"})
    known = here.session.session_key
    here.post(ACCOUNT, {"action": "new_app", "password": PASSWORD})
    page = html.fromstring(here.get(SET_UP).content.decode())
    key = page.cssselect("ol.steps code")[0].text_content().replace(" ", "")

    here.post(SET_UP, {"code": code_of(b32decode(key).hex())})

    assert is_open(here) and here.session.session_key != known
    assert StaffSession.objects.filter(user=publisher).count() == 1
    give_password(there, follow=True)
    assert not is_open(there)


def test_right_password_may_be_given_as_often_as_one_likes(publisher):
    _key, codes = make_app(publisher)
    client = signed_in(publisher, codes[0])

    for _number in range(STAFF_SIGN_IN_PER_PAIR.count + 1):
        page = client.post(ACCOUNT, {"action": "codes", "password": PASSWORD}).content.decode()

    assert re.findall(r"<li><code>[a-z2-7 ]{9}</code>", page)
