"""What every reader meets, whatever the device, the settings and the assistive technology."""

import pytest
from playwright.sync_api import expect

from articles.models import SitePage, Tag
from tests.browser.looking import (
    LOOKS,
    PLAIN,
    contrast_violations,
    violations,
    violations_but_contrast,
)
from tests.factories import (
    make_article,
    make_category,
    make_comment,
    make_issue,
    make_ranking,
    make_table,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def addresses(admin_user):
    """One address of every kind of page, each with all that it can hold."""
    issue = make_issue(items=[("정책", "새 전략", "- 하나\n    - 둘"), ("기술", "새 판", "")])
    body = (
        "## 첫 소식\n\n- 하나\n    - 둘\n        - 셋\n            - 넷\n\n[[ranking:models]]\n\n"
        "### 견줌\n\n| 이름 | 수 |\n|---|---:|\n| 가 | 1 |\n\n> 따온 글\n\n```\ncode\n```\n"
    )
    article = make_article(monthly_issue=issue, body=body, kicker="[10월]", summary="한 줄 간추림.")
    tag = Tag.objects.create(name="열린 자료", slug="open-data")
    article.tags.add(tag)
    ranking = make_ranking()
    make_table(article, ranking, slug="models", source_note="출처: 비교 누리집")
    article.references.create(title="열린 자료", url="https://example.org/", publisher="기관")
    SitePage(slug="privacy", title="개인정보처리방침", body="## 항목\n\n본문").store()
    entry = ranking.periods.first().entries.first()
    make_comment(article, ranking_entry=entry, kind="figure_error")
    make_comment(article, issue_item=issue.items.first())
    parent = make_comment(article, name="미나", body="좋은 글입니다. https://example.org/가나다")
    make_comment(article, parent=parent, body="답글" * 200)
    parent.edit(body="좋은 글이었습니다. https://example.org/나다", name="미나리", version=1)
    gone = make_comment(article)
    make_comment(article, parent=gone)
    gone.delete_by_author()
    hidden = make_comment(article)
    make_comment(article, parent=hidden)
    hidden.hide(by=admin_user, reason="광고")
    closed = make_article(comment_policy="closed")
    about_row = f"/articles/{article.pk}/comments/?about=entry-{entry.pk}"
    return {
        "front": "/",
        "list": "/articles/",
        "month": "/articles/2025/10/",
        "empty": "/articles/1999/01/",
        "article": article.get_absolute_url(),
        "closed": closed.get_absolute_url(),
        "category": article.category.get_absolute_url(),
        "tag": tag.get_absolute_url(),
        "issues": "/issues/",
        "issue": issue.get_absolute_url(),
        "rankings": "/rankings/",
        "ranking": ranking.get_absolute_url(),
        "embedded ranking": f"{ranking.get_absolute_url()}embed/",
        "subject": ranking.periods.first().entries.first().subject.get_absolute_url(),
        "site page": "/pages/privacy/",
        "search": "/search/?q=소식&kind=article",
        "nothing found": "/search/?q=없는말",
        "edit": f"/comments/{parent.pk}/edit/",
        "history": f"/comments/{parent.pk}/history/",
        "delete": f"/comments/{parent.pk}/delete/",
        "reply": f"/comments/{parent.pk}/reply/",
        "about a row": about_row,
        "wrong figure": f"{about_row}&kind=figure_error",
        "missing": "/nowhere/",
    }


# (width, text size)
SIZES = [(320, "100%"), (360, "100%"), (360, "200%"), (768, "100%"), (1280, "200%")]
# What a reader's own style sheet may set (WCAG 2.2, success criterion 1.4.12).
SPACING = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important; }
p { margin-block-end: 2em !important; }
"""
SPACE = """css => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""
CUT = """
[...document.querySelectorAll("body *:not(.visually-hidden):not(.visually-hidden *)")]
  .filter((e) => e.innerText && ["hidden", "clip"].includes(getComputedStyle(e).overflowY))
  .filter((e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.outerHTML.slice(0, 100))
"""
EXCESS = "document.documentElement.scrollWidth - innerWidth"


def resize(page, width):
    page.set_viewport_size({"width": width, "height": 900})


def faults_of_looks(page, passed):
    """Yield (where, what axe finds) in each look, wide and narrow."""
    for width in (1280, 360):
        resize(page, width)
        yield width, violations_but_contrast(page)
        for look, media in LOOKS.items():
            page.emulate_media(**{**PLAIN, **media})
            yield (width, look), contrast_violations(page, passed[look])
        page.emulate_media(**PLAIN)


def faults_of_sizes(page):
    """Yield (where, what is too wide or cut) at each width, with large text and wide spacing."""
    for width, text_size in SIZES:
        resize(page, width)
        page.evaluate("size => document.documentElement.style.fontSize = size", text_size)
        yield (width, text_size), max(0, page.evaluate(EXCESS))
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.evaluate(SPACE, SPACING)
    for width in (360, 1280):
        resize(page, width)
        yield (width, "spacing"), max(0, page.evaluate(EXCESS)) or page.evaluate(CUT)


def test_every_page_is_without_faults_in_every_look_and_fits_every_size(open_page, addresses):
    """Each page is loaded once: what changes between the looks and the sizes is the style alone."""
    page = open_page("/")
    passed = {look: set() for look in LOOKS}
    faults = {}
    for name, address in addresses.items():
        resize(page, 1280)
        page.goto(address)
        for where, found in [*faults_of_looks(page, passed), *faults_of_sizes(page)]:
            faults[name, where] = found

    assert not {place: found for place, found in faults.items() if found}


def test_axe_finds_nothing_in_a_form_with_errors(open_page):
    page = open_page(make_article().get_absolute_url())
    page.locator("#id_email").fill("mina")
    page.locator("main [type=submit]").click()
    page.get_by_role("alert").wait_for()

    assert not violations(page)


def test_head_gives_up_its_air_on_a_phone_with_large_text(open_page):
    make_article()
    page = open_page("/", width=360)

    page.evaluate("document.documentElement.style.fontSize = '200%'")

    # A line of large text, and no more: else the head fills the first screen.
    heights = page.locator(".sections a").evaluate_all("all => all.map((a) => a.offsetHeight)")
    assert 24 <= min(heights) <= max(heights) < 64


def test_time_to_read_stands_on_one_line_on_a_phone(open_page):
    article = make_article(category=make_category(name="보안·라이선스"))
    page = open_page(article.get_absolute_url())
    time = page.get_by_text("읽는 데 약 1분", exact=True)

    lines = {}
    for width in range(320, 440, 10):
        page.set_viewport_size({"width": width, "height": 900})
        lines[width] = time.evaluate("element => element.getClientRects().length")

    assert set(lines.values()) == {1}, lines


def test_copying_the_link_of_a_heading(open_page):
    page = open_page(make_article(body="## 첫 소식").get_absolute_url())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="링크 복사: 첫 소식").click()
    page.get_by_text("복사했습니다").wait_for()

    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith("#s-%EC%B2%AB-%EC%86%8C%EC%8B%9D")


def test_search_by_keyboard_alone(open_page):
    make_article(title="열린 소식")
    page = open_page("/search/")

    page.get_by_label("무엇을 찾으시나요?").focus()
    page.keyboard.type("소식")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")

    assert page.locator("mark").first.inner_text() == "소식"


def test_first_tab_leads_past_the_navigation(open_page):
    page = open_page(make_article().get_absolute_url())

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_focus_can_be_seen_on_everything_that_takes_it(open_page, addresses):
    page = open_page(addresses["article"])
    seen = 0
    for _step in range(60):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(e => [e.tagName, getComputedStyle(e).outlineStyle,"
            " parseFloat(getComputedStyle(e).outlineWidth)])(document.activeElement)"
        )
        if style[0] == "BODY":
            break
        assert style[1] != "none" and style[2] >= 2, style
        seen += 1

    assert seen > 20


def test_issue_stands_beside_the_article_when_wide_and_after_it_when_narrow(open_page, addresses):
    wide = open_page(addresses["article"], width=1280)
    narrow = open_page(addresses["article"], width=360)

    article, aside = (wide.locator(name).first.bounding_box() for name in ("article h1", "aside"))
    assert aside["x"] > article["x"] + 300 and abs(aside["y"] - article["y"]) < 400
    article, aside = (narrow.locator(name).first.bounding_box() for name in ("article h1", "aside"))
    assert aside["x"] < 40 and aside["y"] > article["y"] + 400


def test_every_page_works_without_a_script(open_page, addresses):
    page = open_page("/", java_script_enabled=False)

    for address in addresses.values():
        page.goto(address)
        assert page.locator("h1").inner_text().strip()


def test_reader_can_choose_the_text_size_and_finds_it_again(open_page):
    page = open_page(make_article().get_absolute_url())
    before = page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('article p')).fontSize)"
    )

    page.locator(".settings summary").click()
    page.locator("[data-setting=size]").select_option("150")
    page.reload()

    after = page.evaluate(
        "parseFloat(getComputedStyle(document.querySelector('article p')).fontSize)"
    )
    assert after == pytest.approx(before * 1.5, rel=0.02)
    assert not page.context.cookies()


def test_screen_reader_hears_the_page_in_the_order_it_is_read(open_page, addresses):
    page = open_page(addresses["article"])

    tree = page.locator("body").aria_snapshot()

    parts = [
        'link "본문 바로가기"',
        "banner:",
        'navigation "주 메뉴"',
        'navigation "현재 위치"',
        "main:",
        'heading "[10월] ',
        'heading "첫 소식"',
        "table ",
        "complementary ",
        'heading "※ 참고 Reference"',
        'heading "댓글 ',
        'heading "댓글 작성"',
        'textbox "이메일',
        'button "댓글 등록"',
        "contentinfo:",
    ]
    places = [tree.find(part) for part in parts]
    missing = [part for part in parts if part not in tree]
    assert not missing
    assert places == sorted(places)


def test_nothing_moves_when_the_script_adds_the_reading_settings(open_page):
    page = open_page("about:blank")
    page.route("**/site*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto("/")
    menu = "document.querySelector('.sections').offsetWidth"
    before = page.evaluate(menu)

    page.unroute_all()
    page.reload()
    page.locator(".settings").wait_for()

    assert page.evaluate(menu) == before
