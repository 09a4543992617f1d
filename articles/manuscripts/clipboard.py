"""What an editor copied from 한글, Word, Excel, Google or a web page, as Markdown and proposals."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from articles.bundle.data import BundleError, RankingData, TableData
from articles.manuscripts import choices, html_page, tables, text_page
from articles.manuscripts.blocks import HtmlSource
from articles.manuscripts.body import Draft, to_markdown
from articles.rankings.pasted_tables import to_text

MAX_CHARACTERS = 3_000_000


@dataclass(frozen=True)
class Proposal:
    """A copied table that is surely a ranking.

    `cells` are what the grid takes, `plain` the same as a table of the text, with what the source
    has above and below it.
    """

    table: TableData
    ranking: RankingData
    cells: str
    plain: str


@dataclass(frozen=True)
class Pasted:
    """A copied text: the proposals stand in it as `[[ranking:slug]]`, pictures by their addresses.

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
    draft = Draft(headline=_("Ranking"), notes=notes)
    markdown = to_markdown(blocks, draft)
    proposals = tuple(
        Proposal(
            table,
            draft.rankings[table.ranking],
            to_text([list(row) for row in draft.cells[table.ranking].rows]),
            choices.plain_text(
                draft.captions[table.ranking], tables.to_markdown(draft.cells[table.ranking]), table
            ),
        )
        for table in draft.tables
    )
    return Pasted(markdown, proposals, pictures, tuple(sorted(notes)))
