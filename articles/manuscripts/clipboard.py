"""What an editor copied from 한글, Word, Excel, Google or a web page, as Markdown and proposals."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from articles.bundle.data import BundleError, RankingData
from articles.manuscripts import html_page, tables, text_page
from articles.manuscripts.blocks import HtmlSource
from articles.manuscripts.body import Draft, DrawnTable, to_markdown
from articles.rankings.pasted_tables import to_text

MAX_CHARACTERS = 3_000_000


@dataclass(frozen=True)
class Proposal:
    """A copied table that may become a ranking: its series, its periods, the cells for the grid."""

    drawn: DrawnTable
    series: RankingData
    periods: tuple[str, ...]
    cells: str


@dataclass(frozen=True)
class Pasted:
    """A copied text: every table stands in it, pictures by their addresses in `pictures`.

    `notes` are (line, sentence).
    """

    markdown: str
    proposals: tuple[Proposal, ...]
    pictures: Mapping[str, bytes]
    notes: tuple[tuple[int, str], ...]


def read(html: str, text: str = "") -> Pasted:
    """Return what a clipboard's HTML says, or its text where it has none; raises BundleError."""
    if len(html) + len(text) > MAX_CHARACTERS:
        raise BundleError(0, _("This is too much to be one text."))
    if html.strip():
        source = HtmlSource(html)
        blocks, notes = html_page.read_fragment(source)
        pictures = source.pictures
    else:
        blocks, notes = text_page.with_levels(text_page.blocks_of(text)), []
        pictures = {}
    for block in blocks:
        notes += [(block.line, note) for note in (block.table.notes if block.table else ())]
    draft = Draft(notes=notes, draws_rankings=True)
    markdown = to_markdown(blocks, draft)
    proposals = tuple(filter(None, map(_proposal, draft.drawn)))
    return Pasted(markdown, proposals, pictures, tuple(sorted(notes)))


def _proposal(drawn: DrawnTable) -> Proposal | None:
    series = tables.read_series(drawn.table, drawn.caption or _("Ranking"))
    if series is None:
        return None
    cells = to_text([list(row) for row in drawn.table.rows])
    return Proposal(drawn, series, tuple(tables.groups_of(drawn.table)), cells)
