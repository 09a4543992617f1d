"""Pages of a thread and of its branches: fixed, bounded, and at the cost of a few queries."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Count, Q
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from articles.open_data.provenance import absolute
from comments.models import Comment, Thread
from tests.factories import make_article, make_comment, make_issue

pytestmark = pytest.mark.django_db


def seed(article, comments=0, replies=0):
    call_command("seed_thread", article.pk, comments=comments, replies=replies, stdout=StringIO())


def get_page(client, address):
    response = client.get(address)
    assert response.status_code == 200, response
    return html.fromstring(response.content.decode())


def numbers_on(page):
    """Return the numbers of the roots that the page shows, in their order."""
    drawn = [int(item.get("id").removeprefix("comment-")) for item in page.cssselect(".depth-1")]
    numbers = dict(Comment.objects.filter(pk__in=drawn).values_list("pk", "root_number"))
    return [numbers[pk] for pk in drawn]


def write_roots(article, count):
    return [make_comment(article, body=f"글 {number}") for number in range(1, count + 1)]


def text_of(node):
    return " ".join(node.text_content().split())


def check_counts(article):
    """Compare every stored count with what is there."""
    comments = Comment.objects.filter(article=article)
    shown = Q(replies__state="published") | Q(replies__reply_count__gt=0)
    for comment in comments.annotate(drawn_replies=Count("replies", filter=shown)):
        assert comment.reply_count == comment.drawn_replies
    for root in comments.filter(parent=None):
        branch = comments.filter(root_number=root.root_number, reply_number__gt=0)
        assert root.branch_count == branch.filter(state="published").count()
    thread = Thread.objects.get(article=article)
    assert thread.comment_count == comments.filter(state="published").count()
    assert thread.root_total == comments.filter(parent=None).count()


def test_pages_are_fixed_ranges_of_fifty_roots(client):
    article = make_article()
    write_roots(article, 52)
    address = article.get_absolute_url()

    assert numbers_on(get_page(client, address)) == list(range(1, 51))
    assert numbers_on(get_page(client, f"{address}?page=2")) == [51, 52]
    make_comment(article)
    assert numbers_on(get_page(client, address)) == list(range(1, 51))


def test_newest_first_walks_the_same_pages_backwards(client):
    article = make_article()
    write_roots(article, 52)
    address = article.get_absolute_url()

    newest = get_page(client, f"{address}?order=newest")

    assert numbers_on(newest) == [52, 51]
    following = newest.cssselect(".pages p a")[0].get("href")
    assert following == "?order=newest&page=1#comments"
    assert numbers_on(get_page(client, address + following)) == list(range(50, 0, -1))


def test_newest_first_turns_roots_about_and_leaves_replies_as_they_were_written(client):
    article = make_article()
    first, second = write_roots(article, 2)
    replies = [make_comment(article, parent=first, body=f"답글 {number}") for number in range(2)]

    page = get_page(client, f"{article.get_absolute_url()}?order=newest")

    drawn = [item.get("id") for item in page.cssselect(".comments li")]
    assert drawn == [f"comment-{comment.pk}" for comment in (second, first, *replies)]


@pytest.mark.parametrize(
    "query",
    [
        "?page=0",
        "?page=-1",
        "?page=x",
        "?page=" + "9" * 400,
        "?page=²",
        "?order=x",
        "?order=",
        "?x=1",
    ],
)
def test_unknown_or_malformed_query_shows_the_plain_page_and_is_not_reflected(client, query):
    article = make_article()
    write_roots(article, 1)
    plain = client.get(article.get_absolute_url()).content

    assert client.get(article.get_absolute_url() + query).content == plain


def test_page_beyond_the_last_shows_the_last(client):
    article = make_article()
    write_roots(article, 51)

    page = get_page(client, f"{article.get_absolute_url()}?page=9")

    assert numbers_on(page) == [51]


def test_row_of_pages_stays_short_in_a_thread_of_hundreds(client):
    article = make_article()
    write_roots(article, 1)
    Thread.objects.update(root_total=50 * 400)

    page = get_page(client, f"{article.get_absolute_url()}?page=200")

    row = [text_of(item) for item in page.cssselect(".pages li")]
    assert row == ["1", "…", "198", "199", "200", "201", "202", "…", "400"]
    assert page.cssselect(".pages [aria-current]")[0].text == "200"
    titles = {
        get_page(client, article.get_absolute_url() + query).findtext(".//title")
        for query in ("", "?page=2", "?page=3", "?order=newest", "?order=newest&page=3")
    }
    assert len(titles) == 5


def test_each_page_names_one_address_for_what_it_shows(client):
    article = make_article()
    write_roots(article, 51)

    def canonical(query):
        page = get_page(client, article.get_absolute_url() + query)
        return (
            page.cssselect("link[rel=canonical]")[0].get("href").removeprefix("http://testserver")
        )

    address = article.get_absolute_url()
    assert canonical("") == canonical("?order=newest&page=1") == address
    assert canonical("?page=2") == canonical("?order=newest") == f"{address}?page=2"


def test_each_page_names_the_pages_beside_it(client):
    article = make_article()
    write_roots(article, 101)
    address = absolute(article.get_absolute_url())

    def beside(query):
        page = get_page(client, article.get_absolute_url() + query)
        links = page.cssselect("head link[rel=prev], head link[rel=next]")
        return {link.get("rel"): link.get("href") for link in links}

    assert beside("") == {"next": f"{address}?page=2"}
    assert beside("?page=2") == {"prev": address, "next": f"{address}?page=3"}
    assert beside("?order=newest") == beside("?page=3") == {"prev": f"{address}?page=2"}


def test_first_page_names_the_second_as_soon_as_there_is_one(client):
    article = make_article()
    write_roots(article, 50)
    assert not get_page(client, article.get_absolute_url()).cssselect("head link[rel=next]")

    make_comment(article)

    assert get_page(client, article.get_absolute_url()).cssselect("head link[rel=next]")


def test_root_shows_its_first_hundred_replies_and_leads_to_the_rest(client):
    article = make_article()
    seed(article, replies=130)
    root = Comment.objects.get(parent=None)

    page = get_page(client, article.get_absolute_url())

    assert len(page.cssselect(".branch li")) == 100
    assert text_of(page.cssselect(".branch summary")[0]) == "답글 130개"
    more = page.cssselect(".more a")[0]
    assert text_of(more) == "답글 30개 더 보기"
    rest = get_page(client, more.get("href"))
    assert len(rest.cssselect(".branch li")) == 30
    assert rest.cssselect(f"#comment-{root.pk}")
    assert not rest.cssselect(".more")


def test_branch_page_says_to_whom_its_replies_speak_even_on_another_page(client):
    article = make_article()
    seed(article, replies=101)
    root = Comment.objects.get(parent=None)
    answered = Comment.objects.get(reply_number=99)
    answered.name = "먼저 쓴 사람"
    answered.save()
    late = make_comment(article, parent=answered, body="늦은 답글")

    page = get_page(client, f"/comments/{root.pk}/?page=2")

    link = page.cssselect(f"#comment-{late.pk} .by > a")[0]
    assert text_of(link) == "먼저 쓴 사람님에게"
    assert link.get("href") == f"/comments/{answered.pk}/"


def follow(client, address):
    """Return the address that `address` leads to in the end, and its page."""
    while (response := client.get(address)).status_code in (301, 302):
        address = response["Location"]
    assert response.status_code == 200
    return address, html.fromstring(response.content.decode())


def test_short_address_leads_to_the_page_that_holds_the_comment(client):
    article = make_article()
    Thread.lock(article)
    Thread.objects.update(root_total=120)
    root = make_comment(article)
    reply = make_comment(article, parent=root)

    for comment in (root, reply):
        address, page = follow(client, f"/comments/{comment.pk}/")
        assert address.endswith(f"?page=3&comment={comment.pk}#comment-{comment.pk}")
        assert page.cssselect(f"#comment-{comment.pk}")


@pytest.mark.parametrize(
    ("number", "place"), [(1, "?comment="), (100, "?comment="), (101, "?page=2")]
)
def test_short_address_of_a_reply_leads_beyond_the_first_hundred(client, number, place):
    article = make_article()
    seed(article, replies=150)
    reply = Comment.objects.get(reply_number=number)

    address, page = follow(client, f"/comments/{reply.pk}/")

    assert place in address and address.endswith(f"#comment-{reply.pk}")
    assert page.cssselect(f"#comment-{reply.pk}")


def test_writer_of_a_late_reply_is_led_to_it(client):
    article = make_article()
    seed(article, replies=120)
    root = Comment.objects.get(parent=None)

    response = client.post(
        reverse("comments:comment_reply", args=[root.pk]),
        {"email": "mina@example.com", "password": "right horse key", "body": "늦은 답글"},
    )

    _address, page = follow(client, response["Location"])
    assert "늦은 답글" in page.text_content()


def count_queries(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in queries if 'FROM "comments_' in query["sql"]]


def test_thread_costs_the_same_queries_whatever_it_holds(client):
    article, long, deep = make_article(), make_article(), make_article()
    make_comment(article)
    seed(long, comments=3000)
    seed(deep, comments=10, replies=3000)
    root = Comment.objects.get(article=deep, branch_count=3000)

    def queries(address):
        return len(count_queries(client, address))

    # How many of its comments speak of each row, and the comments of the page.
    assert queries(article.get_absolute_url()) == 2
    for article in (long, deep):
        for query in ("", "?page=3", "?order=newest"):
            assert queries(article.get_absolute_url() + query) == 2
    for number in (1, 2, 29):
        assert queries(f"/comments/{root.pk}/?page={number}") <= 4


def test_page_of_a_thread_reads_no_more_rows_than_it_shows(client):
    """A root with thousands of replies costs no more than one with a hundred."""
    article = make_article()
    seed(article, comments=200, replies=3000)

    queries = count_queries(client, f"{article.get_absolute_url()}?page=2")

    [comments] = [query for query in queries if "reply_number" in query]
    bound = r"root_number=\? AND reply_number<\?|one_comment_per_number.*reply_number <= 100"
    assert re.search(bound, plan_of(comments))


def plan_of(query):
    """Return how the database would answer it, on a site with many comments."""
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        if connection.vendor == "postgresql":
            # So few rows are read fastest from one end to the other; the question is about many.
            cursor.execute("ANALYZE comments_comment")
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {query}")
        return " ".join(str(column) for row in cursor for column in row)


def test_counts_beside_rows_are_looked_for_among_comments_on_rows_alone(client):
    issue = make_issue()
    article = make_article(monthly_issue=issue)
    issue.lead_article = article
    issue.store()
    seed(article, comments=200)

    [counts] = [
        query for query in count_queries(client, article.get_absolute_url()) if "COUNT(" in query
    ]

    plan = plan_of(counts)
    assert "comment_by_entry" in plan and "comment_by_item" in plan


def test_no_index_leads_to_all_comments_of_an_article():
    """With 50,000 replies under a root PostgreSQL took it for the first page and read them all."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, Comment._meta.db_table)

    indexes = [found["columns"] for found in constraints.values() if found["index"]]
    assert ["article_id"] not in indexes
    assert ["article_id", "root_number", "reply_number"] in [
        found["columns"] for found in constraints.values() if found["unique"]
    ]


def test_seeded_thread_counts_what_it_holds():
    article = make_article()
    make_comment(article)

    seed(article, comments=43, replies=31)
    seed(article, comments=1)

    assert Comment.objects.filter(article=article).count() == 1 + 43 + 32 + 1
    check_counts(article)
    deepest = Comment.objects.filter(article=article).order_by("-depth").first()
    assert deepest.depth == 4
    reply = make_comment(article, parent=deepest)
    assert reply.reply_number > deepest.reply_number
    check_counts(article)


def test_replies_are_a_list_of_their_own_that_can_be_folded(client):
    article = make_article()
    root = make_comment(article)
    reply = make_comment(article, parent=root)
    make_comment(article, parent=reply)
    make_comment(article)

    page = get_page(client, article.get_absolute_url())

    roots = page.cssselect("ol.comments > li")
    assert [item.get("class") for item in roots] == ["depth-1", "depth-1"]
    [fold] = page.cssselect("details.branch")
    assert fold.get("open") is not None and fold.getparent() is roots[0]
    assert [item.get("class") for item in fold.cssselect("ol > li")] == ["depth-2", "depth-3"]
    assert not roots[1].cssselect("details.branch")


def test_reply_to_a_comment_that_is_gone_does_not_name_its_writer(client):
    article = make_article()
    root = make_comment(article, name="사라질 이름")
    reply = make_comment(article, parent=root)
    root.delete_by_author()

    page = get_page(client, article.get_absolute_url())

    assert "사라질 이름" not in page.text_content()
    assert "삭제된 댓글에" in text_of(page.cssselect(f"#comment-{reply.pk} .by")[0])


def test_order_and_pages_work_in_the_preview_too(admin_client):
    article = make_article(state="draft", published_at=None)
    make_comment(article)
    preview = reverse("article_preview", args=[article.pk])

    page = get_page(admin_client, preview)

    links = [link.get("href") for link in page.cssselect("#comments nav a")]
    assert links == ["./#comments", "?order=newest#comments"]
    assert get_page(admin_client, preview + "?order=newest").cssselect("#comments li")


def test_rows_that_no_form_could_write_still_answer(client):
    article = make_article()
    root, other = make_comment(article), make_comment(article)
    reply = make_comment(article, parent=root)
    deep = make_comment(article, parent=reply)
    # A parent that is younger, a circle, a root out of sight with replies in sight.
    Comment.objects.filter(pk=reply.pk).update(parent=deep)
    Comment.objects.filter(pk=root.pk).update(state="hidden", reply_count=0)
    Comment.objects.filter(pk=other.pk).update(parent=deep, reply_number=1, depth=5)

    assert "잘 읽었습니다." in get_page(client, article.get_absolute_url()).text_content()
    for comment in (root, reply, deep, other):
        assert client.get(f"/comments/{comment.pk}/", follow=True).status_code in {200, 404}
