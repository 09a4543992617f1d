"""What two people have made of one thing, joined: a three-way merge of the bundle's data.

Fields that one of them has changed come from that one; texts that both have changed are joined line
by line (diff3), lists by what their rows are known by. What both have changed, each in another way,
is a clash, which somebody settles.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from typing import Any

from articles.desk.differences import as_text, row_key
from articles.desk.line_merge import merged_lines

THEIRS, MINE = "theirs", "mine"

# Joined line by line, and worded anew by hand where both have changed a line.
TEXTS = {"summary", "body"}
# Worded anew by hand, as one line.
LINES = {
    *("title", "kicker", "byline", "headline", "publisher", "caption", "source_note"),
    *("rank_heading", "heading", "label"),
}

Path = tuple[str, ...]


@dataclass(frozen=True)
class Clash:
    """What both have changed, each in another way; None is a row that one of them has deleted.

    `path` leads to it: a field of the data, and in a list what the row is known by and its field.
    """

    path: Path
    base: Any
    theirs: Any
    mine: Any
    # Two passages of a text may clash in the same words: how many before this one do.
    place: int = 0
    # Of a passage: the line that stands above it, which nobody is asked about.
    above: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        """Return what stands for just this clash, wherever else something changes."""
        said = repr((self.path, self.base, self.theirs, self.mine, self.place))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def field_name(self) -> str:
        return self.path[-1]

    @property
    def is_text(self) -> bool:
        return _is_text(self.path, self.theirs, self.mine)

    @property
    def is_worded(self) -> bool:
        """Tell whether it can be worded anew by hand."""
        is_line = self.field_name in LINES and isinstance(self.theirs, str)
        return self.is_text or (is_line and isinstance(self.mine, str))

    @property
    def both(self) -> str:
        """Return what wording it anew begins with."""
        if not self.is_text:
            return self.mine
        return "\n".join(filter(None, (self.theirs, self.mine)))


@dataclass(frozen=True)
class Worded:
    """What stands in the place of a clash, in somebody's own words."""

    text: str


# {a clash's name: THEIRS, MINE or what it is worded anew as}
Answers = Mapping[str, "str | Worded"]


@dataclass(frozen=True)
class Joined:
    """The data that say what both wanted; where they clash, what was answered, or else mine."""

    data: Any
    clashes: tuple[Clash, ...]


def join(base: Any, theirs: Any, mine: Any, answers: Answers | None = None) -> Joined:
    """Join two data of one class that both come from `base`."""
    joining = _Joining(answers or {})
    return Joined(joining.values((), base, theirs, mine), tuple(joining.clashes))


def own_changes(base: Any, theirs: Any, mine: Any) -> Any:
    """Return `base` with what `mine`, a form that was saved over `theirs`, has changed itself.

    Such a form leaves as it is what it does not show, so that much of `mine` says what `theirs`
    does.
    """
    if mine == theirs:
        return base
    if base is None or theirs is None:
        return mine
    if is_dataclass(mine):
        return _own_fields(base, theirs, mine)
    if not _holds_rows(base, theirs, mine):
        return mine
    before, other, own = _with_identity(base, theirs, mine)
    rows = []
    for key, row in own.items():
        if key in before:
            rows.append(own_changes(before[key], other.get(key), row))
        elif row != other.get(key):
            rows.append(row)
    return tuple(rows)


def _own_fields(base: Any, theirs: Any, mine: Any) -> Any:
    names = [each.name for each in fields(mine)]
    sides = (base, theirs, mine)
    own = {name: own_changes(*(getattr(side, name) for side in sides)) for name in names}
    return replace(mine, **own)


class _Joining:
    def __init__(self, answers: Answers):
        self.answers = answers
        self.clashes: list[Clash] = []

    def values(self, path: Path, base: Any, theirs: Any, mine: Any) -> Any:
        if theirs in (mine, base):
            return mine
        if mine == base:
            return theirs
        if is_dataclass(mine) and is_dataclass(theirs):
            return self._fields(path, base, theirs, mine)
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            return self._cells(path, base or {}, theirs, mine)
        if _holds_rows(base, theirs, mine):
            return self._rows(path, base or (), theirs, mine)
        if isinstance(mine, tuple):
            return _joined_sets(base or (), theirs, mine)
        if _is_text(path, theirs, mine):
            return self._lines(path, base or "", theirs, mine)
        return self._settle(Clash(path, base, theirs, mine))

    def _settle(self, clash: Clash) -> Any:
        self.clashes.append(clash)
        match self.answers.get(clash.name, MINE):
            case Worded(text):
                return text
            case answer:
                return clash.theirs if answer == THEIRS else clash.mine

    def _times(self, clash: Clash) -> int:
        return sum(replace(known, place=0) == clash for known in self.clashes)

    def _fields(self, path: Path, base: Any, theirs: Any, mine: Any) -> Any:
        joined = {}
        for each in fields(mine):
            other, own = getattr(theirs, each.name), getattr(mine, each.name)
            # Of a row that both have added nothing was said before.
            before = getattr(base, each.name, "" if isinstance(own, str) else None)
            joined[each.name] = self.values((*path, each.name), before, other, own)
        return replace(mine, **joined)

    def _cells(self, path: Path, base: Mapping, theirs: Mapping, mine: Mapping) -> dict[str, Any]:
        keys = dict.fromkeys([*theirs, *mine])
        joined = {
            key: self.values((*path, key), base.get(key), theirs.get(key), mine.get(key))
            for key in keys
        }
        return {key: value for key, value in joined.items() if value is not None}

    def _rows(self, path: Path, base: tuple, theirs: tuple, mine: tuple) -> tuple:
        before, other, own = _with_identity(base, theirs, mine)
        rows = []
        for key in _in_order([*before], [*other], [*own]):
            sides = before.get(key), other.get(key), own.get(key)
            called = next(as_text(row_key(row)) for row in sides[::-1] if row is not None)
            row = self.values((*path, called), *sides)
            if row is not None:
                rows.append(row)
        return tuple(rows)

    def _lines(self, path: Path, base: str, theirs: str, mine: str) -> str:
        joined: list[str] = []
        above = ""
        for part in merged_lines(*(text.split("\n") for text in (base, theirs, mine))):
            if isinstance(part, list):
                joined += part
                above = next(filter(str.strip, reversed(part)), above)
                continue
            before, other, own = ("\n".join(lines) for lines in part)
            if not other.strip() and not own.strip():
                # They differ in empty lines.
                joined += part[2]
                continue
            same = Clash(path, before, other, own, above=above)
            settled = self._settle(replace(same, place=self._times(same)))
            joined += settled.split("\n") if settled else []
        return "\n".join(joined)


def _is_text(path: Path, theirs: Any, mine: Any) -> bool:
    return path[-1] in TEXTS and isinstance(theirs, str) and isinstance(mine, str)


# Lists


def _holds_rows(*sides: tuple | None) -> bool:
    rows = [row for side in sides if isinstance(side, tuple) for row in side]
    return bool(rows) and is_dataclass(rows[0])


def _joined_sets(base: tuple, theirs: tuple, mine: tuple) -> tuple[str | date, ...]:
    """Return what either has put in, without what either has taken out."""
    kept = {*theirs, *mine} - ({*base} - ({*theirs} & {*mine}))
    return tuple(sorted(kept))


def _with_identity(base: tuple, theirs: tuple, mine: tuple) -> list[dict[Any, Any]]:
    """Return {identity: row} of the three, in which one row has one identity wherever it is."""
    before = dict(zip(_numbered(base), base, strict=True))
    return [before, *(_identified(before, rows) for rows in (theirs, mine))]


def _numbered(rows: tuple) -> list[tuple[Any, int]]:
    """Return what each row is known by, and the how many-eth of that it is."""
    times: Counter = Counter()
    keys = []
    for row in rows:
        times[row_key(row)] += 1
        keys.append((row_key(row), times[row_key(row)]))
    return keys


def _identified(before: dict[Any, Any], rows: tuple) -> dict[Any, Any]:
    """Give rows the identity of one in `before`; one that is new has its own."""
    keys = _numbered(rows)
    free = [key for key in before if key not in keys]
    new = {key: row for key, row in zip(keys, rows, strict=True) if key not in before}
    # Rows that have lost what they were known by: what they say else tells which they are, or,
    # where there are as many as before, their order.
    known_as = {}
    for key, row in new.items():
        if alike := [old for old in free if _is_alike(before[old], row)]:
            known_as[key] = alike[0]
            free.remove(alike[0])
    left = [key for key in new if key not in known_as]
    if len(left) == len(free):
        known_as |= zip(left, free, strict=True)
    return {known_as.get(key, key): row for key, row in zip(keys, rows, strict=True)}


def _is_alike(one: Any, other: Any) -> bool:
    """Tell whether at least half of what two rows say is the same."""
    pairs = [(getattr(one, each.name), getattr(other, each.name)) for each in fields(one)]
    said = [pair for pair in pairs if any(pair)]
    return 2 * sum(old == new for old, new in said) >= len(said)


def _in_order(before: list, theirs: list, mine: list) -> list:
    """Return all identities: in my order if I have moved any, else in theirs."""
    common = [key for key in before if key in mine]
    has_moved = common != [key for key in mine if key in before]
    first, second = (mine, theirs) if has_moved else (theirs, mine)
    joined = [*first]
    for place, key in enumerate(second):
        if key not in joined:
            joined.insert(joined.index(second[place - 1]) + 1 if place else 0, key)
    return joined
