import string
import unicodedata
from datetime import date, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from articles.bundle.data import (
    SEOUL,
    ArticleData,
    BundleError,
    CategoryData,
    ColumnData,
    EntryData,
    IssueData,
    IssueItemData,
    PageData,
    PeriodData,
    RankingData,
    ReferenceData,
    SubjectData,
    SubjectsData,
    TableData,
    TagData,
    TaxonomyData,
    TotalData,
)
from articles.bundle.data_to_files import write
from articles.bundle.files_to_data import read_file, read_markdown, read_yaml
from articles.content.text import normalise, normalise_line

LOOKS_LIKE_YAML = [
    "no",
    "2024-07",
    "2024-07-01",
    "0o17",
    "1_000",
    ": ",
    "- a",
    "a: b",
    "# a",
    "a #b",
    "~",
    "null",
    "<<",
    "---",
    "...",
    "&a",
    "*a",
    "!x",
    "|",
    ">-",
    "{a}",
    "[a]",
    "'",
    '"',
    "\\",
    "%YAML",
    "@a",
    "`a",
    "🙂",
    "(가) 나",
]
WILD = st.text(
    st.one_of(
        st.sampled_from("가나 중국오픈소스abc()[]{}#*-:'\"\\|>`~!&%@,?\n\t🙂"),
        st.sampled_from("\u1112\u1161\u11ab\u0301\u200d\ufffe\u00a0\u3000\u2028\x85"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)
LINE = st.one_of(st.sampled_from(LOOKS_LIKE_YAML), WILD.map(normalise_line)).map(normalise_line)
WORDS = LINE.filter(bool)
PROSE = st.one_of(LINE, st.lists(st.one_of(LINE, WILD), max_size=5).map("\n".join), WILD).map(
    lambda text: normalise(text).strip("\n")
)
BODY = st.lists(
    st.one_of(
        PROSE, st.sampled_from(["## a", "\\## a", "### b", "```", "    - c", "---", "", "# x", " "])
    ),
    max_size=8,
).map(lambda lines: normalise("\n".join(lines)).strip("\n"))
CATEGORY = LINE.map(lambda text: text.replace(")", "").strip()).filter(bool)
SLUG = st.text("abc-가나다0", min_size=1, max_size=20)
DAY = st.dates(min_value=date(1900, 1, 1))
MOMENT = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=SEOUL)
)
MONTH = DAY.map(lambda day: day.isoformat()[:7])


def tuples(strategy):
    return st.lists(strategy, max_size=3).map(tuple)


def optional(strategy):
    return st.none() | strategy


ARTICLES = st.builds(
    ArticleData,
    uid=st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=64),
    title=WORDS,
    slug=SLUG,
    kicker=LINE,
    byline=LINE,
    category=SLUG,
    tags=tuples(SLUG),
    monthly_issue=st.just("") | MONTH,
    leads_month=st.booleans(),
    summary=PROSE,
    lead_picture=LINE,
    state=st.sampled_from(["draft", "in_review", "published", "withdrawn"]),
    published_at=optional(MOMENT),
    withdrawn_at=optional(MOMENT),
    kogl=st.sampled_from(["none", "type0", "type1", "type4", "ai"]),
    comment_policy=st.sampled_from(["open", "reviewed", "closed"]),
    comments_open_days=optional(st.integers(0, 3650)),
    comments_close_at=optional(MOMENT),
    tables=tuples(
        st.builds(
            TableData,
            slug=SLUG,
            ranking=SLUG,
            periods=tuples(DAY),
            caption=LINE,
            source_note=LINE,
            source_url=LINE,
        )
    ),
    references=tuples(
        st.builds(ReferenceData, title=WORDS, publisher=LINE, url=LINE, accessed_date=optional(DAY))
    ),
    legacy_paths=tuples(WORDS),
    body=BODY,
)
RANKINGS = st.builds(
    RankingData,
    slug=SLUG,
    title=WORDS,
    rank_heading=WORDS,
    columns=st.lists(st.builds(ColumnData, key=WORDS, heading=WORDS), min_size=1, max_size=3).map(
        tuple
    ),
    periods=tuples(
        st.builds(
            PeriodData,
            label=WORDS,
            as_of=DAY,
            entries=tuples(
                st.builds(
                    EntryData,
                    rank=st.integers(1, 999),
                    subject=SLUG,
                    label=WORDS,
                    tied=st.booleans(),
                    cells=st.dictionaries(WORDS, LINE, max_size=3),
                )
            ),
            total=st.none()
            | st.builds(
                TotalData, label=WORDS, cells=st.dictionaries(WORDS, LINE, min_size=1, max_size=3)
            ),
        )
    ),
)
ISSUES = st.builds(
    IssueData,
    month=MONTH,
    title=WORDS,
    state=st.sampled_from(["draft", "published"]),
    published_at=optional(MOMENT),
    items=tuples(st.builds(IssueItemData, category=CATEGORY, headline=WORDS, body=BODY)),
)
PAGES = st.builds(PageData, slug=SLUG, title=WORDS, position=st.integers(0, 99), body=BODY)
SUBJECTS = st.builds(
    SubjectsData,
    tuples(st.builds(SubjectData, slug=SLUG, name=WORDS, country=LINE, aliases=tuples(WORDS))),
)
TAXONOMIES = st.builds(
    TaxonomyData,
    tuples(st.builds(CategoryData, slug=SLUG, name=WORDS, position=st.integers(0, 99))),
    tuples(st.builds(TagData, slug=SLUG, name=WORDS)),
)


@given(ARTICLES | ISSUES | PAGES)
def test_markdown_files_lose_nothing_there_and_back(data):
    text = write(data)

    assert read_markdown(text) == data
    assert write(read_markdown(text)) == text


@given(RANKINGS | SUBJECTS | TAXONOMIES)
def test_yaml_files_lose_nothing_there_and_back(data):
    text = write(data)

    assert read_yaml(text) == data
    assert write(read_yaml(text)) == text


@given(st.one_of(WILD, BODY), st.sampled_from(["", "---\n", "---\nuid: a\ntitle: b\n---\n", "a: "]))
def test_any_text_is_read_or_refused_with_a_line(text, before):
    for read in (read_markdown, read_yaml):
        try:
            read(before + text)
        except BundleError as error:
            assert 1 <= error.line <= len((before + text).splitlines()) + 1


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_line(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bundle") / "a.yaml"
    path.write_bytes(data)

    try:
        read_file(path)
    except BundleError as error:
        assert error.line >= 1


ARTICLE = "---\nuid: a\ntitle: b\n%s\n---\n본문\n"


@pytest.mark.parametrize(
    ("extra", "line"),
    [
        ("titel: c", 4),
        ("tags: []\nuid: b", 5),
        ("state: gone", 4),
        ("published_at: 2025-13-01T09:00:00+09:00", 4),
        ("published_at: yesterday", 4),
        ("monthly_issue: 2025-13", 4),
        ("leads_month: perhaps", 4),
        ("tags: china", 4),
        ("title2: &a x", 4),
        ("tags: [a,\n  *a]", 5),
        ("summary: !!python/object:os.system x", 4),
        ("references:\n  - {title: a}\n  - {titel: b}", 6),
        ("references:\n  - {url: a}", 5),
        ("references:\n  - {title: a, accessed_date: 2025-02-30}", 5),
        ('summary: "\\ud800"', 4),
        ('summary: "\\UFFFFFFFF"', 2),
        ("summary: 'x", 4),
        ("category: {a: b}", 4),
    ],
)
def test_a_faulty_key_is_refused_with_its_line(extra, line):
    with pytest.raises(BundleError) as refusal:
        read_markdown(ARTICLE % extra)

    assert refusal.value.line == line
    assert refusal.value.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("uid: a", 1),
        ("---\nuid: a\n", 1),
        ("---\nuid: a\n---\n", 2),
        ("---\ntitle: a\n---\n", 2),
        ("---\n- a\n---\n", 2),
        ("---\nmonth: 2025-10\ntitle: a\n---\n\ntext\n## (a) b\n", 6),
        ("---\nmonth: 2025-10\ntitle: a\n---\n## (a) b\n- c\n## no category\n", 7),
        ("---\nmonth: 2025-10\ntitle: a\n---\n## () b\n", 5),
    ],
)
def test_a_faulty_markdown_file_is_refused_with_its_line(text, line):
    with pytest.raises(BundleError) as refusal:
        read_markdown(text)

    assert refusal.value.line == line


@pytest.mark.parametrize("text", ["[" * 5000, "- " * 5000, "a: [" + "{a: " * 3000])
def test_deep_nesting_is_refused(text):
    with pytest.raises(BundleError):
        read_yaml(text)


@pytest.mark.parametrize("text", ["a: b: c\n", "slug: [a\n", "\tslug: a\n", "slug: 'a\n"])
def test_what_is_no_yaml_is_refused_in_the_site_s_own_words(text):
    with pytest.raises(BundleError) as refusal, translation.override("en"):
        read_yaml(text)

    assert refusal.value.message == "This is not valid YAML."
    assert refusal.value.line in {1, 2}


def test_a_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * 1_000_001)

    with pytest.raises(BundleError):
        read_file(path)


def test_words_that_yaml_takes_for_numbers_stay_words():
    article = read_markdown("---\nuid: 2025\ntitle: no\nsummary: 1_000\nkicker: 2024-07-01\n---\n")

    assert (article.uid, article.title, article.summary) == ("2025", "no", "1_000")
    assert article.kicker == "2024-07-01"


def test_decomposed_hangul_is_composed():
    decomposed = unicodedata.normalize("NFD", "오픈소스")

    article = read_markdown(f"---\nuid: a\ntitle: {decomposed}\n---\n{decomposed}\n")

    assert (article.title, article.body) == ("오픈소스", "오픈소스")


def test_a_moment_without_an_offset_is_korean_time():
    article = read_markdown("---\nuid: a\ntitle: b\npublished_at: 2025-10-28T09:00:00\n---\n")

    assert article.published_at.utcoffset() == timedelta(hours=9)


def test_an_article_is_written_in_the_order_of_the_format_without_defaults():
    article = ArticleData(
        uid="a",
        title="제목",
        slug="제목",
        category="trends",
        tags=("ai", "china"),
        published_at=datetime(2025, 10, 28, 9, tzinfo=SEOUL),
        body="## 소제목\n\n- 하나",
    )

    assert write(article) == (
        "---\n"
        "uid: a\n"
        "title: 제목\n"
        "slug: 제목\n"
        "category: trends\n"
        "tags: [ai, china]\n"
        "published_at: 2025-10-28T09:00:00+09:00\n"
        "---\n"
        "\n"
        "## 소제목\n"
        "\n"
        "- 하나\n"
    )
