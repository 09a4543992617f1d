"""The editor over an article's text: by its tools, by keys, and by an input method for Hangul."""

import io

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from articles.models import Article, Picture, Reference
from tests.browser.writing import Writing, make_draft
from tests.factories import make_ranking, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDITOR = [f"articles.{action}_article" for action in ("add", "change", "view")]
SAVED = ".messagelist .success"


@pytest.fixture
def write(open_as_staff):
    def write(article):
        address = reverse("admin:articles_article_change", args=[article.pk])
        writing = Writing(open_as_staff(address, *EDITOR, "articles.view_picture"))
        writing.text.click()
        writing.press("Control+End")
        return writing

    return write


def test_text_is_written_by_tools_and_keys_undone_and_saved(write):
    article = make_draft()
    writing = write(article)

    writing.press("Enter", "Enter")
    writing.keys.insert_text("소식")
    writing.tool("제목")
    writing.press("Enter", "Enter")
    writing.keys.type("- a")
    writing.press("Enter")
    writing.tool("한 단계 아래로")
    writing.keys.type("b")
    writing.press("Shift+Home", "Control+b", "End", "Enter", "Enter", "Enter")
    written = "앞글\n\n## 소식\n\n- a\n  - **b**\n"
    assert writing.body().rstrip("\n") == written.rstrip("\n")
    writing.keys.type("link")
    writing.press("Shift+Home", "Control+k")
    writing.keys.type("https://example.org/")
    writing.press("Control+End", "Enter")
    writing.tool("표")
    writing.press("Control+End")
    whole = writing.body()
    assert "[link](https://example.org/)\n\n| " in whole and whole.startswith(written)

    # To lay its text out, or to measure it, with every key is what makes a long text slow.
    field = writing.page.locator("#id_body")
    assert field.evaluate("(node) => getComputedStyle(node).contentVisibility") == "hidden"
    assert not field.evaluate("({style}) => style.height")
    writing.press_until("앞글", "Control+z")
    writing.press_until(whole, "Control+Shift+Z")
    writing.tool("단축키")
    writing.page.get_by_role("dialog").get_by_text("Ctrl+S", exact=True).wait_for()
    writing.press("Escape")
    writing.text.focus()
    writing.press("Tab")
    assert not writing.text.evaluate("node => node.getRootNode().activeElement === node")
    writing.press("Control+s")
    writing.page.locator(SAVED).wait_for()

    article.refresh_from_db()
    assert article.body == whole.strip()
    assert "/change/" in writing.page.url


def test_composing_hangul_is_never_disturbed(write):
    writing = write(make_draft(body="## 제\n\n- 항목\n- **굵은**\n\n[[ranking:none]]\n\n> 인용"))
    line = writing.line

    line(0)
    writing.compose("ㅁ", "모", "목")
    writing.press("Enter")
    line(3)
    writing.compose("ㅎ", "하", "한")
    writing.compose("ㄱ", "그", "글")
    writing.press("Enter")
    writing.compose("ㄷ", "두", "둘")
    writing.press("Control+]")
    line(5)
    writing.press("Enter")
    writing.compose("ㄴ", "나")
    line(8)
    writing.compose("ㄲ", "끄", "끝")
    writing.press("Home")
    writing.compose("ㅅ", "새", "샘")
    # The first syllable of a heading, twice: codemirror/dev #1357.
    writing.press("Control+Home", "Enter", "ArrowUp")
    writing.keys.type("# ")
    writing.compose("ㅇ", "아")
    writing.compose("ㅇ", "아")

    assert writing.body().split("\n") == [
        *("# 아아", "## 제목", "", "", "- 항목한글", "  - 둘", "- **굵은**", "- 나", ""),
        *("샘[[ranking:none]]끝", "", "> 인용"),
    ]


def test_ranking_is_placed_by_name_and_a_name_of_none_is_marked(write):
    article = make_draft()
    make_table(article, make_ranking(), slug="models", caption="모형 순위")
    writing = write(article)
    page = writing.page

    writing.tool("순위표")
    page.get_by_role("button", name="모형 순위 (models)").click()
    assert writing.body().rstrip() == "앞글\n\n[[ranking:models]]"
    assert page.locator(".cm-ranking").count() == 1
    assert page.locator(".cm-ranking-unknown").count() == 0

    page.locator("#ranking_tables-0 summary").click()
    page.locator("#id_ranking_tables-0-slug").fill("others")
    assert page.locator(".cm-ranking-unknown").count() == 1
    writing.tool("순위표")
    page.get_by_role("button", name="새 순위표…").click()
    assert page.locator("#id_ranking_tables-1-slug").input_value() == "models"
    assert page.locator(".cm-ranking-unknown").count() == 0


def test_picture_is_described_captioned_and_taken_back(write, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    file = {"name": "a.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    article = make_draft()
    writing = write(article)
    page = writing.page

    with page.expect_file_chooser() as chooser:
        writing.tool("그림")
    chooser.value.set_files(file)
    page.get_by_text("그림을 글에 넣었습니다").wait_for()
    writing.keys.insert_text("막대 셋")
    page.get_by_label("그림 아래 설명").fill("점유율")
    writing.press("Enter")
    whole = writing.body()
    writing.press_until("앞글", "Control+z")
    writing.press_until(whole, "Control+Shift+Z")
    writing.press("Control+s")
    page.locator(SAVED).wait_for()

    html = Article.objects.get().body_html
    assert 'alt="막대 셋"' in html and "<figcaption>점유율</figcaption></figure>" in html

    Picture.objects.update(alternative_text="막대 넷")
    writing.tool("그림 보관함")
    library = page.get_by_role("dialog")
    library.get_by_label("그림 찾기").fill("막대")
    page.keyboard.press("Enter")
    library.get_by_role("button", name="막대 넷").click()
    assert writing.body().count("/media/") == 2 and "![막대 넷](" in writing.body()


def test_what_is_typed_is_shown_as_readers_would_get_it(write):
    article = make_draft()
    # So many fields that a form sent in parts would be refused.
    for number in range(1, 13):
        title, url = f"참고한 글 {number}", f"https://example.org/{number}"
        Reference.objects.create(article=article, position=number, title=title, url=url)
    writing = write(article)
    page = writing.page
    writing.keys.insert_text(" 이어 쓴 글")

    page.get_by_role("button", name="쓴 대로 미리 보기").click()
    shown = page.frame_locator(".typed-preview iframe")
    shown.get_by_text("앞글 이어 쓴 글").wait_for()
    shown.get_by_text("참고한 글 12").first.wait_for()
    page.get_by_role("button", name="휴대전화").click()

    assert shown.locator("html").evaluate("node => node.clientWidth") <= 390
    assert shown.locator("h1").inner_text() == article.title
    with page.context.expect_page() as opened:
        shown.locator("main").get_by_role("link", name=article.category.name).first.click()
    opened.value.wait_for_url(f"**{article.category.get_absolute_url()}")
    opened.value.close()
    assert shown.locator("h1").inner_text() == article.title
    page.get_by_role("dialog").get_by_role("button", name="닫기").click()
    assert writing.body() == "앞글 이어 쓴 글"
    assert Article.objects.get().body == "앞글"


def test_previews_beside_the_text_follow_the_cursor_and_leave_it_the_keys(write):
    sections = (f"## 제목 {number}\n\n" + "긴 글 " * 200 for number in range(12))
    writing = write(make_draft(body="\n\n".join(["#### 이른 제목", *sections])))
    page = writing.page
    beside = page.locator(".markdownx-preview")
    page.set_viewport_size({"width": 1700, "height": 900})

    expect(beside.locator("[data-line]").last).to_be_in_viewport()
    page.locator("#id_title").focus()
    page.get_by_role("link", name="이른 제목").click()
    writing.press("Control+Home")
    expect(beside.get_by_text("제목 0", exact=True)).to_be_in_viewport()
    page.get_by_role("button", name="쓴 대로 미리 보기").click()
    shown = page.frame_locator(".typed-preview iframe")
    expect(shown.locator("h2", has_text="제목 0")).to_be_in_viewport()
    writing.text.focus()
    writing.press("Control+End", "Enter", "Enter")
    writing.keys.type("## last")
    expect(shown.locator("h2", has_text="last")).to_be_in_viewport()
    writing.keys.type(" words")

    assert writing.body().endswith("## last words")
    expect(shown.locator("h2", has_text="last words")).to_be_in_viewport()
