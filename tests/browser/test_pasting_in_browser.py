"""What is copied elsewhere comes into the editor: its form, its tables, and what goes wrong."""

import base64

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from articles.models import Article, Category, Ranking
from tests.articles.manuscripts import PIXEL
from tests.browser.looking import load_axe, violations
from tests.browser.writing import Writing, make_draft

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WRITER = [
    "articles.publish_article",
    "articles.view_category",
    *(
        f"articles.{action}_{model}"
        for action in ("add", "change", "view")
        for model in ("article", "ranking", "rankingsubject")
    ),
]
EDITOR = [f"articles.{action}_article" for action in ("add", "change", "view")]
MAX_CLICKS, MAX_KEYS = 12, 60
PAGE = """
<h2>연구 기관이 앞서다</h2>
<p>열린 자료의 <b>이용 건수</b>는 <a href="https://data.example/">자료실</a>에서 센다.</p>
<ul><li>도시 자료<ul><li>버스 자료<ul><li>정류장 자료</li></ul></li></ul></li><li>강 자료</li></ul>
<p>[자료 이용 순위]</p>
<table><tr><td rowspan="2">순위</td><td colspan="2">2025년 9월</td><td colspan="2">2025년 10월</td>
</tr><tr><td>기관</td><td>자료</td><td>기관</td><td>자료</td></tr>
<tr><td>1위</td><td>물길 연구소</td><td>수위</td><td>바람 연구소</td><td>풍속</td></tr>
<tr><td>2위</td><td>바람 연구소</td><td>풍속</td><td>물길 연구소</td><td>수위</td></tr></table>
<p>* 출처 : 자료 조사</p>
<h2>끝으로</h2><p>다음 달에 다시 센다.</p>
"""
BULLETS = "□ 첫 소식\n ○ 둘째 소식\n  - 셋째 소식"
READ = "- 첫 소식\n    - 둘째 소식\n        - 셋째 소식"
PASTE = "**/markdownx/paste/"
PUT = """
(node, [html, text]) => {
    const data = new DataTransfer();
    html && data.setData("text/html", html);
    data.setData("text/plain", text);
    const told = {clipboardData: data, bubbles: true, cancelable: true};
    node.dispatchEvent(new ClipboardEvent("paste", told));
}
"""


class Hands:
    """Clicks and keys, counted."""

    def __init__(self, page):
        self.page = page
        self.clicks = self.keys = 0

    def click(self, locator):
        locator.click()
        self.clicks += 1

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def type(self, text):
        self.page.keyboard.type(text)
        self.keys += len(text)


def copy_page(context, html):
    """Copy all of a page, as a person does."""
    source = context.new_page()
    source.set_content(f"<!doctype html><body>{html}")
    source.keyboard.press("Control+A")
    source.keyboard.press("Control+C")
    source.close()


def copy_text(context, text):
    """Copy text that has no form."""
    source = context.new_page()
    source.set_content("<!doctype html><textarea></textarea>")
    source.locator("textarea").fill(text)
    source.keyboard.press("Control+A")
    source.keyboard.press("Control+C")
    source.close()


@pytest.fixture
def write(open_as_staff):
    def write(article):
        address = reverse("admin:articles_article_change", args=[article.pk])
        writing = Writing(open_as_staff(address, *EDITOR))
        writing.text.click()
        writing.press("Control+End")
        return writing

    return write


def said(writing, text):
    writing.page.locator(".editor-tools").get_by_text(text).wait_for()


def test_copied_page_is_published_with_its_figures_in_twelve_clicks(open_page, open_as_staff):
    Category.objects.create(slug="trends", name="동향")
    page = open_as_staff(reverse("admin:articles_article_changelist"), *WRITER)
    copy_page(page.context, PAGE)
    hands = Hands(page)

    hands.click(page.get_by_role("link", name="글 추가"))
    hands.click(page.locator("#id_title"))
    hands.type("열린 자료의 순위")
    hands.click(page.locator(".cm-content"))
    hands.press("Control+v")
    as_ranking = page.get_by_role("button", name="순위로 넣기")
    as_ranking.wait_for()
    pasted = page.locator("#id_body").input_value()
    assert violations(load_axe(page), ".editor-tools") == []
    open_page.complaints.clear()
    with page.expect_popup() as opened:
        hands.click(as_ranking)
    window = opened.value
    hands.click(window.get_by_role("button", name="수치 표에서 보기"))
    window.locator("#grid-form").wait_for()
    with window.expect_event("close"):
        hands.click(window.get_by_role("button", name="저장"))
    page.locator(".cm-ranking").wait_for()
    hands.click(page.locator(".field-category .select2-selection"))
    hands.click(page.locator(".select2-results__option", has_text="동향"))
    page.locator("[name=state]").select_option("published")
    hands.clicks += 2
    with page.expect_navigation():
        hands.click(page.locator("[name=_save]").first)

    article = Article.objects.get()
    assert article.is_public, page.locator(".errorlist").all_inner_texts()
    assert (hands.clicks <= MAX_CLICKS, hands.keys <= MAX_KEYS) == (True, True)
    assert "    - 버스 자료\n        - 정류장 자료" in article.body
    assert "[[ranking:자료-이용-순위]]" in article.body
    assert "| 1위 | 물길 연구소 | 수위 |" in pasted
    assert Ranking.objects.get().periods.count() == 2
    page.goto(page.url.partition("/manage/")[0] + article.get_absolute_url())
    assert "바람 연구소" in page.locator("table").inner_text()
    assert page.locator("main li li li").filter(has_text="정류장 자료").count() == 1
    assert page.locator("main a[href='https://data.example/']").count() == 1


def test_copied_bullets_are_a_list_and_undone_at_once_or_stay_as_they_are(write):
    writing = write(make_draft())
    copy_text(writing.page.context, BULLETS)

    writing.press("Enter", "Enter", "Control+v")
    said(writing, "복사한 글을 넣었습니다")
    assert writing.body() == f"앞글\n\n{READ}"
    writing.press("Control+z")
    assert writing.body() == "앞글\n\n"
    writing.press("Control+Shift+v")

    expect(writing.field).to_have_value(f"앞글\n\n{BULLETS}")
    copy_text(writing.page.context, "- 하나\n  - **둘**\n\n## 셋")
    writing.press("Control+a", "Control+v")
    expect(writing.field).to_have_value("- 하나\n  - **둘**\n\n## 셋")


def test_what_is_written_while_a_copied_text_is_read_stays_and_saving_waits_for_it(write):
    article = make_draft()
    writing = write(article)
    held = []

    def hold(route):
        held.append(route)

    writing.page.route(PASTE, hold)
    writing.press("Home")
    with writing.page.expect_request(PASTE):
        writing.text.evaluate(PUT, ["<p>복사한 <b>글</b></p><ul><li>항목</ul>", "복사한 글\n항목"])
    said(writing, "읽는 중")

    writing.press("End")
    writing.compose("ㅎ", "하", "한")
    writing.cdp.send(
        "Input.imeSetComposition", {"text": "그", "selectionStart": 1, "selectionEnd": 1}
    )
    with writing.page.expect_response(PASTE) as answer:
        held[0].continue_()
    answer.value.finished()
    assert writing.body() == "앞글한그"
    writing.cdp.send("Input.insertText", {"text": "글"})
    said(writing, "복사한 글을 넣었습니다")

    assert writing.body() == "## 복사한 글\n\n- 항목\n\n앞글한글"
    writing.press("Control+Home")
    with writing.page.expect_request(PASTE):
        writing.text.evaluate(PUT, ["", BULLETS])
    said(writing, "읽는 중")
    writing.press("Control+s")
    held[1].continue_()
    writing.page.locator(".messagelist .success").wait_for()
    article.refresh_from_db()
    assert article.body == f"{READ}\n\n## 복사한 글\n\n- 항목\n\n앞글한글"


def test_pasted_pictures_ask_for_words_and_what_cannot_be_read_is_marked(write, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    writing = write(make_draft())
    picture = base64.b64encode(PIXEL).decode()
    html = (
        f'<p>설명</p><img src="data:image/png;base64,{picture}"><img src="file:///C:/b.png">'
        f"<del>지운 말</del>{PAGE}"
    )

    writing.press("Enter", "Enter")
    writing.text.evaluate(PUT, [html, "설명\n글"])
    said(writing, "“unread”로 남겼습니다: [img] file:///C:/b.png")
    said(writing, "지운 말")
    said(writing, "순위로 넣는 것은 수치를 입력할 권한이 있는 사람이 합니다")
    writing.keys.insert_text("막대 셋")

    assert writing.body().startswith("앞글\n\n설명\n\n![막대 셋](/media/articles/")
    assert "```unread\n[img] file:///C:/b.png\n```" in writing.body()
    assert writing.page.get_by_role("button", name="순위로 넣기").count() == 0


def test_bare_text_is_there_when_nothing_reads_it(write, open_page):
    writing = write(make_draft())
    copied = ["<p>하나</p><p><b>둘</b></p>", "하나\n둘"]
    writing.page.route(PASTE, lambda route: route.abort())

    writing.text.evaluate(PUT, copied)
    said(writing, "서식 없이 글자만 붙여 넣었습니다. 서버가 답하지 않습니다.")
    assert writing.body() == "앞글하나\n둘"
    writing.page.unroute(PASTE)
    writing.text.evaluate(PUT, ["<p>가</p>" * 400_000, "너무 긴 글\n끝"])
    said(writing, "글 한 편으로 보기에는 너무 많습니다")
    writing.page.context.clear_cookies()
    writing.press("Control+a")
    writing.text.evaluate(PUT, copied)

    said(writing, "로그아웃되었거나")
    assert writing.body() == "하나\n둘"
    open_page.complaints.clear()
