"""The editor's own views: its live preview, its uploads, and the preview of a whole article."""

import errno
import os
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from lxml import html
from PIL import Image

from articles.content.markdown import ALT_TEXT_TO_WRITE
from articles.content.uploads import MAX_FILE_BYTES
from comments.identity.rate_limits import EDITOR_PREVIEWS, EDITOR_UPLOADS, spend
from openup.staff import editor
from tests.factories import make_article, make_issue, make_ranking, make_staff, make_table

pytestmark = pytest.mark.django_db

PREVIEW = "/manage/markdownx/preview/"
UPLOAD = "/manage/markdownx/upload/"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def signed_in(user, **options):
    client = Client(**options)
    client.force_login(user)
    return client


def make_writer():
    return make_staff("articles.change_article")


def make_picture(name="photo.png", content_type="image/png"):
    output = BytesIO()
    Image.new("RGB", (8, 4)).save(output, "PNG")
    return SimpleUploadedFile(name, output.getvalue(), content_type)


def inactive_writer_client():
    """Return the client of a writer whose account was closed while signed in."""
    user = make_writer()
    client = signed_in(user)
    user.is_active = False
    user.save()
    return client


STRANGERS = {
    "visitor": Client,
    "reader without a staff account": lambda: signed_in(
        make_staff("articles.change_article", is_staff=False)
    ),
    "editor without permission": lambda: signed_in(make_staff()),
    "moderator": lambda: signed_in(make_staff("comments.change_comment")),
    "reader of articles": lambda: signed_in(make_staff("articles.view_article")),
    "inactive editor": inactive_writer_client,
}
WRITERS = {
    "editor who changes": lambda: make_staff("articles.change_article"),
    "editor who adds": lambda: make_staff("articles.add_article"),
    "publisher": lambda: make_staff("articles.change_article", "articles.publish_article"),
}


# Who may ask


@pytest.mark.parametrize("who", STRANGERS)
def test_preview_is_refused_without_a_redirect(who):
    response = STRANGERS[who]().post(PREVIEW, {"content": "글"})

    assert response.status_code == 403
    assert "errornote" in response.content.decode()


@pytest.mark.parametrize("who", STRANGERS)
def test_upload_is_refused_without_a_redirect_and_stores_nothing(who, media):
    response = STRANGERS[who]().post(UPLOAD, {"image": make_picture()})

    assert response.status_code == 403
    assert response.json()["error"]
    assert not list(media.rglob("*.*"))


@pytest.mark.parametrize("who", WRITERS)
def test_writers_preview_and_upload(who):
    client = signed_in(WRITERS[who]())

    assert client.post(PREVIEW, {"content": "글"}).status_code == 200
    assert client.post(UPLOAD, {"image": make_picture()}).status_code == 200


@pytest.mark.parametrize("address", [PREVIEW, UPLOAD])
def test_nothing_but_a_post_is_answered(address):
    assert signed_in(make_writer()).get(address).status_code == 405


@pytest.mark.parametrize(
    ("address", "data"),
    [(PREVIEW, lambda: {"content": "글"}), (UPLOAD, lambda: {"image": make_picture()})],
)
def test_post_without_the_token_of_the_form_is_refused(address, data, media):
    client = signed_in(make_writer(), enforce_csrf_checks=True)

    assert client.post(address, data()).status_code == 403
    assert not list(media.rglob("*.*"))


@pytest.mark.parametrize("address", [PREVIEW, UPLOAD])
def test_answers_are_never_kept(address):
    response = signed_in(make_writer()).post(address, {"content": "글"})

    assert "no-store" in response["Cache-Control"]


# Live preview


def test_preview_is_what_saving_would_give():
    response = signed_in(make_writer()).post(PREVIEW, {"content": "# 글\n<script>"})

    html = response.content.decode()
    assert html == '<h2 data-line="1">글</h2>\n<p data-line="2">&lt;script&gt;</p>'


def test_preview_of_a_text_that_is_too_long_says_so():
    response = signed_in(make_writer()).post(PREVIEW, {"content": "가" * 50_001})

    assert response.status_code == 200
    assert "errornote" in response.content.decode()


def test_preview_without_a_text_is_refused_with_a_reason():
    response = signed_in(make_writer()).post(PREVIEW, {})

    assert response.status_code == 400
    assert "errornote" in response.content.decode()


def test_preview_is_limited_for_each_editor_apart():
    writer = make_writer()
    busy, other = signed_in(writer), signed_in(make_writer())
    for _ in range(EDITOR_PREVIEWS.count - 1):
        spend(EDITOR_PREVIEWS, writer.pk)
    assert busy.post(PREVIEW, {"content": ""}).status_code == 200

    refused = busy.post(PREVIEW, {"content": ""})

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert "errornote" in refused.content.decode()
    assert other.post(PREVIEW, {"content": ""}).status_code == 200


# Uploads


def test_upload_answers_with_the_line_that_asks_for_the_alternative_text(client, media):
    response = signed_in(make_writer()).post(UPLOAD, {"image": make_picture("../../한글.svg")})

    code = response.json()["image_code"]
    assert code.startswith(f"![{ALT_TEXT_TO_WRITE}](/media/articles/")
    assert code.endswith(".png)")
    address = code.split("(")[1][:-1]
    assert client.get(address).status_code == 200
    assert [path.suffix for path in media.rglob("*") if path.is_file()] == [".png"]


@pytest.mark.parametrize("content_type", ["image/svg+xml", "text/html", "image/gif", ""])
def test_type_is_read_from_the_content_alone(content_type):
    upload = {"image": make_picture(content_type=content_type)}

    assert signed_in(make_writer()).post(UPLOAD, upload).status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"image": "no file"},
        {"picture": SimpleUploadedFile("a.png", b"x")},
        {"image": SimpleUploadedFile("a.png", b"<svg onload=alert(1)>", "image/png")},
        {"image": SimpleUploadedFile("a.png", b"", "image/png")},
    ],
)
def test_bad_upload_is_refused_with_a_reason_in_json(data, media):
    response = signed_in(make_writer()).post(UPLOAD, data)

    assert response.status_code == 400
    assert response.json()["error"].strip()
    assert not list(media.rglob("*.*"))


def test_broken_form_is_refused_with_a_reason_in_json():
    response = signed_in(make_writer()).post(
        UPLOAD, b"--x\r\nnonsense", content_type="multipart/form-data; boundary="
    )

    assert response.status_code == 400
    assert response.json()["error"]


def test_file_of_more_than_8_mb_is_refused():
    large = SimpleUploadedFile("a.png", b"\x00" * (MAX_FILE_BYTES + 1), "image/png")

    response = signed_in(make_writer()).post(UPLOAD, {"image": large})

    assert response.status_code == 400
    assert "8" in response.json()["error"]


@pytest.mark.parametrize("length", [str(9 * 1024 * 1024 + 1), "9" * 30, "-1", "x"])
def test_request_of_more_than_9_mb_is_refused_before_it_is_read(length):
    response = signed_in(make_writer()).post(
        UPLOAD, {"image": make_picture()}, headers={"content-length": length}
    )

    assert response.status_code == 413
    assert response.json()["error"]


def test_uploads_are_limited_for_each_editor_apart():
    busy, other = signed_in(make_writer()), signed_in(make_writer())
    for _ in range(EDITOR_UPLOADS.count):
        assert busy.post(UPLOAD, {"image": make_picture()}).status_code == 200

    refused = busy.post(UPLOAD, {"image": make_picture()})

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert refused.json()["error"]
    assert other.post(UPLOAD, {"image": make_picture()}).status_code == 200


# The preview of an article


def get_preview(user, article):
    return signed_in(user).get(reverse("article_preview", args=[article.pk]))


@pytest.mark.parametrize("state", ["draft", "in_review", "published", "withdrawn"])
def test_article_is_shown_to_staff_in_every_state(state):
    article = make_article(title="아직 초안인 글", state=state)

    response = get_preview(make_staff("articles.view_article"), article)

    assert response.status_code == 200
    assert "아직 초안인 글" in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_draft_without_a_date_is_shown():
    article = make_article(state="draft", published_at=None)

    assert get_preview(make_staff("articles.view_article"), article).status_code == 200


def test_visitor_is_led_to_the_sign_in():
    article = make_article(state="draft")
    address = reverse("article_preview", args=[article.pk])

    response = Client().get(address)

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('admin:login')}?next={address}"


@pytest.mark.parametrize("who", ["editor without permission", "moderator"])
def test_staff_without_permission_is_refused(who):
    article = make_article(state="draft")

    response = STRANGERS[who]().get(reverse("article_preview", args=[article.pk]))

    assert response.status_code == 403


@pytest.mark.parametrize("who", ["visitor", "reader without a staff account", "inactive editor"])
def test_nobody_but_staff_sees_a_draft(who):
    article = make_article(title="아직 초안인 글", state="draft")

    response = STRANGERS[who]().get(reverse("article_preview", args=[article.pk]), follow=True)

    assert "아직 초안인 글" not in response.content.decode()


def test_article_that_is_not_there_is_not_found():
    user = make_staff("articles.view_article")

    assert signed_in(user).get(reverse("article_preview", args=[9_999])).status_code == 404


def test_preview_of_an_article_reads_like_its_public_page(client):
    article = make_article(body="앞\n\n[[ranking:models]]\n\n뒤", monthly_issue=make_issue())
    make_table(article, make_ranking(), slug="models")
    article.references.create(title="참고한 글")

    public = html.fromstring(client.get(article.get_absolute_url()).content.decode())
    shown = html.fromstring(
        get_preview(make_staff("articles.view_article"), article).content.decode()
    )

    for selector in ("article", "aside", ".references"):
        (before,), (after,) = public.cssselect(selector), shown.cssselect(selector)
        # A preview is not counted as a reading.
        before.attrib.pop("data-read", None)
        assert html.tostring(after) == html.tostring(before)


def test_preview_shows_the_monthly_issue_even_while_it_is_a_draft(client):
    issue = make_issue(title="아직 초안인 이슈", state="draft", published_at=None)
    article = make_article(monthly_issue=issue)

    shown = get_preview(make_staff("articles.view_article"), article)

    assert "아직 초안인 이슈" in shown.content.decode()
    assert shown.context["issue_is_hidden"]
    assert "아직 초안인 이슈" not in client.get(article.get_absolute_url()).content.decode()


def test_preview_has_no_form_for_a_comment():
    article = make_article(state="draft")

    page = html.fromstring(
        get_preview(make_staff("articles.view_article"), article).content.decode()
    )

    assert page.cssselect("#comment-form")
    assert not page.cssselect("#comment-form form")


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_disk_that_is_full_is_told_and_nothing_is_left_behind(media, monkeypatch):
    def refuse(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)

    response = signed_in(make_writer()).post(UPLOAD, {"image": make_picture()})

    assert response.status_code == 503
    assert "저장하지 못했습니다" in response.json()["error"]
    assert response["Retry-After"]
    assert files_in(media) == []


def test_folder_that_cannot_be_written_is_told(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("no folder")

    response = signed_in(make_writer()).post(UPLOAD, {"image": make_picture()})

    assert response.status_code == 503
    assert "저장하지 못했습니다" in response.json()["error"]


def test_one_picture_at_a_time_is_stored_and_the_next_is_told(media, monkeypatch):
    monkeypatch.setattr(editor, "MAX_WAIT_SECONDS", 0)
    client = signed_in(make_writer())

    with editor.one_picture:
        refused = client.post(UPLOAD, {"image": make_picture()})

    assert refused.status_code == 503
    assert "다른 그림" in refused.json()["error"]
    assert client.post(UPLOAD, {"image": make_picture()}).status_code == 200
    assert len(files_in(media)) == 1
