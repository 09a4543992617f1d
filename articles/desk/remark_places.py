"""Where in the newest text the passage of a remark stands: by its words, and those around them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any

from django.core.exceptions import ValidationError

from articles.content.markdown import with_lines
from articles.content.text import normalise_line
from articles.desk.page_reading import read
from articles.models import MonthlyIssue
from articles.models.remark import MAX_CONTEXT

# As far as the words around a passage reach, and a space.
AROUND = MAX_CONTEXT + 1
# What stands in more places names none: a letter in each of them would take seconds.
MOST_PLACES = 300


@dataclass(frozen=True)
class Passage:
    """A piece of text as readers see it, and the field of the form that it is written in.

    A text's `line` is counted from 1; a part's `row` from 0.
    """

    field: str
    text: str
    line: int = 0
    row: int | None = None

    @property
    def place(self) -> str:
        """Return the id of the element of the form."""
        return f"id_{self.field}" if self.row is None else f"{self.field}-{self.row}"


def passages_of(obj: Any) -> list[Passage]:
    """Return the passages of a stored article or monthly issue, in the order of its page."""
    find = _of_issue if isinstance(obj, MonthlyIssue) else _of_article
    return [passage for passage in find(obj) if passage.text]


def _of_article(article: Any) -> Iterator[Passage]:
    yield Passage("title", normalise_line(f"{article.kicker} {article.title}"))
    yield Passage("summary", normalise_line(article.summary))
    yield from _of_text(article.body, "body")
    tables = article.ranking_tables.prefetch_related("periods__entries")
    for row, table in enumerate(tables):
        yield Passage("ranking_tables", table.caption, row=row)
        for period in table.periods.all():
            for entry in period.entries.all():
                text = " ".join([str(entry.rank), entry.label, *map(str, entry.cells.values())])
                yield Passage("ranking_tables", normalise_line(text), row=row)
        yield Passage("ranking_tables", normalise_line(table.source_note), row=row)
    for row, reference in enumerate(article.references.all()):
        text = ", ".join(filter(None, [reference.publisher, reference.title]))
        yield Passage("references", text, row=row)


def _of_issue(issue: MonthlyIssue) -> Iterator[Passage]:
    yield Passage("title", issue.title)
    for row, item in enumerate(issue.items.all()):
        yield Passage("items", str(item), row=row)
        yield from _of_text(item.body, "items", row)


def _of_text(source: str, field: str, row: int | None = None) -> Iterator[Passage]:
    try:
        page = read(with_lines(source))
    except ValidationError:
        return
    for block in page.blocks:
        yield Passage(field, normalise_line(block.shown), block.line, row)


class Places:
    """Finds the passages of remarks in one text."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self.passages = list(passages)
        self.whole = " ".join(passage.text for passage in self.passages)
        lengths = [len(passage.text) + 1 for passage in self.passages]
        self.begins = [0, *accumulate(lengths)][:-1]

    def find(self, quote: str, before: str = "", after: str = "") -> Passage | None:
        """Return the passage where `quote` begins, the one whose surroundings fit best."""
        quote, before, after = (normalise_line(text) for text in (quote, before, after))
        if not quote:
            return None
        found = list(islice(self._places_of(quote), MOST_PLACES + 1))
        if not found or len(found) > MOST_PLACES:
            return None
        best = max(found, key=lambda at: self._fit(at, len(quote), before, after))
        return self.passages[bisect_right(self.begins, best) - 1]

    def _places_of(self, quote: str) -> Iterator[int]:
        at = self.whole.find(quote)
        while at >= 0:
            yield at
            at = self.whole.find(quote, at + 1)

    def _fit(self, at: int, length: int, before: str, after: str) -> int:
        here = self.whole[max(0, at - AROUND) : at].rstrip()[::-1]
        there = self.whole[at + length : at + length + AROUND].lstrip()
        return _agreeing(here, before[::-1]) + _agreeing(there, after)


def _agreeing(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
