"""A form that arrives without a field says what is missing, as one with empty fields does."""

import pytest
from django.urls import reverse

from tests.factories import EMAIL, PASSWORD, make_article, make_comment

pytestmark = pytest.mark.django_db


def addresses():
    article = make_article()
    comment = make_comment(article)
    comment.edit(body="새 글", name="", version=1)
    on_comment = [
        reverse(f"comments:{name}", args=[comment.pk])
        for name in ("comment_reply", "comment_edit", "comment_delete", "comment_report")
    ]
    return [
        *on_comment,
        reverse("comments:comment_create", args=[article.pk]),
        reverse("comments:comment_revision_remove", args=[comment.pk, 1]),
        reverse("comments:takedown_create", args=[comment.pk]),
        reverse("comments:mine"),
    ]


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"", "multipart/form-data; boundary=b"),
        (b'{"body": "x"}', "application/json"),
        (b"body=x", "text/plain"),
    ],
)
def test_form_without_a_field_says_what_is_missing(client, data, content_type):
    for address in addresses():
        response = client.post(address, data, content_type=content_type)

        assert response.status_code == 422, address

        assert response.context["form"].errors, address


def test_edit_that_named_no_version_can_be_sent_again(client):
    comment = make_comment(body="처음 글")
    address = reverse("comments:comment_edit", args=[comment.pk])
    fields = {"email": EMAIL, "password": PASSWORD, "body": "고친 글"}

    form = client.post(address, fields).context["form"]
    client.post(address, {**fields, "version": form["version"].value()})

    comment.refresh_from_db()
    assert comment.body == "고친 글"
