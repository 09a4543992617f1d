"""Which group may open and send which address of the desk, as a table that was read by people.

A page that is added, or opens for others, changes the table: read what has changed, and write it
anew with `WRITE_PERMISSION_TABLE=1`.
"""

import os
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.template.backends.django import Template
from django.test import Client
from django.urls import get_resolver

from articles.models import Article, MonthlyIssue
from tests.browser.staff_site import USERS, make_staff_site
from tests.sent_forms import UNDRAWN

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).with_name("permission_table.txt")
# Of each user one letter; "." where the address is refused.
LETTERS = {name: name[0] for name in USERS} | {"superuser": "S"}
OTHER_KEYS = {
    "content_type_id": "1",
    "app_label": "articles",
    "form": "article-1",
    "model": "article",
    "uidb64": "MQ",
    "token": "x",
    "name": "desk-article",
    "number": "1",
    "kind": "csv",
}


def patterns(resolver, before=""):
    """Yield (route, name) of every address below the desk."""
    for pattern in resolver.url_patterns:
        route = before + re.sub(r"\^|\\Z|\$", "", str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            yield from patterns(pattern, route)
        elif route.startswith("manage/"):
            yield route, pattern.name or ""


def address_of(route, name):
    """Return the address with the keys of rows that are there."""
    label, _line, rest = name.partition("_")
    try:
        model = apps.get_model(label, rest.split("_")[0])
    except LookupError:
        model = Article
    keys = {"issue_id": first_key(MonthlyIssue), "article_id": first_key(Article), **OTHER_KEYS}
    key = first_key(model)
    return "/" + re.sub(
        r"\(\?P<(\w+)>.*?\)|<(?:\w+:)?(\w+)>",
        lambda match: keys.get(match[1] or match[2], key),
        route,
    )


def first_key(model):
    row = model._default_manager.order_by("pk").first()
    return str(row.pk) if row else "1"


def is_open(response):
    to_sign_in = response.status_code == 302 and "/login/" in response.url
    return response.status_code not in {403, 404, 405} and not to_sign_in


@pytest.fixture
def undrawn(monkeypatch):
    """Leave every page undrawn: who may open it is decided before, and drawing costs the most."""
    monkeypatch.setattr(Template, "render", lambda *_context, **_options: "")


def test_each_address_opens_for_those_alone_whom_the_table_names(undrawn):
    make_staff_site()
    clients = {name: Client(raise_request_exception=False) for name in USERS}
    for name, client in clients.items():
        client.force_login(User.objects.get(username=name))
    cookies = {name: client.cookies.copy() for name, client in clients.items()}
    failures, lines = [], []

    # Signing out last: it ends the session that all the others are asked with.
    routes = sorted(set(patterns(get_resolver())), key=lambda each: ("logout" in each[0], each))
    for route, name in routes:
        address, marks = address_of(route, name), {"get": "", "post": ""}
        for method in marks:
            for user, client in clients.items():
                response = getattr(client, method)(address, **UNDRAWN)
                client.cookies = cookies[user].copy()
                if response.status_code >= 500:
                    failures.append((user, method, address, response.status_code))
                marks[method] += LETTERS[user] if is_open(response) else "."
        lines.append(f"{marks['get']} {marks['post']} {route}")

    table = "\n".join(lines) + "\n"
    if os.environ.get("WRITE_PERMISSION_TABLE") == "1":
        TABLE.write_text(table)
    assert failures == []
    assert sorted({*table.splitlines()} ^ {*TABLE.read_text().splitlines()}) == []


def test_table_gives_nobody_more_than_the_groups_are_for():
    """Read the table by its sense too: writing it anew must not pass over a mistake."""
    rights = {}
    for line in TABLE.read_text().splitlines():
        get, post, route = line.split(" ", 2)
        rights[route] = (get, post)
    # What leads from a row's bare address to its form, for whoever asks.
    closed = {
        route: set(get + post) - {"."}
        for route, (get, post) in rights.items()
        if not route.endswith("<path:object_id>/")
    }

    for route, groups in closed.items():
        if route.startswith(("manage/auth/", "manage/articles/auditevent/")):
            assert groups <= {"S"}, route
        if route.startswith(("manage/comments/takedown/", "manage/comments/moderationrule/")):
            assert groups <= {"m", "S"}, route
        if route.startswith("manage/articles/ranking/") and "grid" in route:
            assert groups <= {"d", "S"}, route
        if "/release/" in route or route.startswith("manage/articles/sitepage/"):
            assert groups <= {"p", "S"}, route
