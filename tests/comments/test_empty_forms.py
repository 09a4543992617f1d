"""A form that arrives without a field says what is missing, as one with empty fields does."""

import pytest
from django.urls import reverse
from lxml import html

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


def test_form_asks_for_the_text_first_and_says_all_before_its_button(client):
    comment = make_comment()
    on_comment = [
        reverse(f"comments:{name}", args=[comment.pk]) for name in ("comment_reply", "comment_edit")
    ]
    for address in (comment.article.get_absolute_url(), *on_comment):
        (form,) = html.fromstring(client.get(address).content).cssselect("form[data-writing]")
        asked = [field.get("name") for field in form.cssselect("[id]:is(input, textarea)")]
        shown = [name for name in asked if name not in {"is_notified", "website", "version"}]
        assert shown[:4] == ["body", "email", "password", "name"], address
        if "edit" in address:
            continue
        (duties,) = form.cssselect("details.privacy:not([open])")
        assert "동의" in duties.cssselect("summary")[0].text
        text = " ".join(dt.text for dt in duties.cssselect("dt"))
        assert text == "목적 항목 보유 기간 거부할 권리 14세 미만"
        assert duties.getnext().cssselect("[type=submit]")


def test_form_says_that_comments_are_read_first_where_they_are(client):
    said = "운영자가 확인한 뒤 공개됩니다"
    reviewed = make_article(comment_policy="reviewed")
    plain = make_article()

    assert said in client.get(reviewed.get_absolute_url()).content.decode()
    assert said not in client.get(plain.get_absolute_url()).content.decode()


def test_closed_article_invites_nobody_to_write_first(client):
    closed = make_article(comment_policy="closed")

    page = client.get(closed.get_absolute_url()).content.decode()

    assert "첫 댓글을 작성해보세요" not in page and "댓글이 없습니다" in page
    assert "댓글 작성" not in page and page.count("더 이상 댓글을 받지 않습니다") == 1


def test_closed_article_says_below_its_comments_that_it_is_closed(client):
    closed = make_article(comment_policy="closed")
    make_comment(closed)

    page = client.get(closed.get_absolute_url()).content.decode()

    assert "댓글 작성" not in page and page.count("더 이상 댓글을 받지 않습니다") == 1


def test_each_error_of_the_summary_leads_to_its_field(client):
    for address in addresses():
        page = html.fromstring(client.post(address).content)
        links = page.cssselect(".summary-of-errors a")
        assert links, address
        for link in links:
            (field,) = page.cssselect(link.get("href"))
            assert field.get("aria-invalid") == "true", address


def test_no_field_cuts_a_syllable_that_is_being_composed(client):
    for address in addresses():
        assert b"maxlength" not in client.get(address, follow=True).content, address


def test_edit_that_named_no_version_can_be_sent_again(client):
    comment = make_comment(body="처음 글")
    address = reverse("comments:comment_edit", args=[comment.pk])
    fields = {"email": EMAIL, "password": PASSWORD, "body": "고친 글"}

    form = client.post(address, fields).context["form"]
    client.post(address, {**fields, "version": form["version"].value()})

    comment.refresh_from_db()
    assert comment.body == "고친 글"
