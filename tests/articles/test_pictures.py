"""The library of pictures: one row for each, described once, shown by every text alike."""

import json
import re
import shutil
from dataclasses import replace as replace_data
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html
from PIL import Image

from articles.admin import picture as picture_admin
from articles.bundle.export import export
from articles.bundle.json_text import to_json
from articles.bundle.rows_to_data import article_data
from articles.content.uploads import one_picture
from articles.desk.pictures import make_lost_renditions, sweep_pictures, take_up_pictures
from articles.desk.publishing import errors_of
from articles.desk.restoring import restore
from articles.desk.revisions import record
from articles.desk.waiting_changes import propose
from articles.models import Article, PageVersion, Picture, Revision, WorkingCopy
from tests.factories import make_article, make_issue, make_picture, make_staff, picture_file

pytestmark = pytest.mark.django_db

WRITER = "articles.view_picture", "articles.add_picture", "articles.change_picture"
PUBLISHER = (
    *WRITER,
    "articles.delete_picture",
    "articles.replace_picture",
    "articles.publish_article",
)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def png(colour="red", size=(1000, 500)):
    return SimpleUploadedFile("사진.png", picture_file(*size, colour), "image/png")


def shown(text):
    """Return the attributes of the only picture that the stored HTML of `text` shows."""
    text.refresh_from_db()
    (image,) = re.findall(r"<img [^>]*>", text.body_html)
    return dict(re.findall(r' ([a-z]+)="([^"]*)"', image))


def files(media):
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


# What is uploaded


def test_same_file_twice_is_one_picture(media):
    first, stored = make_picture(colour="red"), files(media)
    second = make_picture(colour="red")

    assert second == first
    assert files(media) == stored


def test_file_that_waits_in_the_trash_comes_back_when_it_is_uploaded_again():
    picture = make_picture(colour="red")
    picture.put_in_trash()

    assert make_picture(colour="red") == picture
    assert Picture.objects.outside_trash().get() == picture


def test_two_who_upload_the_same_at_once_share_one_picture(media, monkeypatch):
    first, stored = make_picture(colour="red"), files(media)
    known = type(Picture.objects.all())._known
    answers = iter([lambda *_: None])
    # The other process has not committed when this one looks.
    monkeypatch.setattr(
        type(Picture.objects.all()),
        "_known",
        lambda *asked: next(answers, known)(*asked),  # noqa: PLW0108 - each call takes the next
    )

    assert make_picture(colour="red") == first
    assert files(media) == stored


# What texts show


def test_picture_has_its_size_and_renditions_on_the_page():
    picture = make_picture(size=(1200, 800))
    article = make_article(body=f"![나무](/media/{picture.name})")

    image = shown(article)

    assert (image["src"], image["alt"]) == (f"/media/{picture.name}", "나무")
    assert (image["width"], image["height"]) == ("1200", "800")
    widths = [candidate.split()[1] for candidate in image["srcset"].split(", ")]
    assert widths == ["480w", "960w", "1200w"]
    assert image["sizes"] and image["decoding"] == "async"


def test_every_rendition_that_a_page_names_is_sent(client):
    article = make_article(body=f"![나무](/media/{make_picture().name})")

    for candidate in shown(article)["srcset"].split(", "):
        response = client.get(candidate.split()[0])
        assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
        assert Image.open(BytesIO(b"".join(response))).width == int(candidate.split()[1][:-1])


def test_only_an_articles_first_picture_is_loaded_at_once():
    pictures = [f"![{each}](/media/{make_picture().name})" for each in range(2)]

    article = make_article(body="\n\n".join(pictures))
    issue = make_issue(items=[("정책", "소식", pictures[0])])

    assert [' loading="lazy"' in each for each in article.body_html.split("<img")[1:]] == [
        False,
        True,
    ]
    assert shown(issue.items.get())["loading"] == "lazy"


@pytest.mark.parametrize(
    ("size", "at"),
    [
        ((1600, 900), (1600, 900)),
        # A phone's upright photograph fits on a screen; a strip of pictures is read by scrolling.
        ((900, 1600), (506, 900)),
        ((300, 900), (300, 900)),
        ((800, 2000), (800, 2000)),
    ],
)
def test_upright_picture_is_shown_no_higher_than_a_screen(size, at):
    article = make_article(body=f"![나무](/media/{make_picture(size=size).name})")

    assert (int(shown(article)["width"]), int(shown(article)["height"])) == at


@pytest.mark.parametrize(
    ("written", "described", "alt", "role"),
    [
        ("글이 적은 말", {"alternative_text": "보관함의 말"}, "글이 적은 말", None),
        ("", {"alternative_text": "보관함의 말"}, "보관함의 말", None),
        ("ALT?", {"alternative_text": '"<b>"'}, "&quot;&lt;b&gt;&quot;", None),
        ("ALT?", {"is_decorative": True}, "", "presentation"),
        ("", {}, "", None),
    ],
)
def test_alternative_text_is_the_texts_own_or_the_librarys(written, described, alt, role):
    picture = make_picture(**described)

    image = shown(make_article(body=f"![{written}](/media/{picture.name})", state="draft"))

    assert (image["alt"], image.get("role")) == (alt, role)


@pytest.mark.parametrize(
    ("described", "is_fit"),
    [({}, False), ({"is_decorative": True}, True), ({"alternative_text": "나무"}, True)],
)
def test_picture_that_the_library_describes_can_be_published(described, is_fit):
    picture = make_picture(**described)
    article = make_article(body=f"![ALT?](/media/{picture.name})", state="draft")

    assert bool(errors_of(article)) != is_fit


def test_caption_and_credit_stand_below_a_picture_of_its_own_line():
    picture = make_picture(caption="<b>항구</b>", credit="오픈업")

    own = make_article(body=f'![배](/media/{picture.name} "이 글의 설명")')
    librarys = make_article(body=f"![배](/media/{picture.name})")
    in_line = make_article(body=f"글 안의 ![배](/media/{picture.name}) 그림")

    assert "<figcaption>이 글의 설명 <small>" in own.body_html
    assert "<figcaption>&lt;b&gt;항구&lt;/b&gt; <small>" in librarys.body_html
    assert "오픈업</small></figcaption></figure>" in librarys.body_html
    assert "figcaption" not in in_line.body_html


def test_what_is_said_of_a_picture_changes_every_text_that_shows_it():
    picture = make_picture(alternative_text="설명")
    article = make_article(body=f"![](/media/{picture.name})")
    item = make_issue(items=[("정책", "소식", f"![](/media/{picture.name})")]).items.get()
    before = PageVersion.objects.get(scope="content").version

    picture.alternative_text = "새 설명"
    picture.store()

    assert shown(article)["alt"] == shown(item)["alt"] == "새 설명"
    assert PageVersion.objects.get(scope="content").version > before


# Replacing


def replace(client, picture, file):
    address = reverse("admin:articles_picture_replace", args=[picture.pk])
    return client.post(address, {"file": file})


def test_replaced_file_is_shown_by_all_pages_and_the_former_is_gone(client, media):
    picture = make_picture(size=(600, 400))
    other = make_picture()
    shared = make_article(lead_picture=picture).share_picture_url
    client.get(shared)
    texts = [make_article(body=f"![나무](/media/{picture.name})") for _ in range(2)]
    former, updated_at = files(media), texts[0].updated_at
    client.force_login(make_staff(*PUBLISHER))

    with_commit(replace, client, picture, png(size=(1000, 500)))

    picture.refresh_from_db()
    assert picture.name in former and picture.file_name != picture.name
    for text in texts:
        assert shown(text)["src"] == picture.url
        assert (shown(text)["width"], text.body) == ("1000", f"![나무](/media/{picture.name})")
    assert texts[0].updated_at == updated_at
    gone = former - files(media)
    assert sorted(gone) == sorted(name for name in former if Path(other.name).name not in name)
    assert sorted(Path(name).suffix for name in gone) == [".jpg", ".png", ".webp", ".webp"]
    for name in gone:
        leads_to = client.get(f"/media/{name}").get("Location")
        assert leads_to == (None if name.endswith(".jpg") else picture.url)


def with_commit(act, *args):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return act(*args)


def test_file_of_another_kind_becomes_what_the_address_says(client, media):
    picture = make_picture()
    client.force_login(make_staff(*PUBLISHER))
    jpeg = BytesIO()
    Image.new("CMYK", (300, 200)).save(jpeg, "JPEG")

    replace(client, picture, SimpleUploadedFile("a.jpg", jpeg.getvalue()))

    picture.refresh_from_db()
    assert Image.open(media / picture.file_name).format == "PNG"
    assert picture.file_name.endswith(".png")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
@pytest.mark.parametrize("page", ["add", "replace"])
def test_what_is_no_picture_is_refused_at_its_field(client, content, page, media):
    picture = make_picture()
    stored = files(media)
    client.force_login(make_staff(*PUBLISHER))
    args = [picture.pk] if page == "replace" else []

    response = client.post(
        reverse(f"admin:articles_picture_{page}", args=args),
        {"file": SimpleUploadedFile("사진.png", content)},
    )

    assert response.status_code == 200
    assert "file" in response.context["form"].errors
    assert files(media) == stored


@pytest.mark.parametrize("page", ["add", "replace"])
def test_full_disk_is_told_and_changes_nothing(client, page, media, settings):
    picture = make_picture()
    article = make_article(body=f"![나무](/media/{picture.name})")
    client.force_login(make_staff(*PUBLISHER))
    settings.MEDIA_ROOT = media / picture.name  # a file: nothing can be put below it
    args = [picture.pk] if page == "replace" else []

    response = client.post(
        reverse(f"admin:articles_picture_{page}", args=args), {"file": png("blue")}
    )

    assert "file" in response.context["form"].errors
    assert Picture.objects.get().file_name == picture.file_name
    assert shown(article)["src"] == picture.url


# The library


def library(client, **query):
    response = client.get(reverse("admin:articles_picture_changelist"), query)
    return set(response.context["cl"].result_list)


def test_library_finds_pictures_by_what_is_said_of_them_and_where_they_are_used(client):
    tree = make_picture(alternative_text="느티나무", credit="홍길동")
    ship = make_picture()
    make_article(title="항구 이야기", body=f"![배](/media/{ship.name})")
    client.force_login(make_staff(*WRITER))

    assert library(client, q="느티") == library(client, q="홍길동") == {tree}
    assert library(client, q="항구") == library(client, q=Path(ship.name).stem) == {ship}
    assert library(client, use="none") == {tree}
    assert library(client, use="undescribed") == {ship}
    month = timezone.localtime(ship.created_at)
    assert library(client, created_at__year=month.year, created_at__month=month.month) == {
        tree,
        ship,
    }


def test_library_asks_as_often_for_many_pictures_as_for_one(client):
    client.force_login(make_staff(*WRITER))
    address = reverse("admin:articles_picture_changelist")

    def make(month):
        picture = make_picture()
        make_article(body=f"![나무](/media/{picture.name})")
        make_issue(month=month, items=[("정책", "소식", f"![나무](/media/{picture.name})")])

    make(date(2025, 1, 1))
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(address)
    for number in range(2, 5):
        make(date(2025, number, 1))
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


def test_editor_offers_pictures_by_what_is_searched_for(client):
    make_picture(alternative_text="느티나무 [둘]", caption='"가을"')
    make_picture(alternative_text="배")
    make_picture(alternative_text="느티나무 휴지통").put_in_trash()
    client.force_login(make_staff(*WRITER))

    answer = client.get(reverse("admin:articles_picture_choose"), {"q": "느티", "page": "x"})

    (button,) = html.fromstring(answer.content.decode()).cssselect("[data-code]")
    name = Picture.objects.get(caption='"가을"').name
    code = rf'![느티나무 \[둘\]](/media/{name} "\"가을\"")'
    assert button.get("data-code") == code
    article = make_article(body=code)
    assert shown(article)["alt"] == "느티나무 [둘]"
    assert '<figcaption>"가을"</figcaption>' in article.body_html


def test_editor_offers_pictures_page_by_page_and_only_to_who_may_see_them(client, monkeypatch):
    monkeypatch.setattr(picture_admin, "CHOICES_ON_A_PAGE", 2)
    for _ in range(3):
        make_picture(alternative_text="나무 & 숲")
    address = reverse("admin:articles_picture_choose")
    client.force_login(make_staff())
    assert client.get(address).status_code == 403
    client.force_login(make_staff(*WRITER))

    first = html.fromstring(client.get(address, {"q": "나무 & 숲"}).content.decode())

    (more,) = first.cssselect("[data-query]")
    second = html.fromstring(client.get(f"{address}?{more.get('data-query')}").content.decode())
    assert [len(each.cssselect("[data-code]")) for each in (first, second)] == [2, 1]


def test_upload_in_the_library_leads_to_its_description(client):
    client.force_login(user := make_staff(*WRITER))

    response = client.post(reverse("admin:articles_picture_add"), {"file": png()})

    picture = Picture.objects.get()
    assert response["Location"] == reverse("admin:articles_picture_change", args=[picture.pk])
    assert picture.uploaded_by == user
    assert client.get(response["Location"]).status_code == 200


def test_picture_says_its_day_by_the_korean_clock(client):
    client.force_login(make_staff(*WRITER))
    picture = make_picture()
    Picture.objects.update(created_at=datetime(2026, 11, 30, 16, tzinfo=UTC))

    page = client.get(reverse("admin:articles_picture_change", args=[picture.pk]))

    assert "2026.12.01" in page.content.decode()


def describe(client, picture, **fields):
    address = reverse("admin:articles_picture_change", args=[picture.pk])
    form = client.get(address).context["adminform"].form
    values = {"alternative_text": "", "caption": "", "credit": "", "focal_x": 50, "focal_y": 50}
    return client.post(address, {**values, "opened_with": form.opened_with, **fields})


def test_upload_beside_a_choice_of_pictures_is_chosen_there(client):
    client.force_login(make_staff(*WRITER))
    address = reverse("admin:articles_picture_add") + "?_popup=1"
    form = html.fromstring(client.get(address).content.decode()).get_element_by_id("picture-form")

    answer = client.post(address, {**dict(form.form_values()), "file": png()})

    chosen = json.loads(answer.context["popup_response_data"])
    assert chosen["value"] == str(Picture.objects.get().pk)


def test_upload_of_what_is_there_leads_to_it_as_it_is(client):
    picture = make_picture(size=(1000, 500), colour="red", caption="항구", by=make_staff())
    client.force_login(make_staff(*WRITER))

    response = client.post(reverse("admin:articles_picture_add"), {"file": png()}, follow=True)

    assert response.redirect_chain[-1][0].endswith(f"/{picture.pk}/change/")
    assert Picture.objects.get().uploaded_by == picture.uploaded_by
    assert "이미 보관함에 있는 그림" in response.content.decode()


def test_writers_describe_what_is_not_public_and_publishers_everything(client):
    public, draft = make_picture(alternative_text="설명"), make_picture()
    article = make_article(body=f"![](/media/{public.name})")
    make_article(body=f"![](/media/{draft.name})", state="draft", published_at=None)
    client.force_login(make_staff(*WRITER))

    describe(client, draft, alternative_text="초안의 그림")
    refused = describe(client, public, alternative_text="몰래 고친 말")
    client.force_login(make_staff(*PUBLISHER))

    assert Picture.objects.get(pk=draft.pk).alternative_text == "초안의 그림"
    assert refused.status_code == 403
    assert shown(article)["alt"] == "설명"
    describe(client, public, alternative_text="바른 말")
    assert shown(article)["alt"] == "바른 말"


def test_description_that_published_texts_need_is_not_taken_away(client):
    picture = make_picture(alternative_text="느티나무")
    article = make_article(body=f"![ALT?](/media/{picture.name})")
    client.force_login(make_staff(*PUBLISHER))

    response = describe(client, picture)

    assert "alternative_text" in response.context["adminform"].form.errors
    assert shown(article)["alt"] == "느티나무"


@pytest.mark.parametrize(
    "fields",
    [
        {"focal_x": 101},
        {"focal_y": -1},
        {"is_decorative": "on", "alternative_text": "나무"},
        {"credit": "가" * 101},
    ],
)
def test_description_that_cannot_be_is_refused(client, fields):
    picture = make_picture()
    client.force_login(make_staff(*WRITER))

    response = describe(client, picture, **fields)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors.keys() & fields.keys()


def test_writers_neither_replace_nor_delete(client):
    picture = make_picture()
    client.force_login(make_staff(*WRITER))

    assert replace(client, picture, png()).status_code == 403
    delete = reverse("admin:articles_picture_delete", args=[picture.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    picture.put_in_trash()
    trash = reverse("admin:articles_picture_trash")
    assert client.post(trash, {"picture": picture.pk}).status_code == 403


# The trash


def test_picture_that_is_used_is_not_deleted_and_another_waits_in_the_trash(client):
    used, unused = make_picture(), make_picture()
    make_article(title="쓰는 글", body=f"![나무](/media/{used.name})", state="draft")
    client.force_login(make_staff(*PUBLISHER))

    for picture in (used, unused):
        address = reverse("admin:articles_picture_delete", args=[picture.pk])
        response = client.post(address, {"post": "yes"})
        if picture == used:
            assert "쓰는 글" in response.content.decode()

    assert set(Picture.objects.in_trash()) == {unused}
    client.post(reverse("admin:articles_picture_trash"), {"picture": unused.pk})
    assert not Picture.objects.in_trash().exists()


def test_picture_that_a_waiting_change_will_show_is_in_use(client):
    picture = make_picture()
    article = make_article(title="고칠 글")
    changed = replace_data(article_data(article), body=f"![나무](/media/{picture.name})")
    record(article)
    propose(article, changed, by=make_staff(), note="")
    client.force_login(make_staff(*PUBLISHER))

    address = reverse("admin:articles_picture_delete", args=[picture.pk])
    page = client.post(address, {"post": "yes"}).content.decode()

    assert "고칠 글" in page
    assert not Picture.objects.in_trash().exists()


def let_wait(picture, days=31):
    past = timezone.now() - timedelta(days=days)
    Picture.objects.filter(pk=picture.pk).update(trashed_at=past)


@pytest.mark.parametrize(("days", "is_gone"), [(29, False), (31, True)])
def test_picture_goes_with_its_files_a_month_after_it_was_deleted(media, days, is_gone):
    picture = make_picture()
    let_wait(picture, days)

    with_commit(partial(call_command, "purge", stdout=StringIO()))

    assert Picture.objects.exists() != is_gone
    assert bool(files(media)) != is_gone


def test_file_that_cannot_be_deleted_does_not_stop_the_purge(media, monkeypatch):
    pictures = [make_picture() for _ in range(2)]
    for picture in pictures:
        let_wait(picture)

    def refuse(storage, name):
        raise PermissionError

    monkeypatch.setattr(FileSystemStorage, "delete", refuse)
    with_commit(sweep_pictures)

    assert not Picture.objects.exists()
    assert (media / pictures[0].name).exists()


@pytest.mark.parametrize("where", ["text", "trash", "issue", "revision", "working copy"])
def test_picture_that_something_may_show_again_is_never_swept(where, media):
    picture = make_picture()
    body = f"![나무](/media/{picture.name})"
    match where:
        case "text":
            make_article(body=body, state="draft")
        case "trash":
            make_article(body=body, state="draft").put_in_trash()
        case "issue":
            make_issue(items=[("정책", "소식", body)])
        case "revision":
            article = make_article(body=body)
            record(article)
            article.body = "그림 없이"
            article.store()
        case "working copy":
            user = make_staff()
            WorkingCopy.objects.write(
                user, "article-1", writer="0" * 32, replaces="", data=f'{{"body": "{body}"}}'
            )
    let_wait(picture)

    with_commit(sweep_pictures)
    with_commit(sweep_pictures)

    assert Picture.objects.filter(pk=picture.pk).exists()
    assert (media / picture.name).exists()


@pytest.mark.parametrize("is_lead", [False, True])
def test_article_that_names_a_picture_takes_it_out_of_the_trash(is_lead):
    picture = make_picture()
    picture.put_in_trash()

    if is_lead:
        make_article(lead_picture=picture)
    else:
        make_article(body=f"![나무](/media/{picture.name})")

    assert not Picture.objects.in_trash().exists()


def test_picture_that_nobody_used_or_described_goes_into_the_trash_after_a_month():
    forgotten, described = make_picture(), make_picture(caption="나중에 쓸 그림")
    Picture.objects.update(created_at=timezone.now() - timedelta(days=31))

    sweep_pictures()

    assert set(Picture.objects.in_trash()) == {forgotten}
    assert set(Picture.objects.outside_trash()) == {described}


# What came before the library, and what leaves it


def test_files_of_before_the_library_are_taken_up_with_their_texts(media, tmp_path):
    path = media / "articles/2024/05/나무.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(png(size=(500, 400)).read())
    (media / "articles/broken.png").write_bytes(b"no picture")
    article = make_article(body="![나무](/media/articles/2024/05/나무.png)")
    assert "srcset" not in article.body_html

    counts = take_up_pictures(), take_up_pictures()

    assert counts == (1, 0)
    assert shown(article)["width"] == "500"
    assert list(Picture.objects.get().articles.all()) == [article]


def test_renditions_that_were_lost_are_made_anew(media):
    make_picture()
    make_picture(size=(9, 9))
    stored = {name: (media / name).read_bytes() for name in files(media)}
    shutil.rmtree(media / "renditions")

    counts = make_lost_renditions(), make_lost_renditions()

    assert counts == (1, 0)
    assert {name: (media / name).read_bytes() for name in files(media)} == stored


def test_bundle_holds_the_file_of_now_under_the_name_that_texts_say(client, tmp_path, settings):
    said = {"alternative_text": "나무: 하나", "credit": "오픈업", "focal_x": 9}
    picture = make_picture(**said)
    make_picture()
    article = make_article(body=f"![](/media/{picture.name})")
    client.force_login(make_staff(*PUBLISHER))
    replace(client, picture, png("blue"))
    picture.refresh_from_db()

    names = {str(name) for name in export(tmp_path / "bundle")}

    assert f"media/{picture.name}" in names
    assert len([name for name in names if name.startswith("media/")]) == 2
    now = (settings.MEDIA_ROOT / picture.file_name).read_bytes()
    assert (tmp_path / "bundle/media" / picture.name).read_bytes() == now
    # Into an empty site, and out again.
    article.delete()
    Picture.objects.all().delete()
    shutil.rmtree(settings.MEDIA_ROOT)
    call_command("import_articles", tmp_path / "bundle", stdout=StringIO())
    list(export(tmp_path / "again"))
    assert contents(tmp_path / "bundle") == contents(tmp_path / "again")
    assert "srcset" in Article.objects.get().body_html


def contents(folder):
    return {name: (folder / name).read_bytes() for name in files(folder)}


# The lead picture


def test_lead_picture_stands_for_its_article_in_lists_and_where_it_is_shared(client):
    picture = make_picture(size=(2000, 800), focal_x=90)
    article = make_article(lead_picture=picture)

    listed = client.get(reverse("articles:article_list")).content.decode()
    home = client.get("/").content.decode()
    page = client.get(article.get_absolute_url()).content.decode()

    narrow = picture.renditions[0][1]
    assert f'<img class="figure x100" src="{narrow}"' in listed and 'loading="lazy"' in listed
    assert f'<img class="figure x100" src="{narrow}"' in home
    shared = re.search(r'og:image" content="http://testserver(/share/[^"]+\.jpg)"', page)[1]
    sent = Image.open(BytesIO(b"".join(client.get(shared))))
    assert (sent.format, sent.size) == ("JPEG", (1200, 630))
    # Nor does it wait for an upload once it is there.
    with one_picture:
        assert client.get(shared).status_code == 200


def test_articles_form_shows_its_lead_picture(client):
    picture = make_picture()
    article = make_article(lead_picture=picture, state="draft", published_at=None)
    client.force_login(make_staff(*WRITER, "articles.view_article", "articles.change_article"))

    page = client.get(reverse("admin:articles_article_change", args=[article.pk]))

    (image,) = html.fromstring(page.content.decode()).cssselect(".lead-shown img")
    assert image.get("src") == picture.thumbnail_url


def test_small_lead_picture_is_not_blown_up_beside_a_shared_link(client):
    article = make_article(lead_picture=make_picture(size=(300, 300)))

    assert article.share_picture_url.endswith(".png")


def test_shared_picture_changes_with_the_file_and_its_focal_point(client):
    picture = make_picture(size=(900, 900))
    article = make_article(lead_picture=picture)
    address = article.share_picture_url

    picture.focal_y = 10
    picture.store()

    article = Article.objects.get()
    assert article.share_picture_url != address
    assert client.get(address)["Location"] == article.share_picture_url


@pytest.mark.parametrize(
    ("size", "focus", "name"),
    [
        ((1600, 1000), (0, 0), ""),
        ((3200, 1000), (50, 0), ""),
        ((3200, 1000), (0, 50), " x0"),
        ((3200, 1000), (35, 50), " x25"),
        ((1600, 2000), (0, 100), " y100"),
        ((1600, 2000), (50, 60), " y75"),
    ],
)
def test_lead_picture_is_cut_around_its_focal_point(size, focus, name):
    picture = Picture(
        name="a.png", width=size[0], height=size[1], focal_x=focus[0], focal_y=focus[1]
    )

    assert f'class="figure{name}"' in Article(lead_picture=picture).figure_html


def test_lead_picture_is_in_use_in_revisions_and_in_bundles(tmp_path):
    picture = make_picture()
    article = make_article(lead_picture=picture)
    record(article)
    let_wait(picture)
    assert picture.is_used and not Picture.objects.unused().exists()
    list(export(tmp_path / "bundle"))
    article.lead_picture = None
    article.store()

    record(article)
    with_commit(sweep_pictures)
    restore(article, Revision.objects.get(number=1), by=None, note="")

    article.refresh_from_db()
    assert article.lead_picture == picture
    assert (
        f"lead_picture: {picture.name}" in next(tmp_path.glob("bundle/articles/*.md")).read_text()
    )


def test_revision_whose_lead_picture_is_gone_is_restored_without_it(media):
    picture = make_picture()
    article = make_article(lead_picture=picture)
    record(article)
    article.lead_picture = None
    article.store()
    record(article)
    picture.delete()

    left_out = restore(article, Revision.objects.get(number=1), by=None, note="")

    article.refresh_from_db()
    assert article.lead_picture is None
    assert picture.name in left_out[0]


def test_text_saved_before_articles_had_lead_pictures_is_no_other_text():
    article = make_article()
    saved = Revision(model="article", object_id=article.pk, number=1, kind="saved")
    saved.pack(to_json(article_data(article)).replace('"lead_picture":"",', ""), None)
    saved.save()

    record(article)

    assert Revision.objects.count() == 1
