import re
import shutil
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from articles.models import (
    Article,
    Category,
    MonthlyIssue,
    PageVersion,
    Ranking,
    RankingSubject,
    Tag,
)

FIXTURES = Path(__file__).parent / "fixtures"
TAXONOMY = "categories:\n  - {slug: trends, name: 동향}\n"
ISSUE = "---\nmonth: 2025-10\ntitle: 월간 이슈\nstate: %s\n---\n\n## (정책) 소식\n- 하나\n"
ARTICLE = "---\nuid: a\ntitle: 제목\ncategory: trends\nmonthly_issue: 2025-10\n---\n\n본문\n"


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media-root"


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    for name, text in {
        "articles/a.md": ARTICLE,
        "issues/2025-10.md": ISSUE % "draft",
        "taxonomy.yaml": TAXONOMY,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def run(*args):
    """Run the import; return what it says, with its failure at the end."""
    output = StringIO()
    try:
        call_command("import_articles", *map(str, args), stdout=output)
    except CommandError as error:
        output.write(f"FAILED {error}")
    return output.getvalue()


def outcomes(output):
    return re.findall(r"^(\w+)  \S", output, re.MULTILINE)


@pytest.fixture
def english(settings):
    settings.LANGUAGE_CODE = "en"


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def export(folder):
    call_command("export_articles", str(folder), stdout=StringIO())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_files_are_imported_in_the_order_in_which_they_need_each_other(bundle):
    output = run(bundle / "articles/a.md", bundle / "issues", bundle / "taxonomy.yaml")

    assert outcomes(output) == ["created", "created", "created"]
    assert Article.objects.get().monthly_issue == MonthlyIssue.objects.get()


def test_the_same_again_changes_nothing(bundle):
    run(bundle)
    before = list(PageVersion.objects.values_list("scope", "version"))

    output = run(bundle)

    assert outcomes(output) == ["unchanged"] * 3
    assert list(PageVersion.objects.values_list("scope", "version")) == before


def test_a_refused_file_is_named_with_its_line_and_leaves_the_others(bundle):
    faulty = bundle / "articles/b.md"
    faulty.write_text(ARTICLE.replace("uid: a", "uid: b") + "\n", "utf-8")
    faulty.write_text(faulty.read_text("utf-8").replace("trends", "gone"), "utf-8")
    broken = bundle / "articles/c.md"
    broken.write_text("---\nuid: c\ntitel: x\n---\n", "utf-8")

    output = run(bundle)

    assert f"{faulty}:4: " in output
    assert f"{broken}:3: " in output
    assert "created 3, changed 0, unchanged 0, refused 2" in output
    assert "FAILED 2 files were refused." in output


def test_a_fault_in_an_item_is_named_with_its_line(bundle):
    path = bundle / "issues/2025-10.md"
    path.write_text(ISSUE % "draft" + "\n## (정책) 둘째\n# 제목\n", "utf-8")

    output = run(bundle / "taxonomy.yaml", path)

    assert f"{path}:10: " in output


@pytest.mark.parametrize("name", ["gone.md", "a.zip", "gone.html"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name):
    (tmp_path / "a.zip").write_bytes(b"x")

    output = run(tmp_path / name)

    assert outcomes(output) == ["refused"]


def picture(format_name="PNG", colour="red"):
    output = BytesIO()
    Image.new("RGB", (2, 2), colour).save(output, format_name)
    return output.getvalue()


def test_link_out_of_the_folder_is_refused(bundle, tmp_path):
    outside = tmp_path / "outside.md"
    outside.write_text(ARTICLE.replace("uid: a", "uid: b"), "utf-8")
    (bundle / "articles" / "b.md").symlink_to(outside)

    output = run(bundle)

    assert "articles/b.md: This is a link to a file outside of the folder." in output
    assert [article.uid for article in Article.objects.all()] == ["a"]


def test_pictures_are_copied_as_they_are(bundle, settings):
    (bundle / "media/2025").mkdir(parents=True)
    (bundle / "media/2025/a.png").write_bytes(picture())

    outputs = [run(bundle), run(bundle)]

    assert (settings.MEDIA_ROOT / "2025/a.png").read_bytes() == picture()
    assert [outcomes(output)[0] for output in outputs] == ["created", "unchanged"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"<svg onload=alert(1)>"),
        ("a.png", picture("JPEG")),
        ("a.jpg", picture("PNG")),
        ("a.png", picture()[:50]),
        ("taken.png", picture()),
    ],
)
def test_a_picture_that_is_not_what_it_says_is_refused(bundle, settings, name, content):
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "taken.png").write_bytes(picture(colour="blue"))
    (bundle / "media").mkdir()
    (bundle / "media" / name).write_bytes(content)

    output = run(bundle / "media")

    assert outcomes(output) == ["refused"]
    assert [path.name for path in settings.MEDIA_ROOT.iterdir()] == ["taken.png"]
    assert (settings.MEDIA_ROOT / "taken.png").read_bytes() == picture(colour="blue")


# Export


def test_export_import_export_gives_the_same_bytes(bundle, tmp_path, settings):
    (bundle / "media").mkdir()
    (bundle / "media/a.png").write_bytes(picture())
    run(bundle, FIXTURES / "old-page.html")
    first = export(tmp_path / "first")
    for model in (Article, MonthlyIssue, Ranking, RankingSubject, Category, Tag):
        model.objects.all().delete()
    shutil.rmtree(settings.MEDIA_ROOT)

    output = run(tmp_path / "first")

    assert set(outcomes(output)) == {"created"}
    assert export(tmp_path / "second") == first
    assert set(outcomes(run(tmp_path / "first"))) == {"unchanged"}


def test_a_later_export_removes_what_it_wrote_and_nothing_else(bundle, tmp_path):
    run(bundle)
    folder = tmp_path / "export"
    export(folder)
    (folder / "notes.txt").write_text("mine", "utf-8")
    article = Article.objects.get()
    article.slug = "other"
    article.store()

    names = export(folder).keys()

    assert "articles/draft-other.md" in names
    assert len([name for name in names if name.startswith("articles/")]) == 1
    assert "notes.txt" in names


def test_a_folder_of_other_files_is_not_written_to(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a.txt").write_text("x", "utf-8")

    with pytest.raises(CommandError):
        export(tmp_path / "mine")

    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["a.txt"]


def test_articles_of_one_day_and_slug_get_files_of_their_own(bundle, tmp_path):
    run(bundle)
    (bundle / "articles/b.md").write_text(ARTICLE.replace("uid: a", "uid: b"), "utf-8")
    run(bundle)

    names = export(tmp_path / "export").keys()

    assert {"articles/draft-제목.md", "articles/draft-제목.2.md"} <= names


# Old pages


@pytest.fixture
def category(bundle):
    run(bundle / "taxonomy.yaml")


def old_page():
    return Article.objects.get(uid__startswith="2025-10-28-")


@pytest.mark.usefixtures("category")
def test_an_old_page_becomes_a_draft_with_its_issue_and_what_to_check():
    output = run(FIXTURES / "old-page.txt")

    assert old_page().state == "draft"
    assert old_page().monthly_issue.items.count() == 2
    assert old_page().monthly_issue.state == "draft"
    assert f"{FIXTURES / 'old-page.txt'}:32: " in output


@pytest.mark.usefixtures("category")
@pytest.mark.parametrize("name", ["old-page.txt", "old-page.html"])
def test_an_old_page_again_changes_nothing(name):
    run(FIXTURES / name)
    before = list(PageVersion.objects.values_list("scope", "version"))

    output = run(FIXTURES / name)

    assert outcomes(output) == ["unchanged"]
    assert list(PageVersion.objects.values_list("scope", "version")) == before


@pytest.mark.usefixtures("category")
def test_the_ranking_of_an_old_page_is_stored_with_its_subjects():
    RankingSubject.objects.create(name="Google", slug="google", country="미국", aliases=["구글"])

    run(FIXTURES / "old-page.html")

    table = old_page().ranking_tables.get()
    labels = [
        entry.subject.slug for period in table.periods.all() for entry in period.entries.all()
    ]
    assert labels == ["google", "알리바바", "지푸-ai", "알리바바"]


@pytest.mark.usefixtures("category")
def test_an_edited_draft_is_replaced_only_when_asked():
    run(FIXTURES / "old-page.txt")
    article = old_page()
    article.title = "고친 제목"
    article.store()

    refused = run(FIXTURES / "old-page.txt")
    kept_title = old_page().title
    replaced = run(FIXTURES / "old-page.txt", "--replace")

    assert (outcomes(refused), kept_title) == (["refused"], "고친 제목")
    assert "--replace" in refused
    assert outcomes(replaced) == ["changed"]
    assert old_page().title != "고친 제목"


@pytest.mark.usefixtures("category")
def test_a_published_issue_is_replaced_only_when_asked(bundle):
    run(bundle)
    run(bundle / "taxonomy.yaml")
    (bundle / "issues/2025-10.md").write_text(ISSUE % "published", "utf-8")
    run(bundle)

    kept = run(FIXTURES / "old-page.txt")
    kept_items = MonthlyIssue.objects.get().items.count()
    run(FIXTURES / "old-page.txt", "--replace-issue")

    assert kept_items == 1
    assert "--replace-issue" in kept
    assert MonthlyIssue.objects.get().items.count() == 2
    assert MonthlyIssue.objects.get().state == "draft"


@pytest.mark.usefixtures("category")
def test_a_draft_issue_is_replaced_and_the_report_says_so(bundle):
    run(bundle)

    output = run(FIXTURES / "old-page.txt")

    assert MonthlyIssue.objects.get().items.count() == 2
    assert "was replaced" in output


@pytest.mark.usefixtures("category")
def test_an_issue_edited_after_the_import_is_kept():
    run(FIXTURES / "old-page.txt")
    MonthlyIssue.objects.get().replace_items([("정책", "새로 쓴 소식", "")])

    output = run(FIXTURES / "old-page.txt")

    assert outcomes(output) == ["unchanged"]
    assert "--replace-issue" in output
    assert MonthlyIssue.objects.get().items.get().headline == "새로 쓴 소식"


def test_the_untouched_sample_issue_is_replaced():
    sample = Path(__file__).parents[2] / "articles/sample"
    run(sample / "taxonomy.yaml", sample / "issues/2025-10.md")

    output = run(FIXTURES / "old-page.txt")

    assert "was replaced" in output
    assert MonthlyIssue.objects.get().items.count() == 2


def test_an_old_page_needs_a_category():
    output = run(FIXTURES / "old-page.txt")

    assert outcomes(output) == ["refused"]
    assert not MonthlyIssue.objects.exists()


@pytest.mark.usefixtures("category")
def test_the_category_of_old_pages_can_be_told():
    Category(name="정책", slug="policy").store()

    run(FIXTURES / "old-page.txt", "--category", "policy")

    assert old_page().category.slug == "policy"


@pytest.mark.usefixtures("category")
def test_an_old_address_that_leads_elsewhere_is_left_there(bundle):
    run(bundle)
    Article.objects.get().legacy_paths.create(path="/pages/11/254")

    output = run(FIXTURES / "old-page.html")

    assert "/pages/11/254" in output
    assert not old_page().legacy_paths.exists()


@pytest.mark.usefixtures("category")
def test_an_old_page_without_a_licence_mark_has_no_licence():
    output = run(FIXTURES / "old-page.txt")

    assert old_page().kogl == "none"
    assert "No licence mark was found" in output


@pytest.mark.usefixtures("category")
def test_a_licence_chosen_after_the_import_survives_a_replacement():
    run(FIXTURES / "old-page.txt")
    article = old_page()
    article.kogl, article.title = "type1", "고친 제목"
    article.store()

    run(FIXTURES / "old-page.txt", "--replace")

    assert old_page().title != "고친 제목"
    assert old_page().kogl == "type1"


@pytest.mark.usefixtures("category")
def test_the_report_says_that_readers_lose_a_replaced_issue(bundle):
    (bundle / "issues/2025-10.md").write_text(ISSUE % "published", "utf-8")
    run(bundle)

    output = run(FIXTURES / "old-page.txt", "--replace-issue")

    assert "readers do not see it until it is published" in output


# What lies in a folder


def test_a_second_file_of_the_same_uid_is_refused_every_time(bundle):
    (bundle / "articles/b.md").write_text(ARTICLE.replace("제목", "다른 제목"), "utf-8")

    outputs = [run(bundle), run(bundle)]

    assert Article.objects.get().title == "제목"
    assert [outcomes(output) for output in outputs] == [
        ["created", "created", "created", "refused"],
        ["unchanged", "unchanged", "unchanged", "refused"],
    ]
    assert f"{bundle / 'articles/b.md'}:2: Another file of this run" in outputs[0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("issues/second.md", ISSUE % "published"),
        ("pages/second.md", "---\nslug: a\ntitle: 둘째\n---\n\n본문\n"),
        ("rankings/second.yaml", "slug: a\ntitle: 둘째\nrank_heading: 순위\ncolumns: []\n"),
    ],
)
def test_a_second_file_of_one_kind_and_name_is_refused(bundle, name, text):
    first = bundle / name.replace("second", "first")
    first.parent.mkdir(exist_ok=True)
    first.write_text(text, "utf-8")
    (bundle / name).write_text(text, "utf-8")

    output = run(first, bundle / name)

    assert f"refused  {bundle / name}" in output
    assert f"has the same {'month' if 'issues' in name else 'slug'}: {first}" in output


@pytest.mark.usefixtures("category")
def test_a_second_copy_of_an_old_page_is_refused(tmp_path):
    shutil.copy(FIXTURES / "old-page.txt", tmp_path / "copy.txt")

    output = run(tmp_path / "copy.txt", FIXTURES / "old-page.txt")

    assert sorted(outcomes(output)) == ["created", "refused"]


@pytest.mark.parametrize(
    "name",
    ["media/b.svg", "media/a.gif", "media/a.md", "articles/a.docx", "issues/a.png", "pages/README"],
)
def test_files_that_do_not_belong_in_their_folder_are_refused(bundle, name):
    (bundle / name).parent.mkdir(exist_ok=True)
    (bundle / name).write_bytes(b"x")

    output = run(bundle)

    assert f"refused  {bundle / name}" in output
    assert outcomes(output).count("refused") == 1


@pytest.mark.parametrize(
    "name", [".bundle-files", "README.md", "LICENSE.txt", "Makefile", "media/.DS_Store"]
)
def test_files_that_are_no_content_are_passed_over(bundle, name):
    (bundle / name).parent.mkdir(exist_ok=True)
    (bundle / name).write_bytes(b"x")

    assert outcomes(run(bundle)) == ["created"] * 3


@pytest.mark.usefixtures("category")
def test_of_a_folder_only_what_looks_like_an_old_page_is_taken(tmp_path):
    folder = tmp_path / "saved"
    folder.mkdir()
    shutil.copy(FIXTURES / "old-page.html", folder)
    (folder / "requirements.txt").write_text("django==5.2\n", "utf-8")
    (folder / "base.html").write_text("<h1>{{ title }}</h1><p>x</p>", "utf-8")

    output = run(folder)

    assert sorted(outcomes(output)) == ["created", "refused", "refused"]
    assert "This is no manuscript and no old page" in output
    assert Article.objects.get() == old_page()


def test_a_picture_outside_media_is_refused(tmp_path, settings):
    (tmp_path / "a.png").write_bytes(picture())

    output = run(tmp_path / "a.png")

    assert outcomes(output) == ["refused"]
    assert not settings.MEDIA_ROOT.exists()


def test_a_path_that_does_not_exist_is_refused(tmp_path):
    output = run(tmp_path / "gone")

    assert f"{tmp_path / 'gone'}: There is no such file or folder." in output


@pytest.mark.parametrize("command", ["import_articles", "export_articles"])
def test_an_empty_path_is_not_the_current_folder(bundle, monkeypatch, command):
    monkeypatch.chdir(bundle)
    before = sorted(bundle.rglob("*"))

    with pytest.raises(CommandError, match="The path is empty"):
        call_command(command, "", stdout=StringIO())

    assert not Category.objects.exists()
    assert sorted(bundle.rglob("*")) == before
