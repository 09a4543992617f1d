"""What stands for an article where there is no picture: its ranking in small, or its category's
motif. Lines and dots on a ground of 96 by 60, drawn as SVG in pages and with the share picture.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 96, 60
# Of a ranking: the periods from left to right, and its first ranks from above.
MOST_PERIODS, MOST_RANKS = 6, 5
_LEFT, _RIGHT, _TOP, _STEP = 14, 82, 10, 10

Point = tuple[int, int]


@dataclass(frozen=True)
class Figure:
    """`main` stands out of the other lines; dots stand at the ends of what is drawn."""

    lines: tuple[tuple[Point, ...], ...]
    main: tuple[Point, ...] = ()
    dots: tuple[Point, ...] = ()

    def svg(self) -> SafeString:
        """Return the figure for a page: decoration, so nobody hears it; the style sheet colours."""
        paths = [
            ("", "".join(map(_path, self.lines))),
            (' class="dots"', "".join(f"M{x} {y}h0" for x, y in self.dots)),
            (' class="main"', _path(self.main) if self.main else ""),
            (' class="main dots"', "M{} {}h0".format(*self.main[-1]) if self.main else ""),
        ]
        drawn = "".join(f'<path{name} d="{path}"/>' for name, path in paths if path)
        return mark_safe(  # noqa: S308 - numbers and words of our own
            f'<svg class="figure" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{drawn}</svg>'
        )


def _path(points: tuple[Point, ...]) -> str:
    first, *others = points
    return f"M{first[0]} {first[1]}" + "".join(f"L{x} {y}" for x, y in others)


def ranking_figure(periods: Sequence[dict[Hashable, int]]) -> Figure | None:
    """Return the first ranks through time, of periods as {subject: rank}; None without any.

    The newest period's first stands out; a single period is a list, the higher the longer.
    """
    periods = [period for period in periods if period][-MOST_PERIODS:]
    if not periods:
        return None
    if len(periods) == 1:
        ranks = sorted(rank for rank in periods[0].values() if rank <= MOST_RANKS)
        rows = [
            ((_LEFT, _row(place)), (_RIGHT - (place - 1) * 12, _row(place)))
            for place in range(1, min(len(ranks), MOST_RANKS) + 1)
        ]
        return Figure(tuple(rows[1:]), rows[0]) if rows else None
    step = (_RIGHT - _LEFT) // (len(periods) - 1)
    subjects = list(dict.fromkeys(subject for period in periods for subject in period))
    first = min(periods[-1], key=lambda subject: periods[-1][subject])
    lines: list[tuple[Point, ...]] = []
    main: tuple[Point, ...] = ()
    dots: list[Point] = []
    for subject in subjects:
        for run in _runs([period.get(subject) for period in periods]):
            points = tuple((_LEFT + number * step, _row(rank)) for number, rank in run)
            dots.append(points[-1])
            if subject == first and run[-1][0] == len(periods) - 1:
                # A newcomer has no line behind it.
                main = points if len(points) > 1 else (points[0], points[0])
            elif len(points) > 1:
                lines.append(points)
    return Figure(tuple(lines), main, tuple(dots)) if dots else None


def _row(rank: int) -> int:
    return _TOP + (rank - 1) * _STEP


def _runs(ranks: Sequence[int | None]) -> list[list[tuple[int, int]]]:
    """Return the runs of ranks that are among the first, each as [(period's number, rank)]."""
    runs: list[list[tuple[int, int]]] = []
    is_going_on = False
    for number, rank in enumerate(ranks):
        is_shown = rank is not None and rank <= MOST_RANKS
        if rank is not None and is_shown:
            if not is_going_on:
                runs.append([])
            runs[-1].append((number, rank))
        is_going_on = is_shown
    return runs


def motif(number: int) -> Figure:
    """Return the motif of the category with key `number`."""
    return _MOTIFS[number % len(_MOTIFS)]


def _box(inset: int) -> tuple[Point, ...]:
    left, top, right, bottom = 30 + inset, 12 + inset, 66 - inset, 48 - inset
    return ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))


_KNOWN = ((24, 42), (40, 20), (58, 36), (74, 16), (76, 46))
_MOTIFS = (
    # Waves
    Figure(
        tuple(
            tuple((x, y + (6 if x // 12 % 2 else -6)) for x in range(12, 85, 12))
            for y in (18, 30, 42)
        )
    ),
    # Columns
    Figure(
        tuple(
            ((18 + number * 12, 50), (18 + number * 12, 50 - height))
            for number, height in enumerate((12, 22, 16, 30, 26, 38))
        )
    ),
    # A frame within a frame
    Figure((_box(0), _box(8)), dots=((48, 30),)),
    # Who knows whom
    Figure((_KNOWN[:4], (_KNOWN[0], _KNOWN[2], _KNOWN[4]), (_KNOWN[1], _KNOWN[3])), dots=_KNOWN),
    # Steps
    Figure((((16, 50), (32, 50), (32, 38), (48, 38), (48, 26), (64, 26), (64, 14), (80, 14)),)),
    # A field of dots
    Figure((), dots=tuple((x, y) for y in (15, 30, 45) for x in range(20, 77, 14))),
    # Slopes
    Figure(tuple(((x, 48), (x + 24, 12)) for x in range(12, 61, 12))),
)
