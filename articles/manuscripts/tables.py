"""A page's table: a ranking series when it is surely one, else Markdown, else its lines."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.text import slugify

from articles.bundle.data import ColumnData, EntryData, PeriodData, RankingData, SubjectData
from articles.content.text import normalise_line
from articles.manuscripts.blocks import Table, escape

MAX_COLUMNS = 60

_RANK = re.compile(r"(?P<tied>공동 ?)?(?P<rank>[0-9]{1,3}) ?위?")
_PERIOD = re.compile(r"(20[0-9]{2}) ?(?:년|[.\-/]) ?([0-9]{1,2})(?: ?월|\.)?(?: ?(?:기준|말))?")
_LABEL = re.compile(r"([^()]{1,100}?) ?\(([^()]{1,50})\)")


@dataclass(frozen=True)
class ReadRanking:
    series: RankingData
    subjects: tuple[SubjectData, ...]


def read_ranking(table: Table, title: str) -> ReadRanking | None:
    """Return the series of a table that is surely one, else None.

    Its first column is 순위 over two rows; above each group of columns stands a month, below it
    the same headings every time; ranks ascend and no cell is empty.
    """
    series = read_series(table, title)
    if series is None or series.rank_heading != "순위":
        return None
    rows = table.rows
    groups = _groups(rows[0][1:])
    months = [month for label, _start, _end in groups if (month := month_of(label))]
    if not months or len(set(months)) < len(groups):
        return None
    ranks = [rank for row in rows[2:] if (rank := _RANK.fullmatch(row[0]))]
    if len(ranks) < len(rows) - 2 or not all(cell for row in rows[2:] for cell in row):
        return None
    numbers = [int(rank["rank"]) for rank in ranks]
    if numbers != sorted(numbers) or numbers[0] < 1:
        return None
    if any(bool(rank["tied"]) != (numbers.count(int(rank["rank"])) > 1) for rank in ranks):
        return None
    keys = [column.key for column in series.columns]
    subjects: dict[str, SubjectData] = {}
    has_country = "국가" in series.columns[0].heading
    periods = []
    for (label, start, end), month in zip(groups, months, strict=True):
        entries = []
        for number, rank, row in zip(numbers, ranks, rows[2:], strict=True):
            printed, *others = row[1 + start : 1 + end]
            subject = _subject(printed, has_country)
            if subjects.setdefault(subject.slug, subject) != subject:
                return None
            entries.append(
                EntryData(
                    rank=number,
                    tied=bool(rank["tied"]),
                    subject=subject.slug,
                    label=printed,
                    cells=dict(zip(keys[1:], others, strict=True)),
                )
            )
        if len({entry.subject for entry in entries}) < len(entries):
            return None
        periods.append(PeriodData(label=label, as_of=month, entries=tuple(entries)))
    in_order = tuple(sorted(periods, key=lambda period: period.as_of))
    return ReadRanking(replace(series, periods=in_order), tuple(subjects.values()))


def read_series(table: Table, title: str) -> RankingData | None:
    """Return the series, without figures, that a table's two rows of headings tell, else None.

    Over both rows stands the heading of a column with ranks; each group of columns has the same
    headings below its own.
    """
    rows = table.rows
    if not table.is_sure or len(rows) < 3 or not rows[0][0] or rows[0][0] != rows[1][0]:
        return None
    headings = [rows[1][1 + start : 1 + end] for _label, start, end in _groups(rows[0][1:])]
    # A group of one column that spans both rows is no group of a ranking.
    if any(heading != headings[0] or not all(heading) for heading in headings):
        return None
    if not headings or len(set(headings[0])) < len(headings[0]) or rows[0][1:] == rows[1][1:]:
        return None
    ranks = [bool(_RANK.fullmatch(row[0])) for row in rows]
    if ranks[0] or not any(ranks):
        return None
    columns = tuple(
        ColumnData(f"column_{number}", heading) for number, heading in enumerate(headings[0], 1)
    )
    return RankingData(_slug(title), title[:200], rows[0][0], columns, ())


def groups_of(table: Table) -> list[str]:
    """Return the labels over the groups of columns."""
    return [label for label, _start, _end in _groups(table.rows[0][1:])]


def _groups(labels: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """Return (label, start, end) of each run of equal labels."""
    groups: list[tuple[str, int, int]] = []
    for number, label in enumerate(labels):
        if groups and groups[-1][0] == label:
            groups[-1] = (label, groups[-1][1], number + 1)
        else:
            groups.append((label, number, number + 1))
    return groups


def month_of(label: str) -> date | None:
    """Return the first day of the month that a period's label names, or None."""
    match = _PERIOD.fullmatch(label)
    if not match or not 1 <= int(match[2]) <= 12:
        return None
    return date(int(match[1]), int(match[2]), 1)


def _slug(text: str) -> str:
    slug = slugify(text, allow_unicode=True)[:80].strip("-")
    return slug or "subject-" + hashlib.sha256(text.encode()).hexdigest()[:12]


def _subject(printed: str, has_country: bool) -> SubjectData:
    match = _LABEL.fullmatch(printed) if has_country else None
    if not match:
        return SubjectData(slug=_slug(printed), name=printed)
    return SubjectData(slug=_slug(match[1]), name=match[1], country=match[2])


def to_markdown(table: Table) -> str:
    """Return a table as Markdown, its merged cells written out; "" when it is not surely read.

    Several rows of headings become one: “2025년 10월 기업”.
    """
    rows = table.rows
    if not table.is_sure or len(rows) < 2:
        return ""
    heads = _head_rows(table)
    head = [
        " ".join(dict.fromkeys(filter(None, column))) for column in zip(*rows[:heads], strict=True)
    ]
    lines = ["| " + " | ".join(map(_cell, row)) + " |" for row in (head, *rows[heads:])]
    return "\n".join([lines[0], "|" + " --- |" * len(head), *lines[1:]])


def _head_rows(table: Table) -> int:
    """Count the rows of headings: those marked, or over which the first cell is merged."""
    rows = table.rows
    merged = 1
    while table.is_merged and merged < len(rows) - 1 and rows[merged][0] == rows[0][0]:
        merged += 1
    return min(max(table.head_rows, merged), len(rows) - 1)


def _cell(text: str) -> str:
    return escape(text).replace("|", r"\|")


def from_lines(lines: Sequence[str]) -> Table | None:
    """Return the table of lines whose cells tabs part, alike in every line, else None.

    A copied table has a merged cell's text in its first cell alone: of a ranking's headings the
    others get it back.
    """
    rows = [[normalise_line(cell) for cell in line.split("\t")] for line in lines]
    width = max(map(len, rows))
    is_table = all(len(row) > 1 for row in rows) and all(len(row) == width for row in rows[2:])
    if len(rows) < 2 or not is_table or width > MAX_COLUMNS:
        return None
    # The empty cells at a line's end went with its white space.
    rows = [row + [""] * (width - len(row)) for row in rows]
    is_merged = rows[0][0] == "순위" and rows[1][0] == "" and all(rows[1][1:])
    if is_merged:
        rows[1][0] = rows[0][0]
        for column in range(2, width):
            rows[0][column] = rows[0][column] or rows[0][column - 1]
    return Table(tuple(map(tuple, rows)), is_merged=is_merged)


def to_lines(table: Table) -> tuple[str, ...]:
    """Return a table's rows as lines that show its cells."""
    return tuple(" | ".join(row) for row in table.rows)
