"""Pages as data: what their schemas say, what their pages show, and readable from any site."""

import json
import re
from datetime import date, timedelta
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator, FormatChecker
from lxml import html

from articles.models import (
    Article,
    EntryRow,
    Ranking,
    RankingEntry,
    RankingPeriod,
    RankingSubject,
    Tag,
)
from articles.open_data.views import SCHEMAS
from comments.models import Comment
from comments.models.thread import ROOTS_PER_PAGE
from tests.factories import (
    EMAIL,
    make_article,
    make_comment,
    make_issue,
    make_ranking,
    make_staff,
    make_subject,
    make_table,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages():
    """The address of one page of each kind that has a twin, and of the twin."""
    issue = make_issue()
    article = make_article(monthly_issue=issue, body="글\n\n[[ranking:models]]\n\n다음 글")
    issue.lead_article = article
    issue.store()
    article.tags.add(Tag.objects.create(name="열린 자료", slug="open-data"))
    article.references.create(
        title="보고서", url="https://example.org/", accessed_date=date(2025, 10, 2)
    )
    ranking = make_ranking(slug="models")
    make_table(article, ranking, slug="models", source_note="출처: 비교")
    return {
        "article": (article.get_absolute_url(), f"/articles/{article.pk}/{article.slug}.json"),
        "articles": ("/articles/", "/articles.json"),
        "ranking": ("/rankings/models/", "/rankings/models.json"),
        "subject": (
            (subject := RankingSubject.objects.get(name="구글")).get_absolute_url(),
            f"/subjects/{subject.slug}.json",
        ),
        "issue": ("/issues/2025-10/", "/issues/2025-10.json"),
    }


def faults(kind, data):
    schema = json.loads(SCHEMAS[kind].read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


def make_thread(article):
    """Post one comment of each kind that a thread draws."""
    parent = make_comment(article, name="미나", body="<b>첫</b> 댓글")
    make_comment(article, parent=parent, body="답글")
    gone, hidden = make_comment(article, body="지운 글"), make_comment(article, body="숨긴 글")
    for comment in (gone, hidden):
        make_comment(article, parent=comment)
    gone.delete_by_author()
    hidden.hide(by=make_staff(), reason="광고")
    return parent


def test_each_twin_is_what_its_published_schema_says(client, pages):
    make_thread(Article.objects.get())

    for kind, (_page, twin) in pages.items():
        response = client.get(twin)
        assert response.status_code == 200, kind
        data = response.json()
        assert data["$schema"] == f"http://testserver/schemas/{kind}.json"
        assert not faults(kind, data), kind
        published = client.get(f"/schemas/{kind}.json")
        assert published.json() == json.loads(SCHEMAS[kind].read_text())
        assert published["Content-Type"] == "application/schema+json"
    assert pages.keys() == SCHEMAS.keys()


def test_schemas_refuse_what_the_documentation_does_not_name(client, pages):
    for kind, (_page, twin) in pages.items():
        assert faults(kind, {**client.get(twin).json(), "password": "x"}), kind


def test_each_page_links_its_twin_and_the_twin_its_page(client, pages):
    for kind, (page, twin) in pages.items():
        tree = html.fromstring(client.get(page).content)
        links = tree.cssselect('link[rel="alternate"][type="application/json"]')
        assert [unquote(link.get("href")) for link in links] == [twin], kind
        data = client.get(twin).json()
        if kind != "articles":
            assert data["url"] == f"http://testserver{page}"


def test_any_site_may_read_the_twins_and_only_them(client, pages):
    for page, twin in pages.values():
        assert client.get(twin)["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in client.get(twin)
        assert "Access-Control-Allow-Origin" not in client.get(page)
    for path in ("/rankings/models.csv", "/rankings/models.xlsx", "/rankings/models/embed/", "/"):
        assert "Access-Control-Allow-Origin" not in client.get(path)


def test_only_the_embedded_table_may_be_framed(client, pages):
    embed = client.get("/rankings/models/embed/")

    assert "frame-ancestors *" in embed["Content-Security-Policy"]
    assert "X-Frame-Options" not in embed
    assert embed["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "unsafe" not in embed["Content-Security-Policy"] and not embed.cookies
    assert "<script" not in embed.content.decode() and "구글 (미국)" in embed.content.decode()
    others = ["/", "/rankings/", "/rankings/models.csv", "/nowhere/", "/rankings/no/embed/"]
    for path in [*others, *(path for both in pages.values() for path in both)]:
        response = client.get(path)
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"], path
        assert response["X-Frame-Options"] == "DENY", path


def test_comments_hold_what_the_page_shows_and_nothing_of_who_wrote_them(client, pages):
    article = Article.objects.get()
    parent = make_thread(article)

    response = client.get(pages["article"][1])

    thread = response.json()["comments"]
    items = {item["id"]: item for item in thread["items"]}
    assert thread["count"] == 4 and len(items) == 6
    assert items[parent.pk]["name"] == "미나"
    assert items[parent.pk]["html"] == parent.body_html and "&lt;b&gt;" in parent.body_html
    assert items[parent.pk]["url"] == f"http://testserver/comments/{parent.pk}/"
    assert {(item["state"], item["html"] is None) for item in items.values()} == {
        *(("published", False), ("deleted", True), ("hidden", True))
    }
    text = response.content.decode()
    assert "숨긴 글" not in text and "지운 글" not in text and EMAIL not in text
    for comment in Comment.objects.exclude(password=""):
        assert comment.password not in text and comment.email_digest not in text
        assert comment.email_digest.partition(":")[2] not in text
    assert not {"password", "digest", "email", "submission"} & set(re.findall(r"[a-z]+", text))


def test_twin_tells_answers_of_the_staff_and_the_pinned_comment(client, pages):
    article = Article.objects.get()
    staff = make_staff()
    asked = make_comment(article, name="미나")
    answer = make_comment(article, parent=asked, name="미나", staff=staff)
    answer.pin(by=staff)

    response = client.get(pages["article"][1])

    thread = response.json()["comments"]
    assert thread["pinned"] == answer.pk and not faults("article", response.json())
    assert [item["staff"] for item in thread["items"]] == [False, True]
    answer.hide(by=staff, reason="시험")
    thread = client.get(pages["article"][1]).json()["comments"]
    assert thread["pinned"] is None


def test_text_that_a_takedown_blocks_is_in_no_twin_until_it_ends(client, pages):
    comment = make_comment(Article.objects.get(), name="미나", body="막힌 글")
    comment.block(timezone.now() + timedelta(days=30), by=make_staff(), reason="권리침해")

    response = client.get(pages["article"][1])

    (item,) = response.json()["comments"]["items"]
    assert item["state"] == "blocked" and not faults("article", response.json())
    assert "막힌 글" not in response.content.decode() and "미나" not in response.content.decode()
    Comment.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    assert "막힌 글" in client.get(pages["article"][1]).content.decode()


def test_comment_on_a_figure_names_it(client, pages):
    entry = RankingEntry.objects.get(label="구글 (미국)")
    make_comment(Article.objects.get(), ranking_entry=entry)

    (item,) = client.get(pages["article"][1]).json()["comments"]["items"]

    assert item["about"] == {"key": f"entry-{entry.pk}", "label": "구글 (미국)", "in": "2024년 7월"}


def test_corrections_of_figures_stand_in_the_twin_without_who_made_them(client, pages):
    period = Ranking.objects.get(slug="models").periods.last()
    (entry,) = period.entries.select_related("subject")
    row = EntryRow(1, entry.subject, entry.label, {"model": "GLM-5"})
    staff = make_staff(username="who-corrected")
    period.replace_entries([row], reason="오기를 고침", by=staff)

    response = client.get("/rankings/models.json")

    (line,) = response.json()["corrections"]
    assert (line["old"], line["new"], line["reason"]) == ("GLM-4.6", "GLM-5", "오기를 고침")
    assert not faults("ranking", response.json())
    assert "who-corrected" not in response.content.decode()


def test_figures_that_no_article_shows_yet_have_files_and_a_page(client):
    ranking = make_ranking(slug="alone")
    ranking.periods.update(published_at=timezone.now() - timedelta(days=1))

    for ending in ("/", ".json", ".csv", ".xlsx", "/embed/"):
        assert client.get(f"/rankings/alone{ending}").status_code == 200, ending
    data = client.get("/rankings/alone.json").json()
    assert not faults("ranking", data) and data["sources"] == data["licences"] == []


def test_period_that_is_not_public_yet_is_in_no_file(client, pages):
    ranking = Ranking.objects.get(slug="models")
    later = RankingPeriod.objects.create(
        ranking=ranking, label="2026년 1월", as_of=date(2026, 1, 1)
    )
    later.replace_entries([EntryRow(1, make_subject("비밀"), "비밀", {"model": "X"})])

    for ending in ("/", ".json", ".csv", "/embed/"):
        text = client.get(f"/rankings/models{ending}").content.decode()
        assert "비밀" not in text and "2026년 1월" not in text, ending
    assert client.get(make_subject("비밀").get_absolute_url()).status_code == 404


def test_comments_are_paged_as_on_the_page(client, pages):
    article = Article.objects.get()
    comments = [make_comment(article) for _number in range(ROOTS_PER_PAGE + 3)]
    address, seen = pages["article"][1], []

    while address:
        data = client.get(address).json()
        assert not faults("article", data)
        seen += [item["id"] for item in data["comments"]["items"]]
        address = data["comments"]["next"]
        address = address and address.removeprefix("http://testserver")

    assert seen == [comment.pk for comment in comments]
    assert data["comments"]["page"] == data["comments"]["pages"] == 2


def test_odd_page_numbers_answer_with_a_page(client, pages):
    for page in ["0", "x", "-1", "99", "9" * 30, ""]:
        response = client.get(f"{pages['article'][1]}?page={page}")

        assert response.status_code == 200 and response.json()["comments"]["page"] == 1


def test_articles_are_listed_to_the_end_by_key(client):
    articles = [make_article() for _number in range(43)]
    make_article(state="draft")
    address, seen = "/articles.json", []
    while address:
        data = client.get(address).json()
        seen += [article["id"] for article in data["articles"]]
        address = data["next"] and data["next"].removeprefix("http://testserver")

    assert seen == [article.pk for article in reversed(articles)]


def test_parts_stand_in_the_order_of_the_page(client, pages):
    parts = client.get(pages["article"][1]).json()["parts"]

    kinds = ["table" if part["table"] else "html" for part in parts]
    assert kinds == ["html", "table", "html"]
    first, second = parts[1]["table"]["periods"]
    assert [entry["label"] for entry in first["entries"]] == ["구글 (미국)", "메타 (미국)"]
    assert second["entries"][0]["movement"] == {"kind": "new", "steps": 0}
    assert len(second["gone"]) == 2


def test_article_is_found_by_an_old_slug_too_and_from_another_site(client, pages):
    article = Article.objects.get()

    response = client.get(f"/articles/{article.pk}/before.json?page=2")

    assert response.status_code == 301
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Location"].endswith(f"{article.pk}/{article.slug}.json?page=2")


def test_twins_of_what_readers_may_not_see_are_not_found(client, pages):
    article = Article.objects.get()
    issue = article.monthly_issue
    issue.state = "draft"
    issue.store()

    for state in ["draft", "in_review", "withdrawn"]:
        article.state = state
        article.store()
        for kind, (_page, twin) in pages.items():
            response = client.get(twin)
            assert response.status_code == (200 if kind == "articles" else 404), kind
            assert article.title not in response.content.decode(), kind


def test_twins_cost_the_same_queries_whatever_they_hold(client, pages):
    kinds = ["article", "articles", "subject", "issue"]

    def count(kind):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(pages[kind][1]).status_code == 200
        return len(queries)

    with_little = [count(kind) for kind in kinds]
    article = Article.objects.get()
    for number in range(4):
        make_comment(article)
        article.references.create(title="가")
        article.tags.add(Tag.objects.create(name=f"꼬리표 {number}", slug=f"tag-{number}"))
        make_article(monthly_issue=article.monthly_issue)
        make_table(article, make_ranking())
    article.monthly_issue.replace_items([("정책", f"소식 {number}", "") for number in range(9)])

    assert [count(kind) for kind in kinds] == with_little
    assert max(with_little) <= 12


def test_ranking_page_describes_its_figures_to_search_engines(client, pages):
    tree = html.fromstring(client.get("/rankings/models/").content)

    (script,) = tree.cssselect('script[type="application/ld+json"]')
    data = json.loads(script.text)
    assert data["@type"] == "Dataset" and data["license"].startswith("https://www.kogl.or.kr/")
    assert data["temporalCoverage"] == "2024-07-01/2025-10-01"
    assert 50 <= len(data["description"]) <= 5000
    kinds = [part["encodingFormat"].partition(";")[0] for part in data["distribution"]]
    assert kinds[0] == "text/csv" and kinds[2] == "application/json"
    for part in data["distribution"]:
        path = part["contentUrl"].removeprefix(settings.SITE_URL)
        assert client.get(path)["Content-Type"].startswith(part["encodingFormat"])


def test_no_title_can_end_the_description(client):
    ranking = make_ranking(slug="odd", title='</script><script>alert(1)</script>&"')
    make_table(make_article(), ranking)

    page = client.get("/rankings/odd/").content.decode()

    assert "<script>alert" not in page
    (script,) = html.fromstring(page).cssselect('script[type="application/ld+json"]')
    assert json.loads(script.text)["name"] == ranking.title


def test_documentation_shows_what_the_twins_hold(client, pages):
    text = (settings.BASE_DIR / "docs/data.md").read_text()

    for kind in SCHEMAS:
        schema = json.loads(SCHEMAS[kind].read_text())
        for name in schema["properties"]:
            assert f"`{name}`" in text or f'"{name}"' in text, (kind, name)


def test_examples_of_the_documentation_are_what_the_schemas_say():
    text = (settings.BASE_DIR / "docs/data.md").read_text()

    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]

    kinds = [example["$schema"].rpartition("/")[2].removesuffix(".json") for example in examples]
    assert sorted(kinds) == ["article", "issue", "ranking", "subject"]
    for kind, example in zip(kinds, examples, strict=True):
        assert not faults(kind, example), kind
