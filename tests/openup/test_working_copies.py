"""What is typed and not saved: kept for whoever typed it, and gone once it is saved."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, PageVersion, WorkingCopy
from comments.account.retention import purge
from tests.factories import make_article, make_staff
from tests.sent_forms import UNDRAWN, open_form
from tests.sent_forms import send as send_form

pytestmark = pytest.mark.django_db

EDITOR = [f"articles.{action}_article" for action in ("add", "change", "view")]
ONE, OTHER = "1" * 32, "2" * 32
# Python takes them, and no browser does.
NO_JSON = ['{"a": NaN}', '{"a": 1e999}']


def send(client, form, text="쓰던 글", method="post", writer=ONE, replaces=""):
    body = {"writer": writer, "replaces": replaces, "data": {"fields": {"title": [text]}}}
    address = reverse("working_copy", args=[form])
    return getattr(client, method)(address, json.dumps(body), "application/json").status_code


def kept(client, form):
    copies = client.get(reverse("working_copy", args=[form])).json()["copies"]
    return [(copy["form"], copy["data"]["fields"]["title"][0]) for copy in copies]


def test_copy_is_its_writers_alone_and_makes_no_page_stale(client):
    client.force_login(make_staff(*EDITOR))
    versions = list(PageVersion.objects.values_list())
    new = f"article-new-{ONE}"

    assert send(client, "article-7") == 204
    assert send(client, "article-7", "이어 쓴 글\ud800\0") == 204
    assert send(client, new, "새 글") == 204

    assert kept(client, "article-7") == [("article-7", "이어 쓴 글?\0")]
    assert kept(client, "article-new") == [(new, "새 글")]
    assert list(PageVersion.objects.values_list()) == versions
    client.force_login(make_staff(*EDITOR, username="다른 사람"))
    assert kept(client, "article-7") == kept(client, "article-new") == []


def test_another_window_writes_over_a_copy_only_after_it_was_offered(client):
    client.force_login(make_staff(*EDITOR))
    send(client, "article-7", "첫 창")

    assert send(client, "article-7", "둘째 창", writer=OTHER) == 409
    assert kept(client, "article-7") == [("article-7", "첫 창")]
    assert send(client, "article-7", "둘째 창", writer=OTHER, replaces=ONE) == 204
    assert send(client, "article-7", "첫 창") == 409
    assert send(client, "article-7", method="delete", replaces=ONE) == 204
    assert kept(client, "article-7") == [("article-7", "둘째 창")]
    assert send(client, "article-7", method="delete", replaces=OTHER) == 204
    assert kept(client, "article-7") == []


def test_what_is_no_copy_is_refused(client):
    assert send(client, "article-7") == 403
    client.force_login(make_staff(*EDITOR))

    for form in ("article", "article-0", "article-new", "article-new-1", "article-" + "1" * 20):
        assert send(client, form) == 400, form
    for writer in ("", "1", 5, None):
        assert send(client, "article-7", writer=writer) == 400, writer
    address = reverse("working_copy", args=["article-7"])
    nested = [f'{{"a": {"[" * depth}{"]" * depth}}}' for depth in (30, 950, 970)]
    odd = [f'{{"writer": "{ONE}", "replaces": "", "data": {data}}}' for data in nested + NO_JSON]
    for body in ("", "[]", "{}", "[" * 100_000, b"\xff", *odd):
        answer = client.post(address, body, content_type="application/json")
        assert answer.status_code == 400, body[:9]
    assert client.get(address).json()["copies"] == []
    assert send(client, "article-7", "가" * 400_000) == 413
    assert not WorkingCopy.objects.exists()


def test_form_in_parts_with_a_valid_token_is_refused():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff(*EDITOR))
    address = reverse("working_copy", args=["article-7"])
    token = client.get(address).json()["token"]

    assert client.post(address, {"csrfmiddlewaretoken": token}).status_code == 400


def test_copies_go_when_the_form_is_saved_and_after_a_month(client):
    user = make_staff(*EDITOR)
    client.force_login(user)
    article = make_article(state="draft", published_at=None)
    form = f"article-{article.pk}"
    address = reverse("admin:articles_article_change", args=[article.pk])
    fields = open_form(client, address)
    send(client, form)

    send_form(client, address, fields, title="", working_copy=f"{form}:{ONE}", **UNDRAWN)
    assert WorkingCopy.objects.exists()
    send_form(client, address, fields, title="저장한 글", working_copy=f"{form}:{OTHER}")
    assert WorkingCopy.objects.exists()
    send_form(client, address, open_form(client, address), working_copy=f"{form}:{ONE}")
    assert Article.objects.get().title == "저장한 글"
    assert not WorkingCopy.objects.exists()

    for days in (29, 31):
        send(client, f"article-{days}")
        at = timezone.now() - timedelta(days=days)
        WorkingCopy.objects.filter(form=f"article-{days}").update(saved_at=at)
    assert purge()["working copies"] == 1
    assert kept(client, "article-29")


def test_a_person_has_only_so_many_copies(client, django_assert_max_num_queries):
    client.force_login(make_staff(*EDITOR))
    for number in range(1, 53):
        send(client, f"article-{number}")

    with django_assert_max_num_queries(4):
        send(client, "article-52", "이어 쓴 글")

    assert WorkingCopy.objects.count() == 50
    assert not kept(client, "article-1")
