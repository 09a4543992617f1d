"""What makes a comment wait, besides the moderators' rules: the trap and an outside classifier."""

import json
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Event, active_count
from threading import Thread as Worker

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.models import Due
from comments.models import Comment
from comments.moderation import classifier as classifier_module
from openup.management.commands.setup_site import plan_closings
from tests.factories import EMAIL, PASSWORD, let_pass, make_article, make_comment

pytestmark = pytest.mark.django_db
State = Comment.State


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def post(client, article=None, **data):
    address = reverse("comments:comment_create", args=[(article or make_article()).pk])
    data = {"email": EMAIL, "password": PASSWORD, "body": "잘 읽었습니다.", **data}
    return client.post(address, data)


# The trap


def test_field_that_nobody_sees_holds_the_comment_and_its_writer_is_told(client):
    response = post(client, website="http://spam.example")

    comment = Comment.objects.get()
    assert response.status_code == 200
    assert "waiting for review" in response.content.decode()
    assert comment.state == State.HELD
    assert [reason["rule"] for reason in comment.hold_reasons] == ["Trap"]


def test_trap_is_out_of_sight_and_out_of_the_keyboards_way(client):
    page = html.fromstring(client.get(make_article().get_absolute_url()).content.decode())

    (field,) = page.cssselect(".trap input")
    assert field.get("tabindex") == "-1"
    assert field.get("autocomplete") == "off"
    assert page.cssselect(f".trap label[for={field.get('id')}]")


# The classifier


@contextmanager
def classifier(settings, answer):
    """Run an HTTP server that gives `answer`, as (status, body) or a function of the handler."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answer(self) if callable(answer) else answer
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    worker = Worker(target=server.serve_forever, daemon=True)
    worker.start()
    settings.COMMENT_CLASSIFIER = "comments.moderation.classifier.ask_over_http"
    settings.COMMENT_CLASSIFIER_URL = f"http://127.0.0.1:{server.server_port}/classify"
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()
        worker.join()


def verdict(hold, reason=""):
    return 200, json.dumps({"hold": hold, "reason": reason}).encode()


def test_classifier_lets_through_and_is_told_nothing_of_who_wrote(client, settings):
    with classifier(settings, verdict(False)) as asked:
        post(client, name="민아")

    assert Comment.objects.get().state == State.PUBLISHED
    assert json.loads(asked[0]).keys() == {"name", "body", "article"}
    assert EMAIL not in asked[0].decode()


def test_classifier_holds_with_its_reason(client, settings):
    with classifier(settings, verdict(True, "도박 광고")):
        post(client)

    comment = Comment.objects.get()
    assert comment.state == State.HELD
    assert comment.hold_reasons == [{"rule": "Classifier", "text": "도박 광고"}]


def stall(handler):
    handler.server.stalled = True
    handler.connection.settimeout(5)
    handler.connection.recv(1)  # Until the asker has hung up.
    return 200, b""


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"{}"),
        (404, b""),
        (302, b""),
        (200, b""),
        (200, b"no json"),
        (200, b"[]"),
        (200, b'{"hold": "maybe"}'),
        (200, b'{"reason": "x"}'),
        (200, b"\xff\xfe"),
        (200, b"x" * 100_000),
        stall,
    ],
)
def test_classifier_that_fails_leads_to_a_review(client, settings, answer):
    settings.COMMENT_CLASSIFIER_SECONDS = 0.2
    with classifier(settings, answer):
        response = post(client)

    comment = Comment.objects.get()
    assert response.status_code == 200
    assert comment.state == State.HELD
    assert comment.hold_reasons[0]["text"] == "The classifier could not be asked."


def never_done(submission):
    never_done.may_end.wait(10)
    never_done.ended.set()


def test_classifier_that_takes_its_time_has_none_left(client, settings):
    never_done.may_end, never_done.ended = Event(), Event()
    settings.COMMENT_CLASSIFIER = f"{__name__}.never_done"
    settings.COMMENT_CLASSIFIER_SECONDS = 0.05

    post(client)
    has_waited = never_done.ended.is_set()
    never_done.may_end.set()

    assert not has_waited
    assert Comment.objects.get().state == State.HELD
    assert never_done.ended.wait(10)


def test_classifiers_that_never_end_are_bounded(settings, monkeypatch):
    never_done.may_end, never_done.ended = Event(), Event()
    settings.COMMENT_CLASSIFIER_SECONDS = 0.01
    places = BoundedSemaphore(2)
    monkeypatch.setattr(classifier_module, "_places", places)
    before = active_count()

    for _number in range(5):
        with pytest.raises(TimeoutError):
            classifier_module.ask_in_time(never_done, None)
    begun = active_count() - before
    never_done.may_end.set()

    assert begun == 2
    assert places.acquire(timeout=10) and places.acquire(timeout=10)


@pytest.mark.parametrize("reason", ["도박\\u0000 광고", "도박 \\ud800광고", "\\u0000"])
def test_reason_of_a_classifier_can_always_be_kept(client, settings, reason):
    with classifier(settings, (200, f'{{"hold": true, "reason": "{reason}"}}'.encode())):
        response = post(client)

    assert response.status_code == 200
    [reason] = Comment.objects.get().hold_reasons
    assert reason["text"].startswith(("도박", "The classifier holds it."))


@pytest.mark.parametrize(
    "path", ["no.such.module", "comments.moderation.classifier.nothing", "json.loads"]
)
def test_classifier_that_is_not_there_or_breaks_leads_to_a_review(client, settings, path):
    settings.COMMENT_CLASSIFIER = path

    post(client)

    assert Comment.objects.get().state == State.HELD


def test_classifier_that_is_away_leads_to_a_review(client, settings):
    with classifier(settings, verdict(False)):
        pass

    post(client)

    assert Comment.objects.get().state == State.HELD


def test_edit_is_shown_to_the_classifier_too(client, settings):
    comment = make_comment()
    data = {"email": EMAIL, "password": PASSWORD, "body": "고친 광고", "version": "1"}
    with classifier(settings, verdict(True, "광고")) as asked:
        client.post(reverse("comments:comment_edit", args=[comment.pk]), data)

    comment.refresh_from_db()
    assert comment.state == State.HELD
    assert json.loads(asked[0])["body"] == "고친 광고"


# Closing by itself


@pytest.mark.parametrize(
    ("site_days", "days", "age", "is_open"),
    [
        (0, None, 1000, True),
        (30, None, 29, True),
        (30, None, 31, False),
        (30, 0, 1000, True),
        (30, 60, 45, True),
        (0, 7, 8, False),
    ],
)
def test_article_closes_for_comments_days_after_its_publication(
    client, settings, site_days, days, age, is_open
):
    settings.COMMENTS_CLOSE_AFTER_DAYS = site_days
    published_at = timezone.now() - timedelta(days=age)
    article = make_article(published_at=published_at, comments_open_days=days)

    response = post(client, article)

    assert article.takes_comments == is_open
    assert (response.status_code == 403) != is_open


def test_date_of_its_own_outranks_the_days(settings):
    settings.COMMENTS_CLOSE_AFTER_DAYS = 30
    ahead = timezone.now() + timedelta(days=9)

    assert make_article(comments_close_at=ahead).takes_comments


@pytest.mark.parametrize("is_planned_anew", [False, True])
def test_form_goes_when_the_days_of_an_article_are_over(read, is_planned_anew):
    published_at = timezone.now() - timedelta(days=10)
    page = make_article(published_at=published_at, comments_open_days=20).get_absolute_url()
    if is_planned_anew:
        Due.objects.all().delete()
        plan_closings()
    assert 'name="email"' in read(page).text

    let_pass(days=11)

    assert 'name="email"' not in read(page).text


def test_form_goes_when_the_days_of_a_changed_setting_are_over(read, settings):
    published_at = timezone.now() - timedelta(days=10)
    page = make_article(published_at=published_at).get_absolute_url()
    settings.COMMENTS_CLOSE_AFTER_DAYS = 15
    plan_closings()
    assert 'name="email"' in read(page).text

    let_pass(days=6)

    assert 'name="email"' not in read(page).text
