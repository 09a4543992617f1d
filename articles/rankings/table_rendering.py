"""How the rows of a ranking table are drawn, and the link beside a row or an item.

A table has thousands of cells where a series is long, so they are put together as plain strings
with every word looked up once, as a thread's comments are: a template costs ten times as much for
each. All that an editor wrote is escaped here; ids are made of our own words and keys.
"""

# Django's own `escape` returns the same text, but asks first whether it is lazy.
from html import escape

from django.utils.translation import gettext as _

from articles.rankings import movement


def draw_rows(layout, width, links):
    """Return the rows of `layout` as a plain string; each period has `width` columns.

    `links` is what stands beside an entry, {its first cell's id: link}, or None.
    """
    drawing = _RowDrawing(layout.rank_heading.id, width, links or {})
    return "\n".join(map(drawing.row, layout.rows))


class _RowDrawing:
    def __init__(self, rank_id, width, links):
        self.rank_id, self.width, self.links = rank_id, width, links
        self.corrected = escape(_("corrected"))

    def row(self, row):
        heading = row.heading
        cells = "".join(
            self.cell(cell, "" if number % self.width else 'class="edge" ')
            for number, cell in enumerate(row.cells)
        )
        return (
            f'<tr><th id="{heading.id}" class="rank" scope="row" headers="{self.rank_id}">'
            f"{escape(heading.text)}</th>{cells}</tr>"
        )

    def cell(self, cell, edge):
        place = f'id="{cell.anchor}" ' if cell.anchor else ""
        text = self.entry(cell) if cell.url else escape(cell.text)
        return f'<td {place}{edge}headers="{cell.headers}">{text}</td>'

    def entry(self, cell):
        note = f" <small>{escape(cell.note)}</small>" if cell.note else ""
        correction = self.correction(cell) if cell.correction else ""
        link = self.links.get(cell.anchor)
        beside = f" {draw_beside(link)}" if link else ""
        return (
            f'<a href="{escape(cell.url)}">{escape(cell.text)}</a>{note}'
            f" {movement.draw(cell.move)}{correction}{beside}"
        )

    def correction(self, cell):
        label = escape(_("Corrected: %(label)s") % {"label": cell.text})
        place = f'href="#{cell.correction}" aria-label="{label}"'
        return f" <small><a {place}>{self.corrected}</a></small>"


def draw_beside(link):
    """Return the link (an AnchorLink) to what is said about a row or an item."""
    place = f' id="{link.id}"' if link.id else ""
    name = "beside idle" if link.is_idle else "beside"
    return (
        f'<a class="{name}"{place} href="{escape(link.address)}" rel="nofollow"'
        f' aria-label="{escape(link.label)}">{escape(link.text)}</a>'
    )
