"""Ranks through time as SVG: no script, no inline style, and small whatever it is given.

`static/css/site.css` gives the colours, for light, dark, print, high contrast and forced colours.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# A chart has dozens of labels; Django's own `escape` asks first whether each is lazy.
from html import escape
from itertools import pairwise

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

# What a reader can still tell apart. The table says it all, and the note how much is drawn.
MAX_LINES = 40
MAX_ROWS = 30
# Up to here every point bears its rank; beyond, the labels at the ends do.
MAX_NUMBERED_POINTS = 150
# Pixels at the usual text size, of which 16 make a rem.
TEXT, HEAD, NUMBERED_ROW, DENSE_ROW, MARGIN = 13, 34, 30, 22, 16
NARROWEST_STEP, WIDEST_STEP, WIDTH_OF_STEPS = 40, 72, 560
# A chart of this width or less may be enlarged where there is room.
SMALL_WIDTH = 520
# In ems of the label's text.
MAX_LABEL, MAX_INNER_LABEL = 11, 6
MAX_NAME = 60
COLOURS = 6


@dataclass(frozen=True)
class Point:
    """A rank held: the row it stands in (from 1), its number, and how it is printed."""

    row: float
    number: str
    text: str


@dataclass(frozen=True)
class Line:
    """A subject's points, one a period, None where it is not in the table; url may be ""."""

    label: str
    url: str
    points: tuple[Point | None, ...]


@dataclass(frozen=True)
class Chart:
    svg: SafeString
    note: str


@dataclass(frozen=True)
class _Frame:
    left: int
    step: int
    row: int
    is_numbered: bool

    def x(self, period: int) -> int:
        return self.left + period * self.step

    def y(self, point: Point) -> int:
        return HEAD + MARGIN + round((point.row - 1) * self.row)


def bump_chart(title: str, periods: Sequence[str], lines: Sequence[Line], prefix: str) -> Chart:
    """Draw `lines` over `periods` (at least two labels); rows are those of the table.

    `prefix` makes the ids unique in the page. Of many lines the highest are drawn.
    """
    drawn = _highest(lines)
    count = sum(point is not None for line in drawn for point in line.points)
    is_numbered = count <= MAX_NUMBERED_POINTS
    left, right = _room(drawn, 0, is_numbered), _room(drawn, -1, is_numbered)
    step = max(WIDTH_OF_STEPS // (len(periods) - 1), NARROWEST_STEP)
    step = min(step, max(_period_room(periods), WIDEST_STEP))
    frame = _Frame(left, step, NUMBERED_ROW if is_numbered else DENSE_ROW, is_numbered)
    depth = max((point.row for line in drawn for point in line.points if point), default=1)
    width = frame.x(len(periods) - 1) + right
    height = HEAD + 2 * MARGIN + round((depth - 1) * frame.row)
    description = _(
        "Lines join the ranks that %(count)s names held from %(first)s to %(last)s. The table"
        " holds the same figures."
    ) % {"count": len(drawn), "first": periods[0], "last": periods[-1]}
    size = "small" if width <= SMALL_WIDTH else ""
    heading = _("Ranks through time: %(title)s") % {"title": title}
    lines_drawn = "".join(_line(frame, line, number, periods) for number, line in enumerate(drawn))
    svg = (
        f'<svg class="{size}" role="group" aria-labelledby="{prefix}-chart"'
        f' aria-describedby="{prefix}-lines" viewBox="0 0 {width} {height}"'
        f' width="{width / 16}rem" height="{height / 16}rem">'
        f'<title id="{prefix}-chart">{escape(heading)}</title>'
        f'<desc id="{prefix}-lines">{escape(description)}</desc>'
        f"{_axis(frame, periods, height)}{lines_drawn}</svg>"
    )
    return Chart(mark_safe(svg), _note(drawn, lines))  # noqa: S308 - all texts are escaped


def rank_line(
    title: str, periods: Sequence[str], ranks: Sequence[Point | None], prefix: str
) -> Chart:
    """Draw how one subject's rank went; the ranks' distances are kept while they have room."""
    numbers = [point.row for point in ranks if point]
    best, worst = min(numbers), max(numbers)
    scale = min(1, (MAX_ROWS / 3) / (worst - best)) if worst > best else 1
    points = tuple(
        point and Point(1 + (point.row - best) * scale, point.number, point.text) for point in ranks
    )
    return bump_chart(title, periods, [Line("", "", points)], prefix)


def _highest(lines: Sequence[Line]) -> list[Line]:
    """Return the lines to draw, highest first, cut to the rows that the chart has."""
    cut = []
    for line in lines:
        points = tuple(point if point and point.row <= MAX_ROWS else None for point in line.points)
        if any(points):
            cut.append(Line(line.label, line.url, points))
    cut.sort(key=lambda line: min(point.row for point in line.points if point))
    return cut[:MAX_LINES]


def _note(drawn: Sequence[Line], lines: Sequence[Line]) -> str:
    """Say what is left out, and what a dotted line is, where the chart has any."""
    notes = []
    if len(drawn) < len(lines) or any(
        point and point.row > MAX_ROWS for line in lines for point in line.points
    ):
        notes.append(
            _(
                "The chart shows the first %(rows)s rows and, of %(count)s names, the %(drawn)s"
                " that stood highest. The table holds them all."
            )
            % {"rows": MAX_ROWS, "count": len(lines), "drawn": len(drawn)}
        )
    for line in drawn:
        held = [number for number, point in enumerate(line.points) if point]
        if held[-1] - held[0] >= len(held):
            notes.append(_("A dotted line leads over a time outside of the rows shown."))
            break
    return " ".join(notes)


def _ems(text: str) -> float:
    """Return about how wide `text` is: Hangul takes an em, Latin letters a good half."""
    return sum(1 if unicodedata.east_asian_width(sign) in "WF" else 0.56 for sign in text)


def _cut(text: str, ems: float) -> str:
    if _ems(text) <= ems:
        return text
    while text and _ems(text) > ems - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _room(lines: Sequence[Line], end: int, is_numbered: bool) -> int:
    """Return the width that the labels need beside the first (0) or last (-1) period."""
    labels = [_ems(_end_label(line, end, is_numbered)) for line in lines]
    return int(max([2.5, *labels]) * TEXT) + MARGIN + 2


def _period_room(periods: Sequence[str]) -> int:
    return int(max(map(_ems, periods)) * TEXT) + 6


def _end_label(line: Line, end: int, is_numbered: bool) -> str:
    """Return the name at an end of the line, with the rank where no ring bears it."""
    point = line.points[end]
    if point is None:
        return ""
    name = _cut(line.label, MAX_LABEL)
    return name if is_numbered else f"{point.number}. {name}"


def _axis(frame: _Frame, periods: Sequence[str], height: int) -> str:
    """Draw the periods' labels, as many as fit counted from the newest, and a rule for each."""
    last = len(periods) - 1
    every = -(-_period_room(periods) // frame.step)
    labels = "".join(
        f'<text x="{frame.x(number)}" y="14">{escape(label)}</text>'
        for number, label in enumerate(periods)
        if (last - number) % every == 0
    )
    rules = "".join(f"M{frame.x(n)} {HEAD - 10}V{height}" for n in range(len(periods)))
    return f'<g class="axis"><path d="{rules}"/>{labels}</g>'


def _line(frame: _Frame, line: Line, number: int, periods: Sequence[str]) -> str:
    held = [(period, point) for period, point in enumerate(line.points) if point]
    dots = "".join(f"M{frame.x(period)} {frame.y(point)}h0" for period, point in held)
    path, gaps = _paths(frame, held)
    gap = f'<path class="gap" d="{gaps}"/>' if gaps else ""
    marks = _rings(frame, held, dots) if frame.is_numbered else f'<path class="dots" d="{dots}"/>'
    drawn = f'<path d="{path}"/>{gap}{marks}{_labels(frame, line, held)}'
    if not line.url:
        return drawn
    told = [held[0], held[-1]] if len(held) > 1 else held
    ranks = ", ".join(f"{periods[period]} {point.text}" for period, point in told)
    name = f"{line.label[:MAX_NAME]}: {ranks}"
    address, colour = escape(line.url), number % COLOURS
    return f'<a href="{address}" class="c{colour}" aria-label="{escape(name)}">{drawn}</a>'


def _paths(frame: _Frame, held: Sequence[tuple[int, Point]]) -> tuple[str, str]:
    """Return the path through neighbouring periods, and the one across those it was absent in."""
    period, point = held[0]
    path, gaps = f"M{frame.x(period)} {frame.y(point)}", ""
    for (before, start), (after, end) in pairwise(held):
        across, down = (after - before) * frame.step, frame.y(end) - frame.y(start)
        way = f"c{across // 2} 0 {across // 2} {down} {across} {down}" if down else f"h{across}"
        if after == before + 1:
            path += way
        else:
            gaps += f"M{frame.x(before)} {frame.y(start)}{way}"
            path += f"M{frame.x(after)} {frame.y(end)}"
    return path, gaps


def _rings(frame: _Frame, held: Sequence[tuple[int, Point]], dots: str) -> str:
    texts = "".join(
        f'<text x="{frame.x(period)}" y="{frame.y(point) + 4}">{escape(point.number)}</text>'
        for period, point in held
    )
    return (
        f'<path class="rings" d="{dots}"/><path class="holes" d="{dots}"/><g class="n">{texts}</g>'
    )


def _labels(frame: _Frame, line: Line, held: Sequence[tuple[int, Point]]) -> str:
    """Name the line at the edges it reaches, else beside its last point."""
    last = len(line.points) - 1
    texts = []
    for end, period, side in ((0, 0, -1), (-1, last, 1)):
        if point := line.points[end]:
            texts.append((side, period, point, _end_label(line, end, frame.is_numbered)))
    if not texts:
        texts.append((1, *held[-1], _cut(line.label, MAX_INNER_LABEL)))
    return "".join(
        f'<text class="{"end" if side < 0 else ""}" x="{frame.x(period) + side * MARGIN}"'
        f' y="{frame.y(point) + 4}">{escape(text)}</text>'
        for side, period, point, text in texts
    )
