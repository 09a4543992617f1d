"""A period's rows as entered, and what is impossible in them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from articles.models import RankingSubject


@dataclass
class EntryRow:
    """One line of a period as entered: its rank, who, as printed, and the other cells."""

    rank: int
    subject: "RankingSubject"
    label: str
    cells: dict[str, str] = field(default_factory=dict)
    tied: bool = False


def faults_of(
    rows: Sequence[EntryRow], period: str, columns: Sequence[dict[str, str]]
) -> Iterator[ValidationError]:
    """Yield each fault of `rows`, in order of position; their subjects may be unsaved.

    Its params say where it is: `period` as given, `row` counted from 1, and `column`, a column's
    key, or None for the rank.
    """
    ranks = Counter(row.rank for row in rows)
    # By what the database keeps unique: a subject without a key cannot be counted itself.
    subjects = Counter((row.subject.name, row.subject.country) for row in rows)
    label_key = columns[0]["key"]
    rank_above = 1
    for number, row in enumerate(rows, start=1):
        where = {"period": period, "row": number, "rank": row.rank, "subject": row.subject}
        for message in _rank_faults(row, ranks, rank_above):
            yield ValidationError(message, "rank", {**where, "column": None})
        rank_above = max(rank_above, row.rank)
        if subjects[row.subject.name, row.subject.country] > 1:
            message = _("%(period)s, row %(row)s: %(subject)s stands twice.")
            yield ValidationError(message, "subject", {**where, "column": label_key})
        for column in columns:
            key = column["key"]
            if not str(row.label if key == label_key else row.cells.get(key, "")).strip():
                where_in_row = {"column": key, "heading": column["heading"]}
                yield ValidationError(empty_cell(), "empty", {**where, **where_in_row})
        if row.cells.keys() - {column["key"] for column in columns[1:]}:
            message = _("%(period)s, row %(row)s: a cell has no column.")
            yield ValidationError(message, "cell", {**where, "column": label_key})


def empty_cell() -> str:
    """Return the message for a cell without text, with places for `period`, `row`, `heading`."""
    return _("%(period)s, row %(row)s: %(heading)s is empty.")


def _rank_faults(row: EntryRow, ranks: Counter[int], rank_above: int) -> Iterator[str]:
    if row.rank < 1:
        yield _("%(period)s, row %(row)s: the first rank is 1.")
    elif row.rank < rank_above:
        yield _("%(period)s, row %(row)s: the ranks are not in ascending order.")
    if ranks[row.rank] > 1 and not row.tied:
        yield _("%(period)s, row %(row)s: rank %(rank)s stands twice without a tie.")
    if ranks[row.rank] == 1 and row.tied:
        yield _("%(period)s, row %(row)s: a tie needs two of a rank.")
