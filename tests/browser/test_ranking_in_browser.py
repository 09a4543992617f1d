"""Charts of ranks and embedded tables, as a reader and another site meet them."""

import re
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import expect

from tests.browser.looking import LOOKS, PLAIN, violations
from tests.factories import make_article, make_ranking, make_table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MONTHS = ["나가다", "가나라", "라가나"]


@pytest.fixture
def ranking():
    periods = [
        (f"2025년 {number}월", date(2025, number, 1), [(name, "한국", "M") for name in names])
        for number, names in enumerate(MONTHS, start=1)
    ]
    ranking = make_ranking(periods, slug="models")
    make_table(make_article(body="[[ranking:models]]"), ranking, slug="models")
    return ranking


COVERED = """() => {
    const e = document.activeElement, cell = e.closest(".ranking td");
    const {left} = cell ? cell.closest(".table-scroll").getBoundingClientRect() : {};
    return [...(cell ? e.getClientRects() : [])].filter((line) => {
        const above = document.elementFromPoint(line.left + 1, line.top + line.height / 2);
        return line.left < left || above?.closest(".rank");
    }).length;
}"""


# The head stays where it is as a row is pushed to its place.
UNCOVERED = """(e) => {
    scrollBy(0, e.closest("table").tBodies[0].rows[1].getBoundingClientRect().top);
    const {x, y, width, height} = e.getBoundingClientRect();
    return document.elementFromPoint(x + width / 2, y + height / 2) === e;
}"""


@pytest.mark.parametrize("with_script", [True, False])
def test_focus_is_never_below_the_column_that_stays(open_page, ranking, with_script):
    page = open_page("/rankings/models/", width=360, java_script_enabled=with_script)
    links = page.locator(".ranking td a")

    links.last.focus()
    for _link in range(links.count()):
        page.keyboard.press("Shift+Tab")
        assert not page.evaluate(COVERED)


# Columns: as many periods, each with two.
@pytest.mark.parametrize(("periods", "is_across"), [(3, False), (6, True), (12, True)])
def test_paper_begins_with_the_ranking_and_holds_every_period(open_page, periods, is_across):
    names = [(f"긴 이름을 가진 재단 {number}", "대한민국", "모형") for number in range(40)]
    months = [(f"2025년 {n}월", date(2025, n, 1), names) for n in range(1, periods + 1)]
    ranking = make_ranking(months, slug="long")
    make_table(make_article(), ranking)
    page = open_page("/rankings/long/")

    paper = page.pdf(prefer_css_page_size=True)
    width, height = map(float, re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper).groups())
    assert (width > height) == is_across

    page.set_viewport_size({"width": int(width / 72 * 96) - 96, "height": 900})
    page.emulate_media(media="print")
    for table in page.locator(".ranking").all():
        region = table.locator(".table-scroll")
        assert region.evaluate("e => e.scrollWidth <= e.clientWidth")
        # What is folded on a screen is not on paper.
        assert table.locator("tbody td").last.evaluate("e => e.checkVisibility()")
        cells = table.locator("thead th, tbody :is(th, td), .move")
        sizes = "cells => cells.map((cell) => getComputedStyle(cell).fontSize)"
        assert len(set(cells.evaluate_all(sizes))) == 1
        # What has no room on the first page would begin on the second.
        assert table.evaluate("e => getComputedStyle(e).breakInside") == "auto"


def test_long_series_in_an_article_begins_at_its_newest_end(open_page):
    months = [
        (f"{year}년 {n}월", date(year, n, 1), [("긴 이름을 가진 재단", "대한민국", "모형")])
        for year in (2023, 2024, 2025)
        for n in range(1, 13)
    ]
    article = make_article(body="- 앞글\n\n[[ranking:long]]")
    make_table(article, make_ranking(months), slug="long")
    page = open_page(article.get_absolute_url(), java_script_enabled=False)

    for region in page.locator(".table-scroll").all():
        ends = region.evaluate(
            "e => [e, e.firstElementChild].map((box) => box.getBoundingClientRect().right)"
        )
        assert ends[1] <= ends[0] + 1
    changes = page.locator("caption .meta > span").first.bounding_box()
    table = page.locator(".ranking .table-scroll").bounding_box()
    assert changes["x"] >= table["x"] - 12
    text = page.locator(".prose").first.bounding_box()
    assert table["y"] - text["y"] - text["height"] >= 16


@pytest.mark.parametrize("with_script", [True, False])
def test_two_periods_are_chosen_and_fit_a_phone_with_their_head_in_sight(
    open_page, ranking, with_script
):
    page = open_page("/rankings/models/", width=360, java_script_enabled=with_script)
    page.get_by_label("비교할 시점").select_option(label="2025년 1월")

    with page.expect_navigation():
        page.get_by_role("button", name="비교하기").click()

    assert "from=2025-01-01&to=2025-03-01" in page.url
    table = page.locator("#compared table")
    assert table.evaluate("e => e.getBoundingClientRect().right <= innerWidth")
    # What is too wide for a phone begins at its newest period.
    newest = page.locator(".series thead tr:first-child th").last
    assert newest.evaluate("e => e.getBoundingClientRect().right <= innerWidth")
    # The columns of a period stand below each other, those of the other beside them.
    boxes = [cell.bounding_box() for cell in table.locator("tbody tr").first.locator("td").all()]
    assert boxes[0]["x"] == boxes[1]["x"] < boxes[2]["x"] == boxes[3]["x"]
    assert boxes[0]["y"] == boxes[2]["y"] < boxes[1]["y"] == boxes[3]["y"]

    page.set_viewport_size({"width": 360, "height": 300})
    table.locator("tbody tr").last.evaluate("e => e.scrollIntoView({block: 'end'})")
    head = table.locator("thead th").nth(1).bounding_box()
    assert 0 <= head["y"] < 150
    assert table.locator("thead .rank").evaluate(UNCOVERED)
    if with_script:
        assert not violations(page)


def test_focused_line_stands_out_and_leads_to_its_subject(open_page, ranking):
    page = open_page("/rankings/models/")
    lines = page.locator(".chart svg a")
    lines.last.focus()
    widths = [
        line.evaluate(
            "a => [getComputedStyle(a).opacity, getComputedStyle(a.firstChild).strokeWidth]"
        )
        for line in lines.all()
    ]

    assert widths[-1] == ["1", "4px"]
    assert {opacity for opacity, _width in widths[:-1]} == {"0.25"}
    page.keyboard.press("Enter")
    page.wait_for_url("**/subjects/**")
    page.locator(".chart svg").wait_for()


def test_hovered_line_stands_out(open_page, ranking):
    page = open_page("/rankings/models/")
    lines = page.locator(".chart svg a")

    lines.nth(1).locator("text").last.hover()

    expect(lines.nth(0)).to_have_css("opacity", "0.25")
    expect(lines.nth(1)).to_have_css("opacity", "1")


@pytest.mark.parametrize(("width", "is_open"), [(1280, True), (360, False)])
def test_chart_of_an_article_is_folded_where_room_is_scarce(open_page, ranking, width, is_open):
    table = ranking.tables.get()
    page = open_page(table.article.get_absolute_url(), width=width, java_script_enabled=False)
    chart = page.locator(".chart svg")

    assert chart.is_visible() == is_open
    if not is_open:
        page.locator(".chart summary").click()
        chart.wait_for()


def test_chart_and_countries_are_legible_on_a_phone(open_page):
    names = [
        (f"이름 {number}", home, "M")
        for number, home in enumerate(["대한민국", "우크라이나", "인도네시아", "프랑스", "캐나다"])
    ]
    months = [
        ("2025년 1월", date(2025, 1, 1), names),
        ("2025년 2월", date(2025, 2, 1), names[::-1]),
    ]
    make_table(make_article(), make_ranking(months, slug="homes"))
    page = open_page("/rankings/homes/", width=360)
    text = page.locator(".chart svg text").first
    # A series of two periods fits whole, as two that are chosen do.
    assert page.locator("figure.ranking table").evaluate(
        "e => e.getBoundingClientRect().right <= innerWidth"
    )

    for look, media in LOOKS.items():
        page.emulate_media(**{**PLAIN, **media})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
        assert text.evaluate("t => t.getBoundingClientRect().height") >= 12, look
        assert not violations(page), look


def test_forced_colours_draw_lines_in_the_systems_colour(open_page, ranking):
    page = open_page("/rankings/models/", forced_colors="active")

    stroke = "p => getComputedStyle(p).stroke"
    colours = {line.evaluate(stroke) for line in page.locator(".chart a path:first-child").all()}

    assert len(colours) == 1


@pytest.fixture
def other_site(tmp_path):
    """Another origin's server; return its address and the folder that it serves."""
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", tmp_path
        server.shutdown()


def test_another_site_may_frame_the_embedded_table(open_page, ranking, live_server, other_site):
    address, folder = other_site
    source = f"{live_server.url}/rankings/models/embed/"
    (folder / "index.html").write_text(f'<link rel="icon" href="data:,"><iframe src="{source}">')

    page = open_page(address, width=900)

    embedded = page.frame_locator("iframe")
    embedded.locator("table caption").wait_for()
    embedded.locator(".chart svg").wait_for()
    assert embedded.locator("td a").first.evaluate(
        "a => a.target || document.querySelector('base').target"
    )


def test_line_is_picked_out_by_a_link_without_script(open_page):
    names = [(f"이름 {number}", "한국", "M") for number in range(14)]
    months = [
        ("2025년 1월", date(2025, 1, 1), names),
        ("2025년 2월", date(2025, 2, 1), names[::-1]),
    ]
    make_table(make_article(), make_ranking(months, slug="many"))
    page = open_page("/rankings/many/", java_script_enabled=False, forced_colors="active")
    page.locator(".pick summary").click()

    page.get_by_role("link", name="이름 3 (한국)", exact=True).first.click()

    opacity = "a => getComputedStyle(a).opacity"
    lines = page.locator(".chart svg a")
    picked = page.locator(".chart svg a:target")
    expect(picked).to_have_count(1)
    seen = {line.get_attribute("aria-label")[:6]: line.evaluate(opacity) for line in lines.all()}
    assert {name.rstrip(" (") for name, value in seen.items() if value == "1"} == {"이름 3"}
    page.get_by_role("link", name="모두 보기").click()
    expect(picked).to_have_count(0)
    assert {line.evaluate(opacity) for line in lines.all()} == {"1"}
