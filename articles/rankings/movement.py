"""How ranks move from one period to the next, among the ranks that are shown."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

Subject = TypeVar("Subject", bound=Hashable)


class Kind(StrEnum):
    UP = "up"
    DOWN = "down"
    SAME = "same"
    NEW = "new"
    RETURNED = "returned"


@dataclass(frozen=True)
class Move:
    """What became of one subject: `steps` is how many ranks it has gained or lost."""

    kind: Kind
    steps: int = 0


@dataclass(frozen=True)
class Comparison(Generic[Subject]):
    """One period beside the one before it that has figures, whose index is `with_period`.

    `gone` holds who stood there and stands no longer, in the order they stood in.
    """

    with_period: int | None
    moves: Mapping[Subject, Move]
    gone: tuple[Subject, ...] = ()


def compare(periods: Sequence[Mapping[Subject, int]]) -> list[Comparison[Subject]]:
    """Return a Comparison for each of `periods`, in order of time, each {subject: rank}.

    A period without figures is a gap: it is compared with nothing, and nothing with it. Ranks
    that a period does not hold are unknown, so “new” means not among the ranks of any period
    before, and “returned” among those of an earlier one but not of the last.
    """
    comparisons: list[Comparison[Subject]] = []
    seen: set[Subject] = set()
    last: int | None = None
    for number, ranks in enumerate(periods):
        if last is None or not ranks:
            comparisons.append(Comparison(None, {}))
        else:
            before = periods[last]
            moves = {who: _move(before.get(who), rank, who in seen) for who, rank in ranks.items()}
            gone = tuple(who for who in before if who not in ranks)
            comparisons.append(Comparison(last, moves, gone))
        if ranks:
            last = number
            seen |= ranks.keys()
    return comparisons


def newest_pair(
    periods: Sequence[Any], comparisons: Sequence[Comparison]
) -> tuple[Any, Any, Comparison] | None:
    """Return the newest of `periods` that is compared, after the one before it."""
    for period, comparison in zip(reversed(periods), reversed(comparisons), strict=True):
        if comparison.with_period is not None:
            return periods[comparison.with_period], period, comparison
    return None


def ranks_of(period) -> dict[int, int]:
    """Return {subject's key: rank} of a loaded period, in order of position."""
    return {entry.subject_id: entry.rank for entry in period.entries.all()}


def _move(before: int | None, rank: int, was_seen: bool) -> Move:
    if before is None:
        return Move(Kind.RETURNED if was_seen else Kind.NEW)
    if before == rank:
        return Move(Kind.SAME)
    return Move(Kind.UP if rank < before else Kind.DOWN, abs(before - rank))


def gained(move: Move | None) -> int:
    """Return how many ranks a move has gained, below 0 where it has lost them."""
    if move is None:
        return 0
    return -move.steps if move.kind is Kind.DOWN else move.steps


def sign(move: Move) -> str:
    """Return a rise or a fall as an arrow and its ranks."""
    return f"{'▲' if move.kind is Kind.UP else '▼'}{move.steps}"


def draw(move: Move | None) -> SafeString | str:
    """Draw a move by shape and text: an arrow to look at, and words for who does not see it."""
    if move is None:
        return ""
    match move.kind:
        case Kind.UP:
            words = _("up by %(steps)s ranks") % {"steps": move.steps}
        case Kind.DOWN:
            words = _("down by %(steps)s ranks") % {"steps": move.steps}
        case _:
            drawn = escape(_word(move.kind))
            return mark_safe(f'<small class="move {move.kind}">{drawn}</small>')  # noqa: S308
    return mark_safe(  # noqa: S308 - words of our own
        f'<small class="move {move.kind}"><span aria-hidden="true">{sign(move)}</span>'
        f'<span class="visually-hidden">{escape(words)}</span></small>'
    )


def _word(kind: Kind) -> str:
    match kind:
        case Kind.NEW:
            return pgettext("in a ranking", "new")
        case Kind.RETURNED:
            return pgettext("in a ranking", "back again")
    return pgettext("in a ranking", "unchanged")
