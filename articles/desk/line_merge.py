"""Three-way merge of texts by lines (diff3).

Written here because merge3, the one well-kept library, is under the GPL; what compares two texts is
diff-match-patch, as for words.
"""

from collections.abc import Iterator

from articles.content.word_diff import unchanged_lines

Lines = list[str]


def merged_lines(
    base: Lines, theirs: Lines, mine: Lines
) -> Iterator[Lines | tuple[Lines, Lines, Lines]]:
    """Yield lines that are joined, and (base, theirs, mine) of those that clash."""
    at = (0, 0, 0)
    for *starts, count in [*_unchanged(base, theirs, mine), (len(base), len(theirs), len(mine), 0)]:
        before, other, own = (
            side[begin:end]
            for side, begin, end in zip((base, theirs, mine), at, starts, strict=True)
        )
        if before == other or other == own:
            yield own
        elif before == own:
            yield other
        else:
            yield from _clashing(before, other, own)
        yield base[starts[0] : starts[0] + count]
        at = tuple(start + count for start in starts)  # type: ignore[assignment]


def _unchanged(base: Lines, theirs: Lines, mine: Lines) -> Iterator[tuple[int, int, int, int]]:
    """Yield (place in base, in theirs, in mine, count) of the lines that nobody has changed."""
    of_theirs: dict[int, int] = {}
    of_mine: dict[int, int] = {}
    for places, side in ((of_theirs, theirs), (of_mine, mine)):
        for start, other, count in unchanged_lines(base, side):
            places.update(
                zip(range(start, start + count), range(other, other + count), strict=True)
            )
    for place in sorted(of_theirs.keys() & of_mine.keys()):
        yield place, of_theirs[place], of_mine[place], 1


def _clashing(
    base: Lines, theirs: Lines, mine: Lines
) -> Iterator[Lines | tuple[Lines, Lines, Lines]]:
    """Yield the lines that both say at both ends, and between them what clashes."""
    same = [one == other for one, other in zip(theirs, mine, strict=False)]
    head = same.index(False) if False in same else len(same)
    theirs, mine, shared = theirs[head:], mine[head:], mine[:head]
    same = [one == other for one, other in zip(theirs[::-1], mine[::-1], strict=False)]
    tail = same.index(False) if False in same else len(same)
    yield shared
    yield base, theirs[: len(theirs) - tail], mine[: len(mine) - tail]
    yield mine[len(mine) - tail :]
