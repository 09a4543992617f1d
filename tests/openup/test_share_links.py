"""Who has no account sees what a link shows, for as long as it is open, and nothing else."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.desk.revisions import record
from articles.models import Article, AuditEvent, ShareLink
from comments.account.retention import purge
from tests.factories import make_article, make_issue, make_ranking, make_staff, make_table

pytestmark = pytest.mark.django_db

WRITER = [
    f"articles.{action}_{model}"
    for action in ("add", "change", "view")
    for model in ("article", "monthlyissue")
]
BROWSER = {"user-agent": "Mozilla/5.0 Firefox/140.0"}


@pytest.fixture
def writer(client):
    client.force_login(make_staff(*WRITER, username="mina"))
    return client


@pytest.fixture
def stranger():
    return Client(headers=BROWSER)


def page_of_links(obj):
    return reverse("share_links", args=[obj._meta.model_name, obj.pk])


def share(writer, obj, **fields):
    """Return the path of a new link."""
    sent = {"days": "7", "revision_number": "", "purpose": "감수자", **fields}
    response = writer.post(page_of_links(obj), sent)
    (field,) = html.fromstring(response.content.decode()).cssselect("#new-address")
    assert field.get("value").startswith(f"{settings.SITE_URL}/shared/")
    return field.get("value").removeprefix(settings.SITE_URL)


def make_draft(**fields):
    return make_article(state="draft", published_at=None, **fields)


def test_draft_is_shown_as_readers_will_see_it_and_not_found_elsewhere(writer, stranger):
    issue = make_issue(state="draft", published_at=None, title="감춘 달")
    article = make_draft(title="쓰던 글", body="## 첫 소식\n\n[[ranking:a]]", monthly_issue=issue)
    make_table(article, make_ranking(), slug="a", caption="모형 순위")
    article.store()

    response = stranger.get(share(writer, article))

    page = response.content.decode()
    assert response.status_code == 200
    assert "쓰던 글</h1>" in page and "모형 순위" in page and "감춘 달" not in page
    assert reverse("admin:index") not in page
    assert stranger.get(article.get_absolute_url()).status_code == 404


def test_month_that_is_not_released_is_shown(writer, stranger):
    issue = make_issue([("정책", "새 소식", "- 내용")], state="draft", published_at=None)
    article = make_draft(title="함께 나갈 글", monthly_issue=issue)

    page = stranger.get(share(writer, issue)).content.decode()

    assert "새 소식" in page and "함께 나갈 글" in page
    assert f'href="{article.get_absolute_url()}"' not in page
    assert stranger.get(issue.get_absolute_url()).status_code == 404


def test_answer_is_kept_by_nobody_and_names_no_place(writer, stranger):
    response = stranger.get(share(writer, make_draft()))

    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response["X-Robots-Tag"]
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies and "Cookie" not in response.get("Vary", "")


def test_page_cache_never_keeps_it(writer, read):
    article = make_draft(title="처음 제목")
    path = share(writer, article)
    assert "처음 제목" in read(path).text

    Article.objects.filter(pk=article.pk).update(title="고친 제목")

    assert "고친 제목" in read(path).text


def test_link_shows_the_newest_or_the_revision_that_was_chosen(writer, stranger):
    article = make_draft(title="처음 제목")
    revision = record(article)
    article.title = "고친 제목"
    article.store()
    record(article)

    newest, first = share(writer, article), share(writer, article, revision_number="1")

    assert "고친 제목</h1>" in stranger.get(newest).content.decode()
    assert revision.number == 1 and "처음 제목</h1>" in stranger.get(first).content.decode()
    article.refresh_from_db()
    assert article.title == "고친 제목"


def test_revision_that_its_page_leads_from_is_chosen(writer):
    article = make_draft()
    for number in range(53):
        article.summary = f"요약 {number}"
        article.store()
        record(article)

    page = html.fromstring(writer.get(page_of_links(article) + "?revision=2").content.decode())

    assert page.cssselect("#id_revision_number option[selected]")[0].get("value") == "2"
    assert writer.get(page_of_links(article) + "?revision=x").status_code == 404


def test_wrong_over_and_revoked_links_and_those_of_the_trash_answer_alike(writer, stranger):
    article, gone = make_draft(), make_draft()
    over, revoked, of_trash = share(writer, article), share(writer, article), share(writer, gone)
    newest, middle, oldest = ShareLink.objects.order_by("-pk")
    ShareLink.objects.filter(pk=oldest.pk).update(expires_at=timezone.now())
    writer.post(page_of_links(article), {"revoke": middle.pk})
    gone.put_in_trash()

    wrong = "/shared/" + "x" * 43 + "/"
    answers = [stranger.get(path) for path in (wrong, over, revoked, of_trash, "/shared/ㄱ/")]

    pages = {re.sub(r"/shared/[^/]*/", "", answer.content.decode()) for answer in answers}
    assert [answer.status_code for answer in answers] == [404] * 5 and len(pages) == 1
    assert all("no-store" in answer["Cache-Control"] for answer in answers)
    assert newest.is_open


def test_openings_are_counted_and_looking_ahead_is_none(writer, stranger):
    path = share(writer, make_draft())

    stranger.get(path)
    stranger.get(path)
    stranger.head(path)
    stranger.get(path, headers={"sec-purpose": "prefetch;prerender"})
    for agent in ("facebookexternalhit/1.1; kakaotalk-scrap/1.0", "WhatsApp/2.24"):
        stranger.get(path, headers={"user-agent": agent})

    link = ShareLink.objects.get()
    assert link.opened_count == 2 and link.last_opened_at is not None


def test_token_stands_in_no_row_and_no_log(writer, stranger, log_lines):
    article = make_draft()
    path = share(writer, article)
    token = path.split("/")[2]
    link = ShareLink.objects.get()
    stranger.post(path)
    stranger.get(path + "nothing/")
    stranger.get(path, headers={"host": "evil.example"})

    assert token not in str(vars(link))
    assert log_lines() and token not in str(log_lines())
    assert token not in writer.get(page_of_links(article)).content.decode()


def test_guesses_have_an_end(stranger):
    answers = [stranger.get(f"/shared/{number:043}/").status_code for number in range(121)]

    assert answers[:120] == [404] * 120 and answers[120] == 429


def test_days_out_of_bounds_and_revisions_that_are_none_are_refused_at_their_field(writer):
    article = make_draft()

    for fields in ({"days": "91"}, {"days": "0"}, {"days": "x"}, {"revision_number": "7"}):
        sent = {"days": "7", "purpose": "\0가", **fields}
        page = html.fromstring(writer.post(page_of_links(article), sent).content.decode())

        assert page.cssselect(".errorlist li") and not ShareLink.objects.exists()


def test_links_are_made_by_writers_alone(client):
    article = make_draft()
    client.force_login(make_staff("articles.view_article"))

    assert client.get(page_of_links(article)).status_code == 403
    assert client.post(page_of_links(article), {"days": "7"}).status_code == 403
    assert client.get(reverse("share_links", args=["ranking", 1])).status_code in {403, 404}


def test_signed_in_staff_see_there_what_everybody_sees(writer, stranger):
    article = make_article()
    path = share(writer, article)

    assert writer.get(path).content == stranger.get(path).content


def test_making_and_revoking_one_is_written_down_without_its_token(writer):
    article = make_draft()

    token = share(writer, article).split("/")[2]
    writer.post(page_of_links(article), {"revoke": ShareLink.objects.get().pk})

    events = AuditEvent.objects.filter(model="articles.article", object_key=str(article.pk))
    assert [event.username for event in events] == ["mina", "mina"]
    assert not any(token in str(event.detail) for event in events)


def test_links_go_with_their_article_and_long_after_their_end(writer):
    article, kept = make_draft(), make_draft()
    share(writer, article)
    share(writer, kept)
    article.delete()
    assert ShareLink.objects.count() == 1

    ShareLink.objects.update(expires_at=timezone.now() - timedelta(days=91))
    purge()

    assert not ShareLink.objects.exists()
