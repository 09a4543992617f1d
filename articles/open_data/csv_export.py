"""A series' figures to take away: rows, their CSV, and the digest that a file is checked by.

`docs/data.md` documents the forms for those who use them; `docs/check_figures.py` checks a file.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from articles.rankings.layout import ranks_of
from articles.rankings.movement import compare

FIXED = ("period", "as_of", "rank", "tied", "subject", "name", "country", "label")
COMPUTED = ("movement", "steps")
NOTE_SIGN = "#"
BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet would take for a formula, also as full-width signs; what begins a note; and the
# apostrophe itself, so that exactly one is taken off again.
GUARDED = tuple("=+-@#\t\r＝＋－＠'")

Value = str | int
Note = tuple[str, str]


@dataclass(frozen=True)
class Figures:
    """The rows under their keys, in order of period and position; texts are as printed."""

    keys: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    @property
    def table(self) -> list[list[Value]]:
        """Return keys and rows, every text guarded, as the files hold them."""
        return [[guard(value) for value in row] for row in (self.keys, *self.rows)]

    @property
    def digest(self) -> str:
        """Return `sha256:` and the digest of the keys and rows as CSV, without any notes."""
        return f"sha256:{sha256(_csv_lines(self.table).encode()).hexdigest()}"


def figures_of(ranking) -> Figures:
    """Return the Figures of a series whose periods, entries and subjects are loaded.

    A period's total follows its entries, as a line without rank and subject.
    """
    periods = list(ranking.periods.all())
    cell_keys = [column["key"] for column in ranking.cell_columns]
    rows: list[tuple[Value, ...]] = []
    comparisons = compare([ranks_of(period) for period in periods])
    for period, comparison in zip(periods, comparisons, strict=True):
        for entry in period.entries.all():
            subject, move = entry.subject, comparison.moves.get(entry.subject_id)
            rows.append(
                (
                    *(period.label, period.as_of.isoformat(), entry.rank, int(entry.tied)),
                    *(subject.slug, subject.name, subject.country, entry.label),
                    *(str(entry.cells.get(key, "")) for key in cell_keys),
                    *((move.kind.value, move.steps) if move else ("", 0)),
                )
            )
        if period.total:
            rows.append(
                (
                    *(period.label, period.as_of.isoformat(), "", 0, "", "", ""),
                    period.total["label"],
                    *(str(period.total["cells"].get(key, "")) for key in cell_keys),
                    *("", 0),
                )
            )
    return Figures((*FIXED, *(f"cell.{key}" for key in cell_keys), *COMPUTED), tuple(rows))


def to_csv(figures: Figures, notes: Iterable[Note]) -> str:
    """Return keys, rows, and below them a line `#,name,text` for each of `notes`."""
    lines = [[NOTE_SIGN, name, guard(text)] for name, text in notes]
    return _csv_lines(figures.table) + _csv_lines(lines)


def guard(value: Value) -> Value:
    """Put an apostrophe before a text that a spreadsheet would not take as a plain one."""
    return f"'{value}" if isinstance(value, str) and value.startswith(GUARDED) else value


def _csv_lines(rows: Iterable[Sequence[Value]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
