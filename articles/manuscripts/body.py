"""A page's body as Markdown: headings, lists, and tables with their captions and source notes."""

from dataclasses import dataclass, field, replace
from datetime import date

from django.utils.translation import gettext as _

from articles.bundle.data import RankingData, SubjectData, TableData
from articles.manuscripts import patterns, tables
from articles.manuscripts.blocks import Block, Table, fenced, left_out, markdown, nest

MAX_HEADING_LENGTH = 120
MAX_HEADING = 6
SENTENCE_END = (".", "?", "!", "。", ",", ":", ";")
# The lines that are looked at for a table's end.
MAX_FLAT_ROWS = 200
UNREAD = "unread"


@dataclass(frozen=True)
class DrawnTable:
    """A table of the text: its cells, its caption and source, and all of it in Markdown."""

    table: Table
    caption: str
    source_note: str
    source_url: str
    markdown: str


@dataclass
class Draft:
    """What the page gives while it is being read."""

    headline: str = ""
    day: date | None = None
    byline: str = ""
    tables: list[TableData] = field(default_factory=list)
    rankings: dict[str, RankingData] = field(default_factory=dict)
    subjects: dict[str, SubjectData] = field(default_factory=dict)
    # The cells that each ranking was read of.
    cells: dict[str, Table] = field(default_factory=dict)
    # Whether tables that are rankings are drawn too; what was drawn.
    draws_rankings: bool = False
    drawn: list[DrawnTable] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)

    def note(self, line: int, message: str) -> None:
        self.notes.append((line, message))


def note_emptied(lines: list[int], draft: Draft) -> None:
    for line in lines:
        draft.note(line, _("An empty list item was removed; what it held moved up a level."))


def is_section_heading(block: Block) -> bool:
    return block.is_heading or bool(patterns.matches(patterns.IMPLICATIONS, block.source))


def to_markdown(blocks: list[Block], draft: Draft) -> str:
    blocks = _join_tables(blocks, draft)
    nested = nest(blocks)
    note_emptied(nested.emptied, draft)
    return render(nested.blocks, draft)


def render(nested: list[tuple[Block, int]], draft: Draft, in_item: bool = False) -> str:
    """Return nested blocks as Markdown: headings, paragraphs and lists by four spaces a level."""
    text = ""
    was_item = was_quoted = False
    levels = sorted({block.heading_level for block, _level in nested if block.heading_level})
    for number, (block, level) in enumerate(nested):
        following = nested[number + 1][0] if number + 1 < len(nested) else None
        if level and block.is_item:
            bullet = f"{block.bullet} " if block.bullet[0].isdigit() else "- "
            piece = "    " * (level - 1) + bullet + markdown(block)
            text += ("\n" if was_item else "\n\n") + piece
        elif level:
            # A line broken in the source, or a further paragraph of the item.
            gap = "\n\n" + "    " * level if block.is_after_gap else " "
            text += gap + markdown(block)
        elif block.ready:
            text += "\n\n" + block.ready
        elif block.verbatim:
            text += "\n\n" + fenced(list(block.verbatim), block.fence)
        elif block.is_quoted and block.text:
            text += ("\n>\n> " if was_quoted else "\n\n> ") + markdown(block)
        elif _is_heading(block, following, bool(levels)):
            match = patterns.matches(patterns.IMPLICATIONS, block.source)
            plain = replace(block, runs=tuple(replace(run, strong=False) for run in block.runs))
            heading = match[1] if match else markdown(plain)
            depth = levels.index(block.heading_level) if block.heading_level in levels else 0
            text += f"\n\n{'#' * min(depth + (3 if in_item else 2), MAX_HEADING)} {heading}"
        elif block.text:
            text += "\n\n" + markdown(block)
        was_item = level > 0
        was_quoted = block.is_quoted and not level
    return text.strip("\n")


def _is_heading(block: Block, following: Block | None, are_marked: bool) -> bool:
    """Take a short line for a heading when it is marked as one or a list follows it.

    Where a source marks its headings (`are_marked`), no other line is one.
    """
    if not block.is_paragraph or not block.text:
        return False
    if is_section_heading(block):
        return True
    return (
        not are_marked
        and following is not None
        and following.is_item
        and len(block.text) <= MAX_HEADING_LENGTH
        and not block.is_continued
        and not block.text.endswith(SENTENCE_END)
        and not patterns.NUMBERED.match(block.source)
        and not patterns.matches(patterns.CAPTION, block.source)
        and not patterns.matches(patterns.SOURCE_NOTE, block.source)
    )


def _join_tables(blocks: list[Block], draft: Draft) -> list[Block]:
    """Put each table, with its caption and source note, into one block or its ranking's place."""
    result: list[Block] = []
    number = 0
    while number < len(blocks):
        block = blocks[number]
        caption = block if _is_caption(block) else None
        end = number + (1 if caption else 0)
        if end < len(blocks) and (blocks[end].table or blocks[end].verbatim):
            held, end = [blocks[end]], end + 1
        else:
            end = _end_of_flat_table(blocks, end, bool(caption))
            held = blocks[number + (1 if caption else 0) : end]
        if not held:
            if caption:
                draft.note(block.line, _("This looks like a caption, but no table follows it."))
            result.append(block)
            number += 1
            continue
        source_note = None
        if end < len(blocks) and patterns.matches(patterns.SOURCE_NOTE, blocks[end].source):
            source_note, end = blocks[end], end + 1
        result += _table_blocks(caption, held, source_note, draft)
        number = end
    return result


def _note_links(blocks: list[Block], draft: Draft) -> None:
    """Name the addresses of links in lines of which the draft has the words alone."""
    for block in blocks:
        for href in dict.fromkeys(run.href for run in block.runs if run.href):
            if href not in block.source:
                draft.note(block.line, left_out(href))


def _is_caption(block: Block) -> bool:
    return block.is_paragraph and bool(patterns.matches(patterns.CAPTION, block.source))


def _is_flat_row(block: Block) -> bool:
    return block.is_paragraph and (
        "\t" in block.raw.strip()
        or block.source.startswith("순위")
        or bool(patterns.matches(patterns.RANK_LINE, block.source))
    )


def _end_of_flat_table(blocks: list[Block], start: int, has_caption: bool) -> int:
    """Return where the rows of a table that lost its cells end; `start` when there is none.

    After a caption they reach to the source note, or else to the next gap.
    """
    end = start
    if not has_caption and not (start < len(blocks) and _is_flat_row(blocks[start])):
        return start
    last = min(len(blocks), start + MAX_FLAT_ROWS)
    while end < last and blocks[end].is_paragraph and blocks[end].source:
        if patterns.matches(patterns.SOURCE_NOTE, blocks[end].source):
            return end
        if is_section_heading(blocks[end]) or _is_caption(blocks[end]):
            break
        end += 1
    if end == start:
        return start
    first_gap = next((n for n in range(start + 1, end) if blocks[n].is_after_gap), end)
    rows = blocks[start:first_gap]
    is_table = len(rows) > 1 and (sum(map(_is_flat_row, rows)) >= 2)
    return first_gap if is_table else start


def _table_blocks(
    caption: Block | None, held: list[Block], source_note: Block | None, draft: Draft
) -> list[Block]:
    first = caption or held[0]
    around = [block for block in (caption, source_note) if block]
    if held[0].verbatim and held[0].fence != UNREAD:
        return [block for block in (caption, *held, source_note) if block]
    if table := held[0].table:
        name = patterns.matches(patterns.CAPTION, caption.source)[1] if caption else ""
        title = name or draft.headline
        ranking = None if draft.draws_rankings else tables.read_ranking(table, title)
        if ranking:
            ranking = _with_own_slug(ranking, draft)
            draft.cells[ranking.series.slug] = table
            _note_links([caption] if caption else [], draft)
            return [_place_ranking(ranking, first, name, source_note, draft)]
        if drawn := _drawn_table(held[0], draft):
            # The mark before a source is no bullet.
            below = replace(source_note, bullet="", indent=0) if source_note else None
            shown = [block for block in (caption, drawn, below) if block]
            text = "\n\n".join(block.ready or markdown(block) for block in shown)
            draft.drawn.append(DrawnTable(table, name, *_source_of(source_note), text))
            return shown
        lines = tables.to_lines(table)
    else:
        lines = held[0].verbatim or tuple(block.raw.strip() for block in held)
        if table := tables.from_lines([block.raw for block in held]):
            return _table_blocks(caption, [Block(held[0].line, table=table)], source_note, draft)
    _note_links(around, draft)
    if caption:
        lines = (caption.source, *lines)
    if source_note:
        lines = (*lines, source_note.source)
    numbers = [block.line for block in (*held, *around)]
    draft.note(
        first.line,
        _("A table or picture could not be read: lines %(first)s to %(last)s of the source.")
        % {"first": min(numbers), "last": max(numbers)},
    )
    return [Block(first.line, verbatim=lines, fence=UNREAD)]


def _drawn_table(block: Block, draft: Draft) -> Block | None:
    drawn = tables.to_markdown(block.table) if block.table else ""
    if drawn and block.table and block.table.is_merged:
        text = _("The table's merged cells were written out; if it is a ranking, enter it as one.")
        draft.note(block.line, text)
    elif drawn and block.table and not block.table.head_rows:
        draft.note(block.line, _("The table marks no headings; its first row was taken for them."))
    return Block(block.line, ready=drawn) if drawn else None


def table_in_item(block: Block, draft: Draft) -> Block:
    """Return a table of a monthly issue's item as Markdown, or its lines, unread."""
    if drawn := _drawn_table(block, draft):
        return drawn
    draft.note(block.line, _("A table in the monthly issue could not be read."))
    return Block(block.line, verbatim=tables.to_lines(block.table), fence=UNREAD)


def _source_of(block: Block | None) -> tuple[str, str]:
    """Return the words and the address of a table's source note."""
    if not block:
        return "", ""
    note = patterns.matches(patterns.SOURCE_NOTE, block.source)[1]
    return note, next((run.href for run in block.runs if run.href), "")


def _with_own_slug(ranking: tables.ReadRanking, draft: Draft) -> tables.ReadRanking:
    """Tell a second table without a caption, or with the same, from the first."""
    series, number = ranking.series, 2
    while series.slug in draft.rankings:
        slug, title = f"{ranking.series.slug[:76]}-{number}", f"{ranking.series.title} ({number})"
        series, number = replace(series, slug=slug, title=title[:200]), number + 1
    return replace(ranking, series=series)


def _place_ranking(
    ranking: tables.ReadRanking,
    first: Block,
    caption: str,
    source_note: Block | None,
    draft: Draft,
) -> Block:
    """Take over a ranking and return the block that marks its place."""
    series = ranking.series
    note, url = _source_of(source_note)
    draft.rankings[series.slug] = series
    draft.subjects |= {subject.slug: subject for subject in ranking.subjects}
    draft.tables.append(
        TableData(
            slug=series.slug,
            ranking=series.slug,
            periods=tuple(period.as_of for period in series.periods),
            caption=caption or series.title,
            source_note=note,
            source_url=url,
        )
    )
    draft.note(first.line, _("The ranking table was read; check its figures and who is ranked."))
    return Block(first.line, ready=f"[[ranking:{series.slug}]]")
