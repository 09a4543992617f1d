"""Several articles are found, and changed at once: first said of each, then done to each alone."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.models import Article, Revision, Tag
from tests.articles.test_article_admin import PUBLISH, WRITE, address_of, signed_in
from tests.factories import make_article, make_comment, make_issue

pytestmark = pytest.mark.django_db

LIST = reverse("admin:articles_article_changelist")


@pytest.fixture
def writer():
    return signed_in(*WRITE, username="writer")


@pytest.fixture
def publisher():
    return signed_in(*PUBLISH, username="publisher")


def draft(**fields):
    return make_article(**{"state": "draft", "published_at": None, **fields})


def act(client, action, *articles, **fields):
    """Choose the articles and what to do; with further fields, agree to what the page says."""
    chosen = {"action": action, "_selected_action": [article.pk for article in articles]}
    agreed = {"agree": "1", **fields} if fields else {"index": "0"}
    return client.post(LIST, {**chosen, **agreed}, follow=True)


def text_of(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def titles(client, **query):
    page = html.fromstring(client.get(LIST, query).content.decode())
    return {cell.text_content() for cell in page.cssselect("#result_list .field-__str__")}


# Finding


TYPED = ["2025-12", "2025년 12월", "2025.12", "2025-12 모형", "모형 2025년12월"]


@pytest.mark.parametrize("words", TYPED)
def test_typed_month_finds_its_articles(writer, words):
    december = make_issue(month=date(2025, 12, 1))
    draft(title="달에 든 모형", monthly_issue=december)
    zone = timezone.get_default_timezone()
    first = timezone.datetime(2025, 12, 1, tzinfo=zone)
    make_article(title="그달에 나온 모형", published_at=first)
    make_article(title="다음 달 모형", published_at=first + timedelta(days=31))
    draft(title="2025년의 모형")

    assert titles(writer, q=words) == {"달에 든 모형", "그달에 나온 모형"}


def test_typed_month_finds_the_month(writer):
    make_issue(month=date(2025, 12, 1), title="찾을 달")
    make_issue(month=date(2026, 1, 1), title="다른 달")
    months = reverse("admin:articles_monthlyissue_changelist")

    page = text_of(writer.get(months, {"q": "2025년 12월"}))

    assert "찾을 달" in page and "다른 달" not in page


@pytest.mark.parametrize("words", ["2025-12-03", "2025-13", "12월", "20251-12"])
def test_what_is_no_month_is_looked_for_as_it_stands(writer, words):
    draft(title=f"글 {words}")
    make_issue(month=date(2025, 12, 1))

    assert titles(writer, q=words) == {f"글 {words}"}


def test_words_of_the_text_are_found(writer):
    draft(title="찾을 글", body="숨은 낱말이 있다")
    draft(title="다른 글")

    assert titles(writer, q="숨은 낱말") == {"찾을 글"}


def test_list_says_who_when_and_how_much_was_said(writer):
    article = make_article(title="글", published_at=timezone.now() - timedelta(days=1))
    make_comment(article)

    (row,) = html.fromstring(writer.get(LIST).content.decode()).cssselect("#result_list tbody tr")

    cells = {cell.get("class").split()[0]: cell.text_content() for cell in row.cssselect("td")}
    assert cells["field-comment_count"] == "1"
    assert cells["field-moment"] == f"{timezone.localtime(article.published_at):%Y.%m.%d %H:%M}"


def test_way_back_from_a_row_keeps_the_filters(writer):
    article = draft()
    address = f"{address_of(article)}?_changelist_filters=state%3Ddraft%26q%3D2025"

    page = html.fromstring(writer.get(address).content.decode())

    back = [link for link in page.xpath("//*[@class='breadcrumbs']/a/@href") if LIST in link]
    assert back == [f"{LIST}?state=draft&q=2025"]


# Doing


def test_page_before_says_of_each_what_becomes_of_it_and_changes_nothing(publisher):
    ready, public = draft(title="나갈 글"), make_article(title="나간 글")
    faulty = draft(title="덜 된 글", body="![](/media/none.png)")

    page = text_of(act(publisher, "publish_chosen", ready, public, faulty))

    assert "나갈 글 초안 지금부터 독자에게 보입니다." in page
    assert "나간 글 공개 그대로 둡니다. 이미 공개되었거나" in page
    assert "덜 된 글 초안 그대로 둡니다." in page
    assert Article.objects.filter(state="published").count() == 1


def test_what_can_be_published_is_and_the_rest_says_why(publisher):
    ready, faulty = draft(), draft(title="덜 된 글", body="![](/media/none.png)")

    page = text_of(act(publisher, "publish_chosen", ready, faulty, agree="1"))

    assert "글 1개에 적용했습니다" in page and "덜 된 글:" in page
    ready.refresh_from_db()
    assert ready.is_public
    assert Revision.objects.of(ready).newest().kind == "published"
    assert Article.objects.get(pk=faulty.pk).state == "draft"


def test_withdrawing_leaves_a_revision_of_what_was(publisher):
    article = make_article()

    act(publisher, "withdraw_chosen", article, agree="1")

    kinds = [each.kind for each in Revision.objects.of(article).order_by("number")]
    assert Article.objects.get().state == "withdrawn"
    assert kinds == ["found", "withdrawn"]


def test_several_are_submitted_at_once(writer):
    one, other = draft(), make_article(state="in_review", published_at=None, title="이미 올린 글")

    page = text_of(act(writer, "submit_chosen", one, other, note="둘 다 봐 주세요"))

    assert Article.objects.get(pk=one.pk).reviews.get().note == "둘 다 봐 주세요"
    assert "이미 올린 글: 초안이 아닙니다." in page


def test_tags_are_put_on_and_taken_off(writer, publisher):
    tag, kept = Tag(name="새 태그", slug="new"), Tag(name="있던 태그", slug="kept")
    tag.store(), kept.store()
    one, public = draft(), make_article(title="나간 글")
    one.tags.add(kept)

    page = text_of(act(writer, "tag_chosen", one, public, tags=[tag.pk], do="add"))
    assert set(one.tags.all()) == {tag, kept} and not public.tags.exists()
    assert "나간 글: 공개된 글이라" in page
    act(publisher, "tag_chosen", one, public, tags=[kept.pk], do="remove")

    assert list(one.tags.all()) == [tag]
    assert Revision.objects.of(one).count() > 2


def test_missing_choice_is_said_at_its_field_and_the_choice_of_articles_stays(writer):
    article = draft(title="남을 글")

    page = act(writer, "tag_chosen", article, do="add")

    assert "필수" in text_of(page) and "남을 글" in text_of(page)
    assert f'name="_selected_action" value="{article.pk}"' in page.content.decode()


def test_articles_move_to_a_month_and_out_of_it(writer):
    issue, article = make_issue(state="draft", published_at=None), draft()

    act(writer, "move_chosen", article, month=issue.pk)
    article.refresh_from_db()
    assert article.monthly_issue == issue
    act(writer, "move_chosen", article, month="")

    article.refresh_from_db()
    assert article.monthly_issue is None


def test_writer_is_not_offered_and_cannot_send_what_takes_a_publisher(writer):
    article = draft()
    page = writer.get(LIST).content.decode()

    act(writer, "publish_chosen", article, agree="1")

    assert "publish_chosen" not in page and "submit_chosen" in page
    assert Article.objects.get().state == "draft"
