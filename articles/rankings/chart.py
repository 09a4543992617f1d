"""Ranks through time as SVG: no script, no inline style, and small whatever it is given.

Who moved the furthest since the period before has a colour, each another, and the rest is grey: so
no two lines of a colour cross. Whoever is not among the rows shown stands in a row below them.
`static/css/rank_chart.css` gives the looks, for light, dark, print and forced colours.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

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
TEXT, SMALL_TEXT, HEAD, NUMBERED_ROW, DENSE_ROW, MARGIN = 13, 11, 34, 34, 24, 16
NARROWEST_STEP, WIDEST_STEP, WIDTH_OF_STEPS = 34, 72, 560
# A chart of this width or less may be enlarged where there is room.
SMALL_WIDTH = 520
# In ems of the label's text.
MAX_LABEL, MAX_INNER_LABEL = 11, 8
MAX_NAME = 60
# Up to here a line is found by its names at its ends.
MANY_LINES = 12
# Who rose the furthest has a warm colour, who fell the furthest a cool one.
RISERS, FALLERS = ("c0", "c1", "c2"), ("c3", "c4", "c5")


@dataclass(frozen=True)
class Point:
    """A rank held: the row it stands in (from 1), its number, and how it is printed."""

    row: float
    number: str
    text: str


@dataclass(frozen=True)
class Line:
    """A subject's points, one a period, None where it is not in the table.

    `url` and `key`, which tells it from the others, may be ""; `steps` are the ranks that it has
    gained since the period before the newest.
    """

    label: str
    url: str
    points: tuple[Point | None, ...]
    key: str = ""
    steps: int = 0


@dataclass(frozen=True)
class Chart:
    """A drawn chart; `names` are the lines' ids and whole names where they are many, or cut."""

    svg: SafeString
    note: str
    id: str
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Frame:
    left: int
    step: int
    row: int
    is_numbered: bool
    depth: float
    named: list[tuple[float, float, int]] = field(default_factory=list)

    def has_room(self, begin: float, end: float, y: int) -> bool:
        """Take the place of a name above a point, unless another's is there."""
        if any(begin < other[1] and other[0] < end and other[2] == y for other in self.named):
            return False
        self.named.append((begin, end, y))
        return True

    def x(self, period: int) -> int:
        return self.left + period * self.step

    def y(self, point: Point | None) -> int:
        """Return the height of a point, or of the row below all."""
        row = point.row if point else self.depth + 1
        return HEAD + MARGIN + round((row - 1) * self.row)


def bump_chart(title: str, periods: Sequence[str], lines: Sequence[Line], prefix: str) -> Chart:
    """Draw `lines` over `periods` (at least two labels); rows are those of the table.

    `prefix` makes the ids unique in the page. Of many lines the highest are drawn.
    """
    drawn = _highest(lines)
    count = sum(point is not None for line in drawn for point in line.points)
    is_numbered = count <= MAX_NUMBERED_POINTS
    below = _below(lines) if any(None in line.points for line in drawn) else ""
    left, right = (_room(drawn, end, is_numbered, below) for end in (0, -1))
    step = max(WIDTH_OF_STEPS // (len(periods) - 1), NARROWEST_STEP)
    step = min(step, max(_period_room(periods), WIDEST_STEP))
    depth = max((point.row for line in drawn for point in line.points if point), default=1)
    row = NUMBERED_ROW if is_numbered else DENSE_ROW
    frame = _Frame(left, step, row, is_numbered, depth)
    width = frame.x(len(periods) - 1) + right
    height = HEAD + 2 * MARGIN + round((depth if below else depth - 1) * frame.row)
    description = _(
        "Lines join the ranks that %(count)s names held from %(first)s to %(last)s. The table"
        " holds the same figures."
    ) % {"count": len(drawn), "first": periods[0], "last": periods[-1]}
    size = "small" if width <= SMALL_WIDTH else ""
    heading = _("Ranks through time: %(title)s") % {"title": title}
    colours = _colours(drawn)
    # What has a colour is drawn above the rest.
    ordered = sorted(drawn, key=lambda line: line.key in colours)
    ids = _ids(drawn, prefix)
    lines_drawn = "".join(_line(frame, line, colours, ids, periods) for line in ordered)
    svg = (
        f'<svg class="{size}" role="group" aria-labelledby="{prefix}-chart"'
        f' aria-describedby="{prefix}-lines" viewBox="0 0 {width} {height}"'
        f' width="{width / 16}rem" height="{height / 16}rem">'
        f'<title id="{prefix}-chart">{escape(heading)}</title>'
        f'<desc id="{prefix}-lines">{escape(description)}</desc>'
        f"{_axis(frame, periods, height)}{_row_below(frame, periods, below)}{lines_drawn}</svg>"
    )
    return Chart(
        mark_safe(svg),  # noqa: S308 - all texts are escaped
        _note(drawn, lines, colours),
        f"{prefix}-chart",
        tuple((ids[line.key], line.label) for line in drawn if ids),
    )


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
            cut.append(replace(line, points=points))
    cut.sort(key=lambda line: min(point.row for point in line.points if point))
    return cut[:MAX_LINES]


def _colours(drawn: Sequence[Line]) -> dict[str, str]:
    """Return the colours, by key, of who rose or fell the furthest to a point that is drawn."""
    moved = sorted((line for line in drawn if line.points[-1]), key=lambda line: -line.steps)
    risers = [line.key for line in moved if line.steps > 0]
    fallers = [line.key for line in reversed(moved) if line.steps < 0]
    return dict(zip(risers, RISERS, strict=False)) | dict(zip(fallers, FALLERS, strict=False))


def _below(lines: Sequence[Line]) -> str:
    """Name the row below all; where tables differ in length, their last ranks differ."""
    columns = zip(*(line.points for line in lines), strict=True)
    shown = [[point for point in column if point and point.row <= MAX_ROWS] for column in columns]
    lowest = {max(points, key=lambda point: point.row).number for points in shown if points}
    if len(lowest) == 1 and len(lines) > 1:
        return _("below %(rank)s") % {"rank": lowest.pop()}
    return _("not ranked")


def _note(drawn: Sequence[Line], lines: Sequence[Line], colours: dict[str, str]) -> str:
    """Say what is left out, and who of many that moved has a colour."""
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
    if sum(line.steps != 0 for line in drawn) > len(colours):
        notes.append(
            _(
                "In colour: who rose and fell the furthest since the period before, up to three"
                " each."
            )
        )
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


def _room(lines: Sequence[Line], end: int, is_numbered: bool, below: str) -> int:
    """Return the width that the labels need beside the first (0) or last (-1) period."""
    labels = [_ems(_end_label(line, end, is_numbered)) for line in lines]
    return int(max([2.5, _ems(below), *labels]) * TEXT) + MARGIN + 2


def _period_room(periods: Sequence[str]) -> int:
    return int(max(map(_ems, periods)) * TEXT) + 6


def _end_label(line: Line, end: int, is_numbered: bool) -> str:
    """Return the name at an end of the line, with the rank where no ring bears it."""
    point = line.points[end]
    if point is None:
        return ""
    name = _cut(line.label, MAX_LABEL)
    # The sign of the table, which the widest label has to have room for.
    if end and line.steps:
        name += f" {'▲' if line.steps > 0 else '▼'}{abs(line.steps)}"
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


def _row_below(frame: _Frame, periods: Sequence[str], name: str) -> str:
    """Draw where those are who are not among the rows, named at both ends."""
    if not name:
        return ""
    first, last, y = frame.x(0), frame.x(len(periods) - 1), frame.y(None)
    return (
        f'<g class="axis"><path d="M{first} {y}H{last}"/>'
        f'<text class="end" x="{first - MARGIN}" y="{y + 4}">{escape(name)}</text>'
        f'<text class="begin" x="{last + MARGIN}" y="{y + 4}">{escape(name)}</text></g>'
    )


def _ids(drawn: Sequence[Line], prefix: str) -> dict[str, str]:
    """Return the ids of lines by key, where they are many, or where a name is cut."""
    is_cut = any(_cut(line.label, MAX_LABEL) != line.label for line in drawn)
    if not is_cut and len(drawn) <= MANY_LINES:
        return {}
    return {line.key: f"{prefix}-l{line.key}" for line in drawn}


def _line(
    frame: _Frame,
    line: Line,
    colours: dict[str, str],
    ids: dict[str, str],
    periods: Sequence[str],
) -> str:
    held = [(period, point) for period, point in enumerate(line.points) if point]
    dots = "".join(f"M{frame.x(period)} {frame.y(point)}h0" for period, point in held)
    path, gaps = _paths(frame, line, held)
    gap = f'<path class="gap" d="{gaps}"/>' if gaps else ""
    marks = _rings(frame, held, dots) if frame.is_numbered else f'<path class="dots" d="{dots}"/>'
    drawn = f'<path d="{path}"/>{gap}{marks}{_labels(frame, line, held)}'
    if not line.url:
        return f'<g class="m c3">{drawn}</g>'
    told = [held[0], held[-1]] if len(held) > 1 else held
    ranks = ", ".join(f"{periods[period]} {point.text}" for period, point in told)
    name = f"{line.label[:MAX_NAME]}: {ranks}"
    colour = f' class="m {colours[line.key]}"' if line.key in colours else ""
    place = f' id="{ids[line.key]}"' if ids else ""
    address = f'href="{escape(line.url)}"'
    return f'<a{place}{colour} {address} aria-label="{escape(name)}">{drawn}</a>'


def _paths(frame: _Frame, line: Line, held: Sequence[tuple[int, Point]]) -> tuple[str, str]:
    """Return the path through neighbouring periods, and those from and to the row below."""
    first, last = held[0][0], held[-1][0]
    path = f"M{frame.x(first)} {frame.y(line.points[first])}"
    gaps, is_broken = "", False
    for number, (start, end) in enumerate(pairwise(line.points)):
        # Nothing is drawn of the time before it came and after it left.
        if not (start or end) and not first < number < last:
            continue
        down = frame.y(end) - frame.y(start)
        half = frame.step // 2
        way = f"c{half} 0 {half} {down} {frame.step} {down}" if down else f"h{frame.step}"
        if start and end:
            path += f"M{frame.x(number)} {frame.y(start)}{way}" if is_broken else way
        else:
            gaps += f"M{frame.x(number)} {frame.y(start)}{way}"
        is_broken = not (start and end)
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
    """Name the line where it begins and ends: beside the chart's edges, else above the point."""
    last = len(line.points) - 1
    texts = []
    for end, edge, side, kind in ((0, 0, -MARGIN, ' class="end"'), (-1, last, MARGIN, "")):
        if point := line.points[edge]:
            label = _end_label(line, end, frame.is_numbered)
            texts.append((kind, frame.x(edge) + side, frame.y(point) + 4, label))
    inner = _cut(line.label, MAX_INNER_LABEL)
    # A line of one point is named once.
    for (period, point), side in {held[0]: -4, held[-1]: 4}.items():
        if inner and 0 < period < last:
            x, y = frame.x(period) + side, frame.y(point) - (14 if frame.is_numbered else 7)
            wide = _ems(inner) * SMALL_TEXT
            begin = x - wide if side > 0 else x
            # Where others are named already, it waits until its line is picked out.
            over = "" if frame.has_room(begin, begin + wide, y) else " over"
            kind = f' class="in{" end" if side > 0 else ""}{over}"'
            texts.append((kind, x, y, inner))
    return "".join(
        f'<text x="{x}" y="{y}"{kind}>{escape(text)}</text>' for kind, x, y, text in texts
    )
