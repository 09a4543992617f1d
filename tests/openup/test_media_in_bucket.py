"""Media in a bucket: the same addresses, answers and words as with a folder, and nothing public."""

import json
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from articles.bundle.export import export
from articles.desk.own_links import reason_it_is_dead
from articles.desk.pictures import make_lost_renditions, sweep_pictures, take_up_pictures
from articles.models import Picture
from openup.backends import media_bucket
from openup.backup import pictures
from openup.checks.media import check_media_can_be_kept
from tests import bucket
from tests.factories import make_article, make_picture, make_staff, picture_file
from tests.postgresql import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def endpoint():
    with bucket.running_bucket() as address:
        yield address


@pytest.fixture
def client_of_bucket(endpoint):
    return bucket.client_of(endpoint)


def storages(settings, endpoint):
    options = {
        "endpoint_url": endpoint,
        "access_key": bucket.KEY,
        "secret_key": bucket.SECRET,
        "bucket_name": bucket.BUCKET,
        "region_name": "us-east-1",
        "verify": None,
    }
    backend = "openup.backends.media_bucket.BucketStorage"
    settings.MEDIA_IN_BUCKET = True
    return {**settings.STORAGES, "default": {"BACKEND": backend, "OPTIONS": options}}


@pytest.fixture(autouse=True)
def media(settings, endpoint, client_of_bucket, tmp_path):
    """Keep the media in the bucket, emptied; the folder is not there."""
    settings.MEDIA_ROOT = tmp_path / "no-media"
    for name in names(client_of_bucket):
        client_of_bucket.delete_object(Bucket=bucket.BUCKET, Key=name)
    settings.STORAGES = storages(settings, endpoint)
    yield
    assert not settings.MEDIA_ROOT.exists()


@pytest.fixture
def away(settings, monkeypatch):
    """Have nobody listen where the bucket was."""
    settings.STORAGES = storages(settings, f"http://127.0.0.1:{free_port()}")


def names(client):
    return {
        each["Key"] for each in client.list_objects_v2(Bucket=bucket.BUCKET).get("Contents", ())
    }


def put(name, content=b"picture"):
    default_storage.save(name, ContentFile(content))


# What readers get


def test_picture_is_sent_as_from_a_folder(client):
    put("articles/2025/그림.png")

    response = client.get("/media/articles/2025/그림.png")

    assert b"".join(response.streaming_content) == b"picture"
    assert response["Content-Type"] == "image/png"
    assert response["Content-Length"] == "7"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "sandbox" in response["Content-Security-Policy"]
    head = client.head("/media/articles/2025/그림.png")
    assert (head.status_code, head["Content-Length"]) == (200, "7")


@pytest.mark.parametrize(
    "name",
    [
        *("nowhere.png", "", "articles", "articles/", "a.html", "..%2f..%2fother.png", "a%00.png"),
        *("../other.png", "%2fetc%2fpasswd", "a" * 2000 + ".png", "..\\other.png", "a.png/"),
        *("?list-type=2", "articles/?acl", "%3Facl.png", "a.png%3FversionId=1"),
    ],
)
def test_nothing_else_of_the_bucket_is_sent(client, name):
    put("a.html")
    put("articles/a.png")

    assert client.get(f"/media/{name}").status_code in {400, 404}


def test_no_address_leads_readers_to_the_bucket(endpoint):
    assert (
        default_storage.url("articles/그림 1.png") == "/media/articles/%EA%B7%B8%EB%A6%BC%201.png"
    )
    assert endpoint not in make_article(body=f"![](/media/{make_picture().name})").body_html


def test_every_file_of_an_upload_is_sent(client, client_of_bucket):
    picture = make_picture(size=(1200, 800))

    answers = [client.get(url) for url in (picture.url, *(url for _, url in picture.renditions))]

    assert {answer.status_code for answer in answers} == {200}
    assert len(names(client_of_bucket)) == len(answers)


def test_share_pictures_are_made_once(client, client_of_bucket):
    article = make_article(lead_picture=make_picture(size=(1600, 900)))
    other = make_article()
    before = names(client_of_bucket)
    urls = [article.share_picture_url, other.share_picture_url]

    first = [b"".join(client.get(url)) for url in urls]
    second = [b"".join(client.get(url)) for url in urls]

    assert first == second
    assert len(names(client_of_bucket) - before) == 2


# What the desk does


def test_replaced_and_deleted_files_leave_the_bucket(
    client, client_of_bucket, django_capture_on_commit_callbacks
):
    picture = make_picture()
    article = make_article(lead_picture=picture, published_at=None)
    former = picture.file_name
    client.force_login(make_staff("articles.replace_picture", "articles.change_picture"))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("admin:articles_picture_replace", args=[picture.pk]),
            {"file": ContentFile(picture_file(colour="blue"), "a.png")},
        )
    picture.refresh_from_db()

    assert picture.file_name != former
    assert {picture.file_name} < names(client_of_bucket)
    assert former not in names(client_of_bucket)
    assert client.get(f"/media/{former}")["Location"] == picture.url
    article.delete()
    picture.put_in_trash()
    Picture.objects.update(trashed_at="2020-01-01T00:00Z")
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep_pictures() == 1
    assert names(client_of_bucket) == set()


def test_files_without_rows_and_lost_renditions_are_made_good(client_of_bucket):
    put("old/a.png", picture_file())
    put("share/b.png", picture_file())

    assert take_up_pictures() == 1
    picture = Picture.objects.get()
    default_storage.delete(picture.largest_name)

    assert make_lost_renditions() == 1
    assert picture.largest_name in names(client_of_bucket)


def test_bundle_goes_out_and_comes_in(tmp_path, client_of_bucket):
    picture = make_picture()
    stored = names(client_of_bucket)
    list(export(tmp_path / "bundle"))
    Picture.objects.all().delete()
    for name in stored:
        default_storage.delete(name)

    call_command("import_articles", tmp_path / "bundle", stdout=StringIO())

    assert names(client_of_bucket) == stored
    assert Picture.objects.get().name == picture.name


def test_backup_holds_the_bucket_and_brings_it_back(tmp_path, client_of_bucket):
    put("articles/a.png", b"first")
    put("renditions/articles/a.png.480.webp", b"small")
    pictures.pack(tmp_path / "media.tar")
    put("articles/a.png", b"other")
    default_storage.delete("renditions/articles/a.png.480.webp")

    pictures.check(tmp_path / "media.tar")
    count = pictures.unpack(tmp_path / "media.tar", "now")

    assert count == 2
    assert names(client_of_bucket) == {
        "articles/a.png", "articles/a.png.before-restore-now", "renditions/articles/a.png.480.webp"
    }  # fmt: skip
    with default_storage.open("articles/a.png") as file:
        assert file.read() == b"first"


# While it is away


def test_readers_are_told_to_come_back(client, away):
    article = make_article()

    picture = client.get("/media/articles/a.png")
    drawn = client.get(article.share_picture_url)

    assert picture.status_code == 503 and picture["Retry-After"]
    assert drawn.status_code == 200 and drawn.content.startswith(b"\x89PNG")


def test_only_one_waits_for_a_bucket_that_is_silent(client, away, monkeypatch, caplog):
    for _number in range(3):
        assert client.get("/media/articles/a.png").status_code == 503

    # A line for each who waited: nobody else did.
    assert len([each for each in caplog.records if each.name == media_bucket.__name__]) == 1


def test_it_is_used_as_soon_as_it_is_back(client, settings, endpoint, monkeypatch):
    monkeypatch.setattr(media_bucket, "PAUSE_SECONDS", 0)
    put("articles/a.png")
    storage = default_storage._wrapped
    there, nowhere = storage.bucket_name, "no-such-bucket"

    storage.bucket_name = nowhere
    assert client.get("/media/articles/a.png").status_code == 503
    storage.bucket_name = there
    assert client.get("/media/articles/a.png").status_code == 200


@pytest.mark.parametrize("page", ["picture_add", "editor"])
def test_editor_is_told_in_words_and_nothing_is_half_done(client, away, page):
    client.force_login(make_staff("articles.add_picture", "articles.change_article"))
    content = ContentFile(picture_file(), "a.png")

    if page == "editor":
        response = client.post(reverse("image_upload"), {"image": content})
        text = response.json()["error"]
    else:
        response = client.post(reverse("admin:articles_picture_add"), {"file": content})
        text = response.content.decode()

    assert "저장하지 못했습니다" in text
    assert not Picture.objects.exists()


def test_links_to_pictures_are_not_called_dead(away):
    assert reason_it_is_dead("/media/a.png", "/", timezone.now(), ()) == ""


# Before a deployment


def test_check_says_whether_the_bucket_can_be_used(client_of_bucket, settings, endpoint):
    strangers = [each.id for each in check_media_can_be_kept(None)]

    assert names(client_of_bucket) == set()
    # The mock asks nobody for a key, so it is open to strangers; other errors it has none.
    assert strangers in ([], ["openup.W001"])


def test_check_tells_a_bucket_that_is_away_without_its_secret(away):
    (error,) = check_media_can_be_kept(None)

    assert error.id == "openup.E008"
    assert "does not answer" in error.msg and "MEDIA_STORAGE" in error.hint
    assert bucket.SECRET not in str(error) + json.dumps(error.msg)
