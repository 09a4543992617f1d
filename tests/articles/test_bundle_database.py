from dataclasses import replace
from datetime import date, datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.bundle import rows_to_data
from articles.bundle.data import (
    SEOUL,
    ArticleData,
    CategoryData,
    ColumnData,
    EntryData,
    IssueData,
    IssueItemData,
    LoadError,
    PageData,
    PeriodData,
    RankingData,
    ReferenceData,
    SubjectData,
    SubjectsData,
    TableData,
    TagData,
    TaxonomyData,
)
from articles.bundle.data_to_files import write
from articles.bundle.data_to_rows import CHANGED, CREATED, UNCHANGED, load, stored
from articles.bundle.files_to_data import read_markdown
from articles.content.text import normalise, normalise_line, visible
from articles.models import Article, MonthlyIssue, PageVersion, RankingEntry

pytestmark = pytest.mark.django_db

TAXONOMY = TaxonomyData(
    (CategoryData("trends", "동향", 1), CategoryData("policy", "정책", 2)),
    (TagData("ai", "인공지능"), TagData("가", "나")),
)
SUBJECTS = SubjectsData(
    (SubjectData("google", "구글", "미국", ("Google",)), SubjectData("meta", "메타", "미국"))
)
RANKING = RankingData(
    slug="models",
    title="모델 선호도",
    rank_heading="순위",
    columns=(ColumnData("company", "기업(국가)"), ColumnData("model", "대표 모델명")),
    periods=(
        PeriodData(
            "2024년 7월",
            date(2024, 7, 1),
            (
                EntryData(1, "google", "구글 (미국)", tied=True, cells={"model": "Gemma"}),
                EntryData(1, "meta", "메타 (미국)", tied=True, cells={"model": "Llama 3"}),
            ),
        ),
        PeriodData(
            "2025년 10월",
            date(2025, 10, 1),
            (EntryData(1, "meta", "메타 (미국)", cells={"model": "Llama 4"}),),
        ),
    ),
)
ISSUE = IssueData(
    month="2025-10",
    title="주목할 만한 월간 이슈(10월)",
    state="published",
    published_at=datetime(2025, 10, 28, 9, tzinfo=SEOUL),
    items=(
        IssueItemData("정책", "(가) 새 전략", "- 하나\n    - 둘\n\n```\n## 말\n```"),
        IssueItemData("AGI", "소식"),
    ),
)
PAGE = PageData("about", "이 누리집은", 3, "## 가\n\n글")
ARTICLE = ArticleData(
    uid="2025-10-a",
    title="모델의 흐름: 10월",
    slug="모델의-흐름",
    kicker="[10월]",
    byline="편집부",
    category="trends",
    tags=("ai", "가"),
    monthly_issue="2025-10",
    leads_month=True,
    summary="한 줄\n두 줄",
    state="published",
    published_at=datetime(2025, 10, 28, 9, tzinfo=SEOUL),
    withdrawn_at=datetime(2099, 1, 1, tzinfo=SEOUL),
    kogl="type4",
    comment_policy="reviewed",
    comments_open_days=90,
    comments_close_at=datetime(2030, 1, 1, tzinfo=SEOUL),
    tables=(
        TableData(
            slug="z-models",
            ranking="models",
            periods=(date(2024, 7, 1), date(2025, 10, 1)),
            caption="비교",
            source_note="출처 : LMArena",
            source_url="https://lm.example.org/",
        ),
        TableData(slug="a-models", ranking="models", periods=(date(2024, 7, 1),), caption="둘째"),
    ),
    references=(
        ReferenceData("보고서", "기관", "https://report.example.org/1", date(2025, 10, 20)),
        ReferenceData("책"),
    ),
    legacy_paths=("/pages/11/254", "/664337"),
    body="## 가\n\n- 나\n    - 다\n\n[[ranking:z-models]]",
)
EVERYTHING = [TAXONOMY, SUBJECTS, RANKING, PAGE, ISSUE, ARTICLE]


@pytest.fixture
def content():
    for data in EVERYTHING:
        assert load(data) == CREATED


def versions():
    return dict(PageVersion.objects.values_list("scope", "version"))


@pytest.mark.usefixtures("content")
def test_what_was_loaded_is_dumped_again():
    for data in EVERYTHING:
        expected = data
        if isinstance(data, ArticleData):
            expected = replace(data, legacy_paths=tuple(sorted(data.legacy_paths)))

        assert stored(data) == expected


@pytest.mark.usefixtures("content")
def test_loading_the_same_again_writes_nothing():
    before = versions()

    for data in EVERYTHING:
        outcome = load(data)

        assert outcome == UNCHANGED, data
        assert versions() == before


CHANGES = [
    replace(TAXONOMY, categories=(CategoryData("trends", "흐름", 1),)),
    replace(SUBJECTS, subjects=(SubjectData("google", "구글", "미국", ("G",)),)),
    replace(PAGE, body="새 글"),
    replace(RANKING, title="다른 제목"),
    replace(RANKING, periods=(replace(RANKING.periods[0], label="7월"), RANKING.periods[1])),
    replace(ISSUE, items=ISSUE.items[1:]),
    replace(ISSUE, state="draft", published_at=None),
    replace(ARTICLE, tags=("ai",)),
    replace(ARTICLE, references=ARTICLE.references[1:]),
    replace(ARTICLE, legacy_paths=("/new",)),
    replace(ARTICLE, tables=ARTICLE.tables[:1]),
    replace(ARTICLE, leads_month=False),
    replace(ARTICLE, monthly_issue="", leads_month=False),
    replace(ARTICLE, byline=""),
    replace(ARTICLE, state="draft", published_at=None, withdrawn_at=None),
]


@pytest.mark.usefixtures("content")
def test_a_changed_file_changes_what_is_stored():
    before = versions()
    for changed in CHANGES:
        with transaction.atomic():
            outcome = load(changed)

            assert outcome == CHANGED, changed
            assert stored(changed) == changed or isinstance(changed, ArticleData)
            assert load(changed) == UNCHANGED, changed
            assert versions() != before
            # The next change is one of what was there first.
            transaction.set_rollback(True)


@pytest.mark.usefixtures("content")
def test_entries_are_updated_in_place():
    before = set(RankingEntry.objects.values_list("pk", flat=True))

    load(replace(RANKING, periods=(RANKING.periods[0],) * 0 + RANKING.periods))
    entry = replace(RANKING.periods[1].entries[0], label="Meta (미국)")
    load(
        replace(
            RANKING, periods=(RANKING.periods[0], replace(RANKING.periods[1], entries=(entry,)))
        )
    )

    assert set(RankingEntry.objects.values_list("pk", flat=True)) == before


@pytest.mark.usefixtures("content")
def test_the_lead_of_a_month_follows_the_file():
    load(replace(ARTICLE, leads_month=False))

    assert MonthlyIssue.objects.get().lead_article is None


FAULTS = [
    (replace(ARTICLE, title="가" * 201), ("title",)),
    (replace(ARTICLE, category="gone"), ("category",)),
    (replace(ARTICLE, category=""), ()),
    (replace(ARTICLE, tags=("ai", "gone")), ("tags", 1)),
    (replace(ARTICLE, monthly_issue="2025-11"), ("monthly_issue",)),
    (replace(ARTICLE, monthly_issue=""), ("leads_month",)),
    (replace(ARTICLE, lead_picture="gone.png"), ("lead_picture",)),
    (replace(ARTICLE, body=""), ("body",)),
    (replace(ARTICLE, body="```unread\n가\n```"), ("body",)),
    (replace(ARTICLE, uid="other"), ("legacy_paths", 0, "path")),
    (replace(ARTICLE, references=(ReferenceData("가", url="x"),)), ("references", 0, "url")),
    (replace(ARTICLE, legacy_paths=("pages",)), ("legacy_paths", 0, "path")),
    (
        replace(ARTICLE, tables=(replace(ARTICLE.tables[0], ranking="gone"),)),
        ("tables", 0, "ranking"),
    ),
    (
        replace(ARTICLE, tables=(replace(ARTICLE.tables[0], periods=(date(2000, 1, 1),)),)),
        ("tables", 0, "periods", 0),
    ),
    (replace(ISSUE, items=(ISSUE.items[0], IssueItemData("가", "나", "## 다"))), ("items", 1)),
    (replace(PAGE, title="가" * 101), ("title",)),
    (replace(RANKING, columns=(ColumnData("Bad key", "가"),)), ("columns",)),
    (replace(RANKING, periods=RANKING.periods[1:]), ("periods",)),
    (
        replace(
            RANKING,
            periods=(
                *RANKING.periods,
                PeriodData("x", date(2026, 1, 1), (EntryData(1, "gone", "가"),)),
            ),
        ),
        ("periods", 2, "entries", 0, "subject"),
    ),
    (
        replace(
            RANKING,
            periods=(
                *RANKING.periods,
                PeriodData("x", date(2026, 1, 1), (EntryData(1, "meta", "가"),)),
            ),
        ),
        ("periods", 2, "entries"),
    ),
    (TaxonomyData((), (TagData("new", "인공지능"),)), ("tags", 0, "name")),
    (SubjectsData((SubjectData("x", "구글", "미국"),)), (0,)),
]


@pytest.mark.usefixtures("content")
def test_a_faulty_file_is_refused_whole_with_the_way_to_the_fault():
    before = {type(data): stored(data) for data in EVERYTHING}, versions()
    for faulty, path in FAULTS:
        with pytest.raises(LoadError) as refusal:
            load(faulty)

        assert refusal.value.path == path
        assert refusal.value.message
        assert ({type(data): stored(data) for data in EVERYTHING}, versions()) == before


def test_a_published_article_without_a_date_stays_the_same_when_loaded_again():
    load(TAXONOMY)
    data = ArticleData(uid="a", title="가", category="trends", state="published", body="나")

    outcomes = [load(data), load(data)]

    assert outcomes == [CREATED, UNCHANGED]


# Text that shows nothing is none.
LINE = st.text(max_size=20).map(normalise_line).map(visible)
BODY = (
    st.lists(
        st.one_of(LINE, st.sampled_from(["## 가", "- 나", "    - 다", "---", " "])), max_size=5
    )
    .map(lambda lines: visible(normalise("\n".join(lines))).strip("\n"))
    .filter(str.strip)
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINE.filter(bool), LINE, LINE, BODY)
def test_any_article_the_models_accept_survives_file_and_database(title, kicker, byline, body):
    load(TAXONOMY)
    data = ArticleData(
        uid="a", title=title, kicker=kicker[:30], byline=byline, category="trends", body=body
    )
    try:
        load(data)
    except LoadError:
        return

    known = rows_to_data.article_data(Article.objects.get(uid="a"))

    assert read_markdown(write(known)) == known
    assert load(read_markdown(write(known))) == UNCHANGED
    assert (known.title, known.byline, known.body) == (title, byline, body)
