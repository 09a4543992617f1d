"""What a comment may speak of: a row of its article's tables, an item of the issue it leads.

An anchor's key, "entry-12" or "item-3", stands in addresses and is its place's id in the page.
"""

import re
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from articles.addresses import path_of
from articles.models import MonthlyIssue, MonthlyIssueItem, RankingEntry

# In place of a key: a row that is still to be chosen.
FIGURES = "figures"
# No key of a row has more digits; a longer number would be none for the database.
_KEY = re.compile(r"(entry|item)-([1-9][0-9]{0,17})", re.ASCII)


@dataclass(frozen=True)
class Anchor:
    """One thing that comments speak of: an entry with its period, or an item with its issue."""

    entry: RankingEntry | None = None
    item: MonthlyIssueItem | None = None

    @property
    def key(self) -> str:
        return f"entry-{self.entry.pk}" if self.entry else self.item.anchor

    @property
    def label(self) -> str:
        return self.entry.label if self.entry else str(self.item)

    @property
    def period(self) -> str:
        return self.entry.period.label if self.entry else self.item.issue.title

    @property
    def columns(self) -> dict[str, object]:
        """Return the columns of a comment that hold the anchor."""
        return {"ranking_entry": self.entry, "issue_item": self.item}

    def figures(self) -> list[str]:
        """Return what the row prints, each figure with its column's heading; an item has none."""
        if not self.entry:
            return []
        ranking = self.entry.period.ranking
        first, *others = ranking.columns
        printed = [(ranking.rank_heading, self.entry.rank), (first["heading"], self.entry.label)]
        printed += [(each["heading"], self.entry.cells.get(each["key"])) for each in others]
        return [f"{heading}: {'' if text is None else text}" for heading, text in printed]


@dataclass(frozen=True)
class AnchorLink:
    """The link beside a row or an item; `id` is its place's, and "" where that stands already."""

    id: str
    address: str
    text: str
    label: str
    # Nothing is said yet: it shows only where the pointer or the focus is.
    is_idle: bool = False


def find_anchor(article, key: str) -> Anchor | None:
    """Return what `key` names among what `article` shows to its readers, in one query, or None."""
    match = _KEY.fullmatch(key)
    if not match:
        return None
    if match[1] == "entry":
        entries = RankingEntry.objects.filter(
            pk=match[2], period__in=article.ranking_tables.values("periods")
        )
        entry = entries.select_related("period__ranking").first()
        return Anchor(entry=entry) if entry else None
    items = MonthlyIssueItem.objects.filter(
        pk=match[2], issue__in=MonthlyIssue.objects.published().filter(lead_article=article)
    )
    item = items.select_related("issue").first()
    return Anchor(item=item) if item else None


def figures_address(article) -> str:
    """Return where one chooses what row to speak of; "" where nobody may."""
    return about_address(article, FIGURES) if article.is_public and article.takes_comments else ""


def entry_choices(article) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the rows that the article shows, as groups of choices: one for each period."""
    entries = RankingEntry.objects.filter(period__in=article.ranking_tables.values("periods"))
    entries = entries.select_related("period__ranking")
    ordered = entries.order_by("period__ranking", "-period__as_of", "period", "position")
    return [
        (
            f"{period.ranking.title}, {period.label}",
            [(Anchor(entry=entry).key, f"{entry.rank} {entry.label}") for entry in group],
        )
        for period, group in groupby(ordered, key=attrgetter("period"))
    ]


def entry_links(article, counts: dict[str, int]) -> dict[str, AnchorLink]:
    """Return the link of each row of the article's loaded tables, by its cell's id in the page."""
    links: dict[str, AnchorLink] = {}
    if not article.is_public:
        return links
    placed: set[str] = set()
    for table in article.ranking_tables.all():
        for period in table.periods.all():
            for entry in period.entries.all():
                anchor = Anchor(entry=entry)
                link = _link(article, anchor, counts, is_placed=anchor.key in placed)
                if link:
                    links[table.cell_anchor(entry)] = link
                    placed.add(anchor.key)
    return links


def item_links(issue, article, counts: dict[str, int]) -> dict[str, AnchorLink]:
    """Return the link of each loaded item of `issue`, whose comments belong to `article`."""
    if not (issue and article and issue.is_public and article.is_public):
        return {}
    # The item's own section has the id.
    links = {
        item.anchor: _link(article, Anchor(item=item), counts, is_placed=True)
        for item in issue.items.all()
    }
    return {key: link for key, link in links.items() if link}


def _link(article, anchor, counts, is_placed):
    count = counts.get(anchor.key, 0)
    if not count and not article.takes_comments:
        return None
    text = _("Comments %(count)s") % {"count": count} if count else _("Comment")
    return AnchorLink(
        "" if is_placed else anchor.key,
        about_address(article, anchor.key),
        text,
        f"{text}: {anchor.label}, {anchor.period}",
        is_idle=not count and anchor.entry is not None,
    )


def about_address(article, key: str, **query) -> str:
    """Return the address of what is said about an anchor, where one also writes about it."""
    address = path_of("comments:comment_create", article.pk)
    return f"{address}?{urlencode({'about': key, **query})}"
