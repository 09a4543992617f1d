"""What a reader's words find, and what they never find."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from articles.models import Article, RankingSubject, SearchDocument, Tag
from articles.search.queries import PAGE_SIZE, Query, find
from tests.factories import (
    make_article,
    make_category,
    make_comment,
    make_issue,
    make_ranking,
    make_subject,
    make_table,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AT = datetime(2025, 10, 28, tzinfo=UTC)


def titles(words, **filters):
    return [document.title for document in find(Query(words, **filters)).documents]


@pytest.mark.parametrize(
    "words",
    [
        "중국",
        "중국의",
        "생태계",
        "K리그",
        "gpt-4o",
        "GPT-4o는",
        '"여러 나라의 생태계"',
        "나라 생태계",
        "법",
        "4.6",
    ],
)
def test_words_in_the_text_are_found(words):
    make_article(title="글", body="중국의 K리그와 GPT-4o, 여러 나라의 생태계와 법과 GLM-4.6")

    assert titles(words) == ["글"]


def test_what_has_the_longest_address_is_found_there():
    article = make_article(title="긴 주소", slug="가" * 100)
    ranking = make_ranking(title="긴 순위", slug="나" * 80)
    make_table(article, ranking)
    ranking.store()

    for words, found in (("주소", article), ("순위", ranking)):
        addresses = {document.url for document in find(Query(words)).documents}
        assert found.get_absolute_url() in addresses


@pytest.mark.parametrize("words", ["국중", "AI", "태생계", '"나라 생태계"', "GPT-4", "없는말"])
def test_other_words_are_not(words):
    make_article(title="글", body="중국의 K리그와 GPT-4o, 여러 나라의 생태계와 maintain")

    assert titles(words) == []


@pytest.mark.parametrize("is_many", [False, True])
@pytest.mark.parametrize("name", ["C++", "C#", "F#", ".NET", "R&D", "3.14", "Node.js", "A/B", "©"])
def test_a_name_with_marks_finds_its_own_article(name, is_many, monkeypatch):
    if is_many:
        monkeypatch.setattr("articles.search.queries.FIRST_LOOK", 1)
    make_article(title="이름", body=f"새 {name}의 소식", published_at=AT)
    make_article(title="글자", body="c f 그리고 net, r d 3 14 node js a b", published_at=AT + DAY)

    assert titles(name) == ["이름"]


def test_initials_find_titles_only():
    make_article(title="쿠버네티스 소식", body="본문")
    make_article(title="다른 글", body="쿠버네티스 소식")

    assert titles("ㅋㅂㄴㅌㅅ") == ["쿠버네티스 소식"]


def test_titles_stand_first_and_then_the_newest():
    make_article(title="오래된 글", body="파이썬 이야기", published_at=AT - DAY)
    make_article(title="새 글", body="파이썬 이야기", published_at=AT + DAY)
    make_article(title="파이썬 특집", body="본문", published_at=AT - 2 * DAY)

    assert titles("파이썬") == ["파이썬 특집", "새 글", "오래된 글"]


def test_draft_scheduled_and_withdrawn_articles_are_never_found():
    now = timezone.now()
    make_article(title="초안", body="비밀 낱말", state=Article.State.DRAFT, published_at=None)
    make_article(title="예약", body="비밀 낱말", published_at=now + DAY)
    make_article(title="철회", body="비밀 낱말", state=Article.State.WITHDRAWN)
    make_article(title="기한 지남", body="비밀 낱말", withdrawn_at=now - DAY)
    make_issue([("정책", "비밀 낱말", "")], state="draft", published_at=None)

    assert titles("비밀") == []


def test_what_an_edit_took_away_is_not_found():
    article = make_article(title="글", body="처음 낱말")
    article.body = "나중 표현"
    article.store()

    assert titles("낱말") == []
    assert titles("표현") == ["글"]
    assert SearchDocument.objects.count() == 1


def test_deleted_article_is_not_found():
    make_article(title="글", body="처음 낱말").delete()

    assert titles("낱말") == []


def test_items_of_a_month_lead_to_their_place():
    issue = make_issue([("정책", "새 전략", "- 유럽의 전략")])

    found = find(Query("유럽")).documents

    assert [document.url for document in found] == [
        f"{issue.get_absolute_url()}#{issue.items.get().anchor}"
    ]


def test_hits_are_narrowed():
    category = make_category(name="정책")
    make_article(title="정책 글", body="낱말", category=category, published_at=AT)
    make_article(title="옛 글", body="낱말", published_at=AT - 400 * DAY)
    make_issue([("정책", "항목", "- 낱말")])

    assert titles("낱말", category_id=category.pk) == ["정책 글"]
    assert titles("낱말", year=2024) == ["옛 글"]
    assert titles("낱말", kind="issue") == ["(정책) 항목"]


def test_two_articles_of_one_second_are_both_found():
    for number in range(3):
        make_article(title=f"글 {number}", body="낱말", published_at=AT)

    assert titles("낱말") == ["글 2", "글 1", "글 0"]


def put_comment(number):
    moment = {"moment": AT, "text": f"낱말{number}", "url": f"/{number}/"}
    SearchDocument.add([SearchDocument.of(SearchDocument.Kind.COMMENT, number, **moment)])


# The key of a document has room for the end of its object's key only.
TWINS = [7, 7 + 2**24, 7 + 2**25]


def test_documents_of_one_second_whose_keys_end_alike_are_all_found():
    for number in TWINS:
        put_comment(number)

    (only,) = find(Query(f"낱말{TWINS[1]}")).documents
    assert only.object_id == TWINS[1]
    assert SearchDocument.objects.count() == 3


def test_object_that_is_indexed_already_is_never_indexed_twice():
    put_comment(7)

    with pytest.raises(IntegrityError), transaction.atomic():
        put_comment(7)


@pytest.mark.django_db(transaction=True)
def test_documents_whose_keys_end_alike_are_added_at_one_moment():
    together = Barrier(len(TWINS))

    def add(number):
        together.wait()
        with closing(connection), transaction.atomic():
            put_comment(number)

    with ThreadPoolExecutor(len(TWINS)) as pool:
        list(pool.map(add, TWINS))

    found = SearchDocument.objects.values_list("object_id", flat=True)
    assert sorted(found) == TWINS


def test_pages_follow_one_another_without_gap_or_repetition():
    for number in range(PAGE_SIZE * 2 + 3):
        in_title = number % 2
        make_article(
            title=f"낱말 {number}" if in_title else f"글 {number}",
            body="낱말",
            published_at=AT + number * DAY,
        )
    found, after = [], ""
    while True:
        hits = find(Query("낱말"), after)
        found += [document.title for document in hits.documents]
        if not (after := hits.after):
            break

    assert len(found) == len(set(found)) == PAGE_SIZE * 2 + 3
    assert found[0] == f"낱말 {PAGE_SIZE * 2 + 1}"


@pytest.mark.parametrize(
    "query",
    [
        "q=%EC%A4%91%EA%B5%AD&kind=x&category=y&year=z&after=t999999999999999999999",
        "q=%22%27%2a%5e%29%28 OR AND NEAR(",
        "q=%ff%fe",
        "q=" + "가" * 5000,
        "after=b-1",
        "q=a&year=0000",
    ],
)
def test_odd_addresses_are_answered(client, query):
    make_article()

    assert client.get(f"{reverse('search')}?{query}").status_code == 200


def test_words_are_escaped_and_hits_marked(client):
    make_article(title="글", body="낱말 1 < 2")

    html = client.get(reverse("search"), {"q": "낱말 <script>"}).content.decode()
    hit = client.get(reverse("search"), {"q": "낱말"}).content.decode()

    assert "<script>" not in html.replace('<script src="', "")
    assert "<mark>낱말</mark> 1 &lt; 2" in hit


def test_nothing_found_helps_on(client):
    response = client.get(reverse("search"), {"q": "없는말 다른말", "kind": "issue"})

    assert "없는말" in response.content.decode()
    assert "?q=%EC%97%86%EB%8A%94%EB%A7%90" in response.content.decode()


@pytest.mark.parametrize(
    ("asked", "helps"),
    [
        ("AI모델", "AI 모델"),
        ("“모델의 AI” 없는말", "모델의 AI 없는말"),
        ("없는말", None),
    ],
)
def test_nothing_found_takes_words_that_stand_together_apart(client, asked, helps):
    make_article(title="AI 모델")

    looser = client.get(reverse("search"), {"q": asked}).context["looser"]

    assert (looser[0] if looser else None) == helps


def test_search_costs_the_same_for_one_hit_and_for_many(client, django_assert_max_num_queries):
    for number in range(PAGE_SIZE + 5):
        make_article(title=f"글 {number}", body="낱말")

    with django_assert_max_num_queries(8):
        client.get(reverse("search"), {"q": "낱말", "category": "x"})


def test_rankings_are_found_by_title_and_figures():
    ranking = make_ranking(title="모형 선호도")
    make_table(make_article(title="글"), ranking)

    found = find(Query("GLM-4.6")).documents

    assert titles("선호도") == ["모형 선호도"]
    assert [document.title for document in found] == ["모형 선호도: 2025년 10월"]
    assert found[0].url == ranking.get_absolute_url()


def test_figures_that_are_not_public_are_not_found():
    ranking = make_ranking(title="모형 선호도")
    make_table(make_article(title="글", published_at=timezone.now() + DAY), ranking)

    assert titles("선호도") == titles("GLM-4.6") == []


def test_subjects_are_found_by_every_spelling_and_stand_first():
    ranking = make_ranking()
    make_table(make_article(title="알리바바 소식"), ranking)
    subject = ranking.periods.first().entries.first().subject
    subject.name, subject.aliases = "알리바바", ["Alibaba"]
    subject.store()

    assert titles("알리바바") == ["알리바바 (미국)", "알리바바 소식"]
    assert titles("Alibaba") == ["알리바바 (미국)"]
    assert titles("ㅇㄹㅂㅂ") == ["알리바바 (미국)", "알리바바 소식"]


def test_subject_that_no_public_ranking_holds_is_not_found():
    make_subject("알리바바").store()

    assert titles("알리바바") == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("딥씨크", "딥시크"),
        ("쿠버네티즈", "쿠버네티스"),
        ("쿠버네티즈의 길", "쿠버네티스 길"),
        ("엔비디어", "엔비디아"),
        ("오픈쏘스", "오픈소스"),
        ("deepsek", "DeepSeek"),
    ],
)
def test_misspelt_word_is_offered_as_the_site_spells_it(client, typed, meant):
    tag = Tag(name="쿠버네티스", slug="kubernetes")
    tag.store()
    article = make_article(title="오픈소스가 걸어온 길", body="쿠버네티스로 가는 길")
    article.tags.add(tag)
    make_table(article, make_ranking([("10월", AT.date(), [("딥시크", "중국", "R1")])]))
    subject = RankingSubject.objects.get()
    subject.aliases = ["DeepSeek"]
    subject.store()
    make_issue([("산업", "엔비디아의 새 모형", "- 하나")])

    page = client.get(reverse("search"), {"q": typed}).content.decode()

    address = f"{reverse('search')}?{urlencode({'q': meant})}"
    link = f'<a href="{address}">{meant}</a>'
    assert f"혹시 이것을 찾으셨나요? {link}" in page


@pytest.mark.parametrize("typed", ["오픈소스", "딥러닝학회", "ㅁㅁ", "1234", "오픈쏘슨다"])
def test_nothing_is_offered_for_what_is_known_or_far_from_everything(client, typed):
    make_article(title="오픈소스와 12345")

    assert "혹시" not in client.get(reverse("search"), {"q": typed}).content.decode()


def test_only_what_readers_may_see_is_offered(client):
    make_article(title="가람이의 소식", state=Article.State.DRAFT)
    comment = make_comment(make_article(), body="미르네의 소식")

    for typed in ("가란이", "미르내"):
        page = client.get(reverse("search"), {"q": typed}).content.decode()
        assert "혹시" not in page
    assert comment.is_visible
