"""What has changed between a period's figures before and after, in words for the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from articles.rankings.layout import rank_text

# Stands for the total, which ranks no subject, where others have their subject's key.
TOTAL = 0


@dataclass(frozen=True)
class Figure:
    """One entry as printed, or a total, which has no `entry_id` (a key in the database)."""

    entry_id: int | None
    rank: int
    tied: bool
    label: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Difference:
    """One changed field of an entry, or with `field` "" a row that came (no old) or went."""

    entry_id: int | None
    rank: str
    entry_label: str
    field: str
    old: str
    new: str


def figure_of(entry: Any) -> Figure:
    """Return a stored entry's figures, as they are now."""
    return Figure(entry.pk, entry.rank, entry.tied, entry.label, dict(entry.cells))


def total_figure(total: Mapping[str, Any]) -> Figure:
    return Figure(None, 0, False, total["label"], dict(total["cells"]))


def differences(
    columns: Sequence[Mapping[str, str]],
    rank_heading: str,
    before: Mapping[int, Figure],
    after: Mapping[int, Figure],
) -> Iterator[Difference]:
    """Yield what has changed, in the new order; the figures are given by their subject's key.

    An order within a tie is no figure. Rows that are gone come last.
    """
    for subject, new in after.items():
        old = before.get(subject)
        if old is None:
            yield _whole_row(columns, new, "", _printed(columns, new))
            continue
        fields = [(rank_heading, printed_rank(old), printed_rank(new))]
        fields += [
            (column["heading"], _cell(columns, old, column), _cell(columns, new, column))
            for column in columns
        ]
        for field, was, now in fields:
            if was != now:
                yield Difference(new.entry_id, printed_rank(new), new.label, field, was, now)
    for subject, old in before.items():
        if subject not in after:
            yield _whole_row(columns, old, _printed(columns, old), "")


def printed_rank(figure: Figure) -> str:
    """Return the rank in words; the total has none."""
    return rank_text(figure.rank, figure.tied) if figure.rank else ""


def _cell(columns: Sequence[Mapping[str, str]], figure: Figure, column: Mapping[str, str]) -> str:
    if column["key"] == columns[0]["key"]:
        return figure.label
    return str(figure.cells.get(column["key"], ""))


def _printed(columns: Sequence[Mapping[str, str]], figure: Figure) -> str:
    cells = (_cell(columns, figure, column) for column in columns)
    return ", ".join(filter(None, [printed_rank(figure), *cells]))


def _whole_row(
    columns: Sequence[Mapping[str, str]], figure: Figure, old: str, new: str
) -> Difference:
    return Difference(figure.entry_id, printed_rank(figure), figure.label, "", old, new)
