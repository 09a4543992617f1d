"""Comments far off are laid out when they come near; nobody may notice that."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import launch
from tests.factories import make_article, make_comment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Of many heights, none of them the one that is reserved.
BODIES = [
    f"{number}번째 글. " + "오픈소스 소식을 읽고 남기는 말. " * (number % 7 * 4)
    for number in range(40)
]


@pytest.fixture
def thread():
    article = make_article()
    return article, [make_comment(article, body=body) for body in BODIES]


def expect_in_sight(page, pk):
    """Wait until the comment's first line stands in the window, unfolded and at rest."""
    page.wait_for_function(
        """pk => new Promise((tell) => {
          const comment = document.getElementById(`comment-${pk}`);
          const place = () => comment.checkVisibility() && comment.getBoundingClientRect().top;
          const isInSight = (top) => top !== false && -1 <= top && top < innerHeight / 2;
          const before = place();
          const look = () => tell(isInSight(before) && place() === before);
          requestAnimationFrame(() => requestAnimationFrame(look));
        })""",
        arg=pk,
    )


def test_comments_far_off_are_not_laid_out_yet(open_page, thread):
    page = open_page(thread[0].get_absolute_url())

    far = page.locator(".comments > li").last.evaluate(
        "e => e.firstElementChild.checkVisibility({contentVisibilityAuto: true})"
    )

    assert not far


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("number", [20, 39])
def test_address_of_a_comment_leads_to_it(open_page, thread, width, number):
    article, comments = thread
    pk = comments[number].pk

    page = open_page(f"{article.get_absolute_url()}#comment-{pk}", width=width)
    expect_in_sight(page, pk)
    page.goto(f"{article.get_absolute_url()}?comment={pk}#comment-{pk}")
    expect_in_sight(page, pk)
    expect(page.locator(f"#comment-{pk} > :first-child")).to_be_focused()


@pytest.mark.parametrize("width", [360, 1280])
def test_page_loaded_anew_comes_back_to_its_place(open_page, thread, width):
    article, comments = thread
    page = open_page(article.get_absolute_url(), width=width)
    for comment in comments[::5]:
        # On the way each is laid out, as for a reader who scrolls.
        page.locator(f"#comment-{comment.pk}").evaluate("e => e.scrollIntoView()")
        page.evaluate("() => new Promise(requestAnimationFrame)")
    expect_in_sight(page, comments[35].pk)

    page.reload()
    expect_in_sight(page, comments[35].pk)


def test_words_of_a_far_comment_are_found(open_page, thread):
    page = open_page(thread[0].get_absolute_url())

    assert page.evaluate("find('39번째 글')")
    expect_in_sight(page, thread[1][39].pk)


def test_dates_and_orders_are_large_enough_to_touch(open_page, thread):
    page = open_page(thread[0].get_absolute_url(), width=360)

    heights = page.locator(".periods a, .by a").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().height)"
    )

    assert len(heights) > 40 and min(heights) >= 24


def test_far_comments_are_heard(browser, live_server, thread):
    # What the browser tells a screen reader, which it does not make for nobody.
    told = launch(browser.browser_type, "--force-renderer-accessibility")
    page = told.new_page(base_url=live_server.url)
    page.goto(thread[0].get_absolute_url())

    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    told.close()

    said = " ".join(node["name"]["value"] for node in nodes if node.get("name", {}).get("value"))
    assert all(f"{number}번째 글" in said for number in range(40))


def test_far_comments_are_reached_by_keyboard(open_page, thread):
    page = open_page(thread[0].get_absolute_url())

    page.locator("#comments-title").evaluate("e => { e.tabIndex = -1; e.focus(); }")
    reached = set()
    for _step in range(400):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('li[id]')?.id"))
        if f"comment-{thread[1][-1].pk}" in reached:
            break

    assert {f"comment-{comment.pk}" for comment in thread[1]} <= reached


def test_form_is_a_dozen_tabs_from_the_top_and_a_folded_reply_is_led_to(open_page, thread):
    article, comments = thread
    replies = [make_comment(article, parent=comments[30], body=f"답 {n}") for n in range(5)]
    page = open_page(article.get_absolute_url(), width=360)

    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("#comments$"))
    # Order of the thread, and then the way to the form.
    for key in ("Tab", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("#comment-form$"))
    page.keyboard.press("Tab")
    expect(page.locator("#id_body")).to_be_focused()

    last = replies[-1].pk
    assert not page.locator(f"#comment-{last} .text").is_visible()
    page.goto(f"{article.get_absolute_url()}?comment={last}#comment-{last}")
    expect_in_sight(page, last)


@pytest.mark.parametrize("width", [360, 1280])
def test_focus_is_never_below_the_bar_that_stays(open_page, thread, width):
    page = open_page(thread[0].get_absolute_url(), width=width)
    covered = """() => {
        const bar = document.querySelector(".bar"), e = document.activeElement;
        if (bar.contains(e) || e === document.body) return null;
        const [a, b] = [e, bar].map((each) => each.getBoundingClientRect());
        // A field of many lines may reach below it with a corner.
        const isSmall = a.height < 100;
        const isLevel = a.bottom > b.top && a.top < b.bottom;
        return isSmall && isLevel && a.right > b.left && a.left < b.right;
    }"""

    page.locator("#id_body").focus()
    for key in ["Shift+Tab"] * 25 + ["Tab"] * 50:
        page.keyboard.press(key)
        assert not page.evaluate(covered)


def test_nothing_is_cut_from_a_focus_ring(open_page, thread):
    page = open_page(thread[0].get_absolute_url(), width=360)

    margins = page.locator(".comments > li").evaluate_all(
        "all => all.map((e) => getComputedStyle(e).overflowClipMargin)"
    )

    assert set(margins) == {"16px"}


def test_paper_holds_every_comment(open_page, thread):
    page = open_page(thread[0].get_absolute_url())

    page.emulate_media(media="print")

    assert not page.evaluate(
        """[...document.querySelectorAll(".comments > li > :first-child")]
          .filter((e) => !e.checkVisibility({contentVisibilityAuto: true})).length"""
    )
