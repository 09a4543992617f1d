"""What one period changed, in a sentence: “신규 4 · 최고 상승 알리바바 ▲3 · 이탈 구글 외 3”."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles.rankings.movement import (
    Comparison,
    Kind,
    Move,
    Subject,
    compare,
    draw,
    newest_pair,
    ranks_of,
    sign,
)


@dataclass(frozen=True)
class Part:
    """A piece of the sentence: what happened, to how many or whom, and by how many ranks."""

    text: str
    move: Move | None = None

    def __str__(self) -> str:
        return f"{self.text} {sign(self.move)}" if self.move else self.text


@dataclass(frozen=True)
class Changes:
    """What happened since the period whose label is `since`."""

    since: str
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return " · ".join(map(str, self.parts))

    def as_html(self) -> SafeString:
        """Draw a piece an element, so that none is torn at the end of a line."""
        pieces = ((part.text, " " if part.move else "", draw(part.move)) for part in self.parts)
        return format_html_join(" ", "<span>{}{}{}</span>", pieces)


def parts_of(comparison: Comparison[Subject], names: Mapping[Subject, str]) -> tuple[Part, ...]:
    """Return the sentence's pieces; where nobody rose, the greatest fall is told instead."""
    kinds: dict[Kind, list[Subject]] = {kind: [] for kind in Kind}
    for who, move in comparison.moves.items():
        kinds[move.kind].append(who)
    parts = []
    if count := len(kinds[Kind.NEW]):
        parts.append(Part(_("%(count)s new") % {"count": count}))
    if count := len(kinds[Kind.RETURNED]):
        parts.append(Part(_("%(count)s back again") % {"count": count}))
    if movers := kinds[Kind.UP] or kinds[Kind.DOWN]:
        # Several with the same move are told as one, the highest by name.
        furthest = max((comparison.moves[who] for who in movers), key=lambda move: move.steps)
        who = _named([who for who in movers if comparison.moves[who] == furthest], names)
        is_rise = furthest.kind is Kind.UP
        words = _("greatest rise %(names)s") if is_rise else _("greatest fall %(names)s")
        parts.append(Part(words % {"names": who}, furthest))
    if comparison.gone:
        parts.append(Part(_("out %(names)s") % {"names": _named(comparison.gone, names)}))
    return tuple(parts) or (Part(_("no rank has moved")),)


def changes_of(before: Any, period: Any, comparison: Comparison) -> Changes:
    """Return what `comparison` found between two periods, loaded with entries and subjects."""
    names = {
        entry.subject_id: entry.subject.name
        for each in (before, period)
        for entry in each.entries.all()
    }
    return Changes(before.label, parts_of(comparison, names))


def newest_changes(periods: Sequence[Any], comparisons: Sequence[Comparison]) -> Changes | None:
    """Return what the newest period with figures changed; None where it is the first."""
    pair = newest_pair(periods, comparisons)
    return changes_of(*pair) if pair else None


def changes_through(periods: Sequence[Any]) -> Changes | None:
    """Return what the newest of loaded `periods` (in order) changed, or None."""
    return newest_changes(periods, compare([ranks_of(period) for period in periods]))


def _named(subjects: Sequence[Subject], names: Mapping[Subject, str]) -> str:
    """Name the first of `subjects` and count the others."""
    first = names[subjects[0]]
    if len(subjects) == 1:
        return first
    return _("%(name)s +%(count)s") % {"name": first, "count": len(subjects) - 1}
