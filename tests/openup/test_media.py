"""Uploaded pictures are sent with fixed types, and nothing in them can run."""

import pytest
from django.test import Client

# A page that is not there may be an old address, which the database knows.
pytestmark = pytest.mark.django_db

CONTENT = b"<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    root = tmp_path / "media"
    settings.MEDIA_ROOT = root
    (root / "articles" / "2025").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(b"secret")
    return root


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.png", "image/png"),
        ("a.jpg", "image/jpeg"),
        ("a.jpeg", "image/jpeg"),
        ("a.webp", "image/webp"),
        ("articles/2025/그림.png", "image/png"),
    ],
)
def test_type_follows_from_the_extension_alone(client, media, name, content_type):
    (media / name).write_bytes(CONTENT)

    response = client.get(f"/media/{name}")

    assert response.status_code == 200
    assert response["Content-Type"] == content_type
    assert b"".join(response.streaming_content) == CONTENT


def test_nothing_in_a_file_can_run(client, media):
    (media / "a.png").write_bytes(CONTENT)

    response = client.get("/media/a.png")

    directives = {part.strip() for part in response["Content-Security-Policy"].split(";")}
    assert directives == {"sandbox", "default-src 'none'"}
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"


def test_file_may_be_kept_for_a_year_by_anyone(client, media):
    (media / "a.png").write_bytes(CONTENT)

    response = client.get("/media/a.png")

    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


@pytest.mark.parametrize(
    "name",
    ["a.svg", "a.html", "a.gif", "a.png.html", "a.PNG", "a", ".png", "a.json", "a.php", "a.png/"],
)
def test_other_files_are_not_there(client, media, name):
    if not name.endswith("/"):
        (media / name).write_bytes(CONTENT)

    assert client.get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize("name", ["", "articles", "articles/", "articles/2025/"])
def test_folders_are_not_listed(client, name):
    assert client.get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png",
        "..%2fsecret.png",
        "%2e%2e/secret.png",
        "articles/../../secret.png",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "a%00.png",
        "a" * 300 + ".png",
        "a/" * 2_000 + "b.png",
        "..\\secret.png",
    ],
)
def test_nothing_outside_the_folder_is_sent(client, name):
    assert client.get(f"/media/{name}").status_code in {400, 404}


def test_folder_that_is_called_like_a_picture_is_not_there(client, media):
    (media / "a.png").mkdir()

    assert client.get("/media/a.png").status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_files_are_only_read(media, method):
    (media / "a.png").write_bytes(CONTENT)

    response = getattr(Client(headers={"sec-fetch-site": "same-origin"}), method)("/media/a.png")

    assert response.status_code == 405
    assert (media / "a.png").exists()
