"""The article page shows, from data, what the portal's monthly article consists of."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.models import Article, LegacyPath, RankingTable
from tests.factories import make_article, make_comment, make_issue, make_ranking, make_table

pytestmark = pytest.mark.django_db


def get_page(client, article, query=""):
    response = client.get(article.get_absolute_url() + query)
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def text_of(page, selector):
    return [" ".join(node.text_content().split()) for node in page.cssselect(selector)]


def test_page_shows_kicker_title_date_and_byline(client):
    article = make_article(kicker="[10월]", title="열린 모형의 약진", byline="Open UP")

    page = get_page(client, article)

    assert text_of(page, "h1") == ["[10월] 열린 모형의 약진"]
    assert text_of(page, "article time")[0] == "2025.10.28"
    assert page.cssselect("article time")[0].get("datetime").startswith("2025-10-28")
    assert "Open UP" in page.cssselect("article header")[0].text_content()


def test_title_of_the_document_names_page_section_and_site(client):
    article = make_article(title="열린 모형의 약진")

    page = get_page(client, article)

    parts = page.cssselect("title")[0].text_content().split(" | ")
    assert "열린 모형의 약진" in parts[0]
    assert parts[1] == article.category.name
    assert parts[-1] == "Open UP"


def test_official_banner_is_shown_only_where_the_setting_says_so(client, settings):
    article = make_article()
    banner = "이 누리집은 대한민국 공식 전자정부 누리집입니다."

    settings.OFFICIAL_BANNER = False
    assert banner not in client.get(article.get_absolute_url()).content.decode()
    settings.OFFICIAL_BANNER = True
    assert banner in client.get(article.get_absolute_url()).content.decode()


def test_bullets_keep_four_levels(client):
    article = make_article(body="- 하나\n    - 둘\n        - 셋\n            - 넷")

    page = get_page(client, article)

    assert text_of(page, "article ul ul ul ul li") == ["넷"]


def test_table_stands_where_the_line_places_it(client):
    article = make_article(body="앞글\n\n[[ranking:models]]\n\n뒷글")
    make_table(article, make_ranking(), slug="models", caption="모형 선호도")

    page = get_page(client, article)

    order = [node.tag for node in page.cssselect("article p, article table") if node.tag]
    texts = page.cssselect("article")[0].text_content()
    assert "table" in order
    assert texts.index("앞글") < texts.index("모형 선호도") < texts.index("뒷글")


def test_table_that_no_line_places_comes_after_the_body(client):
    article = make_article(body="본문 글")
    make_table(article, make_ranking(), caption="모형 선호도")

    page = get_page(client, article)

    texts = page.cssselect("article")[0].text_content()
    assert texts.index("본문 글") < texts.index("모형 선호도")


def test_table_has_a_caption_and_a_grouped_header_tied_to_every_cell(client):
    article = make_article(body="[[ranking:models]]")
    make_table(
        article,
        make_ranking(),
        slug="models",
        caption="모형 선호도",
        source_note="출처: 비교 누리집",
    )

    page = get_page(client, article)

    table = page.cssselect("article table")[0]
    assert text_of(table, "caption")[0].startswith("모형 선호도")
    first, second = table.cssselect("thead tr")
    assert [(cell.text_content().strip(), cell.get("colspan")) for cell in first] == [
        ("순위", None),
        ("2024년 7월", "2"),
        ("2025년 10월", "2"),
    ]
    assert first[0].get("rowspan") == "2"
    assert [cell.text_content().strip() for cell in second] == ["기업(국가)", "대표 모델명"] * 2
    assert {cell.get("scope") for cell in first[1:]} == {"colgroup"}
    assert {cell.get("scope") for cell in second} == {"col"}
    ids = {node.get("id") for node in page.iter() if node.get("id")}
    for row in table.cssselect("tbody tr"):
        assert row[0].tag == "th" and row[0].get("scope") == "row"
        for cell in row[1:]:
            assert len(cell.get("headers").split()) == 3
            assert set(cell.get("headers").split()) <= ids
    assert "1위" in table.cssselect("tbody th")[0].text_content()
    assert "출처: 비교 누리집" in page.cssselect("article")[0].text_content()


def test_monthly_issue_stands_beside_the_article_with_its_items(client):
    issue = make_issue(items=[("정책", "새 전략 발표", "- 첫째\n    - 둘째")])
    article = make_article(monthly_issue=issue)

    page = get_page(client, article)

    aside = page.cssselect("aside")[0]
    assert "주목할 만한 월간 이슈(10월)" in aside.text_content()
    assert "정책" in aside.text_content() and "새 전략 발표" in aside.text_content()
    assert text_of(aside, "ul ul li") == ["둘째"]


def test_monthly_issue_that_is_a_draft_is_not_shown(client):
    issue = make_issue(state="draft")
    article = make_article(monthly_issue=issue)

    assert "새 전략" not in client.get(article.get_absolute_url()).content.decode()


def test_reading_order_is_article_issue_references_thread_form(client):
    article = make_article(monthly_issue=make_issue())
    article.references.create(title="열린 자료", url="https://example.org/")
    make_comment(article, body="좋은 글입니다.")

    text = get_page(client, article).text_content()

    places = ["첫째 줄", "주목할 만한 월간 이슈", "참고 Reference", "댓글 1", "댓글 작성"]
    # The article's head leads to the comments too.
    found = [text.rindex(place) for place in places]
    assert found == sorted(found)


def test_article_leads_to_its_comments_from_its_top(client):
    article = make_article(body="## 하나\n\n글\n\n## 둘\n\n글\n\n## 셋\n\n글")
    for number in range(3):
        make_comment(article, body=f"글 {number}")

    page = get_page(client, article)

    assert page.cssselect("body > a.skip")[1].get("href") == "#comments"
    for place in (".article-head a[href='#comments']", "nav.bar a[href='#comments']"):
        assert text_of(page, place) == ["댓글 3"]
    assert page.cssselect("#comments .section-head > a[href='#comment-form']")
    assert page.cssselect("nav.bar a[href='#contents']") and page.cssselect("#contents")


def test_nobody_is_led_to_write_where_comments_are_closed(client):
    article = make_article()
    make_comment(article)
    article.comment_policy = "closed"
    article.store()

    assert not get_page(client, article).cssselect("#comments a[href='#comment-form']")


def test_empty_thread_invites_the_first_comment_and_explains_the_pair(client):
    article = make_article()

    text = " ".join(get_page(client, article).text_content().split())

    assert "댓글 0" in text
    assert "첫 댓글을 작성해보세요!" in text
    assert "댓글을 작성하려면 게시글 작성 시 입력한 이메일과 패스워드를 입력해주세요." in text


def test_wrong_or_missing_slug_leads_to_the_right_address(client):
    article = make_article(slug="열린-모형")

    for path in (f"/articles/{article.pk}/", f"/articles/{article.pk}/old-words/"):
        response = client.get(path, {"page": "1"})
        assert response.status_code == 301
        assert response["Location"] == article.get_absolute_url() + "?page=1"


def test_old_address_leads_to_its_article(client):
    article = make_article()
    LegacyPath.objects.create(path="/pages/11/254", article=article)

    response = client.get("/pages/11/254")

    assert response.status_code == 301
    assert response["Location"] == article.get_absolute_url()


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "draft"},
        {"state": "in_review"},
        {"state": "withdrawn"},
        {"published_at": timezone.now() + timedelta(hours=1)},
        {"withdrawn_at": timezone.now() - timedelta(minutes=1)},
    ],
)
def test_article_that_is_not_public_is_found_nowhere(client, fields):
    article = make_article(title="아직 비밀인 글", **fields)
    LegacyPath.objects.create(path="/664337", article=article)

    for path in (article.get_absolute_url(), "/664337"):
        assert client.get(path).status_code == 404
    for path in ("/", "/articles/", article.category.get_absolute_url()):
        assert "아직 비밀인 글" not in client.get(path).content.decode()


def test_article_appears_and_goes_at_its_planned_moments(client):
    soon = timezone.now() + timedelta(seconds=2)
    article = make_article(published_at=soon)
    assert client.get(article.get_absolute_url()).status_code == 404

    # A moment ago: SQLite's clock counts milliseconds.
    just_now = timezone.now() - timedelta(milliseconds=1)
    Article.objects.filter(pk=article.pk).update(published_at=just_now)

    assert client.get(article.get_absolute_url()).status_code == 200


def test_number_of_queries_does_not_depend_on_the_content(client, django_assert_max_num_queries):
    rich = make_article(
        monthly_issue=make_issue(items=[("정책", f"일 {n}", "- 가") for n in range(9)])
    )
    for number in range(5):
        periods = [
            (f"{2020 + number}년 {month}월", date(2020 + number, month, 1), [("구글", "미국", "G")])
            for month in range(1, 7)
        ]
        make_table(rich, make_ranking(periods))
    for number in range(8):
        rich.references.create(title=f"자료 {number}")
    for _number in range(12):
        parent = make_comment(rich)
        make_comment(rich, parent=parent)

    with django_assert_max_num_queries(19):
        client.get(rich.get_absolute_url())


def test_page_says_that_comments_are_closed(client):
    article = make_article(comment_policy="closed")

    page = get_page(client, article)

    assert not page.cssselect("form textarea")
    address = reverse("comments:comment_create", args=[article.pk])
    assert not page.cssselect(f'[href="{address}"], [action="{address}"]')


def test_closing_and_appearing_go_by_the_databases_clock(client, monkeypatch):
    # By the clock of this machine, which is slow, neither has happened yet.
    moment = timezone.now() - timedelta(hours=1)
    article = make_article(monthly_issue=make_issue(published_at=moment), comments_close_at=moment)
    monkeypatch.setattr(timezone, "now", lambda: moment - timedelta(days=2))

    page = get_page(client, article)

    assert not page.cssselect("form textarea")
    assert page.cssselect("aside")


@pytest.mark.parametrize("asked", ["/664337", "/664337/", "/664337?from=mail"])
def test_old_address_is_known_with_and_without_its_last_slash(client, asked):
    article, other = make_article(), make_article()
    LegacyPath.objects.create(article=article, path="/664337")
    LegacyPath.objects.create(article=other, path="/pages/11/254/")

    assert client.get(asked)["Location"] == article.get_absolute_url()
    assert client.get("/pages/11/254")["Location"] == other.get_absolute_url()


def test_old_addresses_that_differ_by_a_slash_alone_stay_two(client):
    articles = [make_article(), make_article()]
    for article, path in zip(articles, ["/old/7", "/old/7/"], strict=True):
        LegacyPath.objects.create(article=article, path=path)

    found = [client.get(path)["Location"] for path in ("/old/7", "/old/7/")]

    assert found == [article.get_absolute_url() for article in articles]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "vbscript:x",
    ],
)
def test_address_that_sql_wrote_is_no_link_unless_it_leads_to_the_web(client, address):
    article = make_article()
    article.references.create(title="참고한 글", url="https://example.org/")
    table = make_table(article, make_ranking())
    article.references.update(url=address)
    RankingTable.objects.filter(pk=table.pk).update(source_url=address, source_note="출처")

    pages = [
        client.get(path).content.decode()
        for path in (
            article.get_absolute_url(),
            f"{article.get_absolute_url().removesuffix('/')}.json",
            table.ranking.get_absolute_url(),
            f"{table.ranking.get_absolute_url().removesuffix('/')}.json",
        )
    ]

    assert "참고한 글" in pages[0] and "출처" in pages[0]
    assert not any(address.strip() in page for page in pages)
