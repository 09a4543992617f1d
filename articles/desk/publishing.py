"""What stands between an article, or a month, and its readers: one answer for every way there.

A form, what waits, a month's release and a restored revision all ask `errors_of`. An error that a
publisher has let pass, with a reason, is none while the same is found.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.content.headings import with_anchors
from articles.content.markdown import RANKING_MARK, with_lines
from articles.content.text import has_visible
from articles.desk import own_links, publishing_checks
from articles.desk.page_reading import Block, Page, read
from articles.desk.publishing_checks import ERROR, LEVELS, WARNING, Finding, at
from articles.models.article import Article
from articles.models.monthly_issue import MonthlyIssue
from articles.models.publishing_waiver import PublishingWaiver
from articles.models.ranking_subject import RankingSubject
from articles.rankings.row_validation import EntryRow

# Ids that an article's page has beside those of its text.
_PLACES = {
    "main",
    "contents",
    "comments",
    "comment-form",
    "issue-title",
    "references-title",
    "related-title",
}
# So many different addresses of a text are looked up.
MOST_ADDRESSES = 300
# An error that no reason mends.
NEVER_WAIVED = {"unreadable", "withdrawn"}


def findings_of(obj: Any, moment: datetime | None = None, together: Iterable = ()) -> list[Finding]:
    """Return what the checks find in a stored article or month, errors first.

    It is looked at as readers would from `moment` on (without one: from its own, or now), when what
    goes live `together` with it is public too.
    """
    first_seen = max(filter(None, [moment or obj.published_at, timezone.now()]))
    if isinstance(obj, MonthlyIssue):
        return findings_in_items(obj, enumerate(obj.items.all()), first_seen, [obj, *together])
    found = list(_of_article(obj, first_seen, [obj, *together]))
    if obj.is_withdrawn_at(first_seen):
        # Only a moment that is being set is wrong: what was public may have been withdrawn since.
        level = ERROR if moment else WARNING
        text = _("Its withdrawal lies before the publication.")
        mend = _("Choose a later moment of withdrawal, or none.")
        found.append(Finding("withdrawn", level, text, mend, field="withdrawn_at"))
    return _in_order(found)


def findings_in_items(
    issue: MonthlyIssue, items: Iterable[tuple[int, Any]], moment: datetime, together: list
) -> list[Finding]:
    """Return what the checks find in a month's items, stored or not, as (row of the form, item)."""
    subjects = _subjects()
    found = [
        at(finding, field="items", row=row, about=f"{item.headline} {finding.about}")
        for row, item in items
        for finding in _of_item(item, issue, moment, together, subjects)
    ]
    return _in_order(found)


def _in_order(found: Iterable[Finding]) -> list[Finding]:
    once = dict.fromkeys(found)
    return sorted(once, key=lambda finding: (LEVELS.index(finding.level), finding.line))


def errors_of(obj: Any, moment: datetime | None = None, together: Iterable = ()) -> list[Finding]:
    """Return the errors that nobody has let pass."""
    errors = [each for each in findings_of(obj, moment, together) if each.level == ERROR]
    waived = waivers_of(obj) if errors else {}
    return [error for error in errors if (error.code, error.about) not in waived]


def waivers_of(obj: Any) -> dict[tuple[str, str], PublishingWaiver]:
    """Return who let pass what, by (code, about)."""
    if obj.pk is None:
        return {}
    return {(waiver.code, waiver.about): waiver for waiver in obj.waivers.all()}


def let_pass(obj: Any, errors: Iterable[Finding], *, by: Any, reason: str) -> list[Finding]:
    """Record that the user `by` lets `errors` pass for a `reason`; return those that stay."""
    errors = list(errors)
    kept = [error for error in errors if error.code in NEVER_WAIVED]
    with transaction.atomic():
        for error in errors:
            if error not in kept:
                obj.waivers.create(
                    code=error.code,
                    about=error.about,
                    sentence=error.text,
                    reason=reason,
                    by=by,
                    by_name=by.get_username(),
                )
    return kept


def sentences(errors: Iterable[Finding]) -> str:
    return " ".join(error.text for error in errors)


def outside_links_of(obj: Any) -> dict[str, str]:
    """Return {address on another site: where it stands} of a stored article or month."""
    rows = obj.items.all() if isinstance(obj, MonthlyIssue) else [obj]
    found: dict[str, str] = {}
    for row in rows:
        try:
            page = read(with_lines(row.body))
        except ValidationError:
            continue
        for link in page.links:
            words = publishing_checks.quoted(link.text)
            found.setdefault(link.href, f"{row}: {words}" if row is not obj else words)
    if isinstance(obj, Article):
        label = _("※ Reference")
        for reference in obj.references.all():
            found.setdefault(reference.url, f"{label}: {reference}")
        for table in obj.ranking_tables.all():
            found.setdefault(table.source_url, f"{table}: {table.source_note}")
    return {href: where for href, where in found.items() if own_links.is_outside(href)}


# An article


def _of_article(article: Article, moment: datetime, together: list) -> Iterator[Finding]:
    page = Page()
    placed: list[str] = []
    try:
        html = with_anchors(article.placing_pictures(with_lines(article.body)))
    except ValidationError as error:
        for text in error.messages:
            yield Finding("unreadable", ERROR, text, "")
    else:
        page, placed = read(html), RANKING_MARK.findall(html)
    tables = list(
        article.ranking_tables.prefetch_related("periods__entries__subject", "periods__ranking")
    )
    places = _PLACES | {f"table-{table.pk}" for table in tables}
    yield from publishing_checks.text_findings(article.body, page)
    yield from publishing_checks.pictures(page)
    yield from publishing_checks.days_without_a_year(page)
    yield from _links(page, article, moment, together, places)
    known = {table.slug for table in tables}
    yield from publishing_checks.ranking_places(article.body, placed, known)
    for row, table in enumerate(tables):
        for finding in _of_table(table):
            yield at(
                finding, field="ranking_tables", row=row, about=f"{table.slug} {finding.about}"
            )
    for name in ("title", "summary"):
        block = Block("p", 0, getattr(article, name))
        for finding in publishing_checks.signs_in_pairs([block]):
            yield at(finding, field=name)
    yield from _references(article, moment, together)
    yield from publishing_checks.two_spellings(_with_labels(page, tables), _subjects())
    yield from publishing_checks.readability(page)


def _links(
    page: Page, obj: Any, moment: datetime, together: list, places: Collection[str] = ()
) -> Iterator[Finding]:
    base = obj.get_absolute_url() if obj.pk and getattr(obj, "slug", "-") else "/"
    known: dict[str, str] = {}

    def reason(href: str) -> str:
        # Each asks the database: a text of ten thousand links is no reader's.
        if href not in known and len(known) < MOST_ADDRESSES:
            known[href] = own_links.reason_it_is_dead(href, base, moment, together)
        return known.get(href, "")

    yield from publishing_checks.own_addresses(page, reason, places)
    for picture in page.pictures:
        if picture.src and (text := reason(picture.src)):
            mend = _("Upload the picture anew, and delete its line.")
            yield Finding("picture-gone", ERROR, text, mend, picture.src, line=picture.line)


def _of_table(table: Any) -> Iterator[Finding]:
    periods = list(table.periods.all())
    name = {"caption": table.caption}
    if not periods:
        text = _("The table “%(caption)s” shows no period.") % name
        yield Finding("table-period", ERROR, text, _("Choose at least one of its periods."))
    for period in periods:
        for text in figure_faults(period):
            mend = _("Open the ranking's grid and put the figure right.")
            yield Finding("table-figures", ERROR, f"{period}: {text}", mend, about=text)
    if not has_visible(table.source_note):
        text = _("The table “%(caption)s” names no source.") % name
        yield Finding("table-source", WARNING, text, _("Fill in its source note."))
    if periods and not any(character.isdigit() for each in periods for character in each.label):
        text = _("The table “%(caption)s” does not say of when its figures are.") % name
        yield Finding("table-date", WARNING, text, _("Name the month in the period's label."))


def figure_faults(period: Any) -> Iterator[str]:
    """Yield what is missing or cannot be in a period's figures, as sentences."""
    entries = list(period.entries.all())
    if not entries:
        yield _("No figures have been entered.")
        return
    rows = [
        EntryRow(entry.rank, entry.subject, entry.label, entry.cells, entry.tied)
        for entry in entries
    ]
    try:
        period.check_rows(rows, period.total)
    except ValidationError as error:
        yield from error.messages


def _references(article: Article, moment: datetime, together: list) -> Iterator[Finding]:
    for row, reference in enumerate(article.references.all()):
        place = {"field": "references", "row": row}
        signs = publishing_checks.signs_in_pairs([Block("p", 0, reference.title)])
        for finding in signs:
            yield at(finding, **place)
        reason = reference.url and own_links.reason_it_is_dead(reference.url, "/", moment, together)
        if reason:
            mend = _("Put the right address in its place, or take the link away.")
            yield Finding("link-dead", ERROR, reason, mend, about=reference.url, **place)


def _with_labels(page: Page, tables: list) -> Page:
    """Return the page with what its ranking tables print."""
    labels = [
        Block("td", 0, entry.label)
        for table in tables
        for period in table.periods.all()
        for entry in period.entries.all()
    ]
    return Page(blocks=[*page.blocks, *labels])


def _subjects() -> dict[str, list[str]]:
    return {subject.name: list(subject.aliases) for subject in RankingSubject.objects.all()}


# A month


def _of_item(
    item: Any, issue: MonthlyIssue, moment: datetime, together: list, subjects: dict
) -> Iterator[Finding]:
    try:
        page = read(item.placing_pictures(with_lines(item.body)))
    except ValidationError as error:
        for text in error.messages:
            yield Finding("unreadable", ERROR, f"{item}: {text}", "")
        return
    found = [
        # An item stands under a second-level headline.
        *publishing_checks.text_findings(item.body, page, level=2),
        *publishing_checks.pictures(page),
        *publishing_checks.signs_in_pairs([Block("p", 0, item.headline)]),
        *_links(page, issue, moment, together),
        *publishing_checks.two_spellings(page, subjects),
    ]
    if not has_visible(item.body):
        text, mend = _("It has no text."), _("Say in a line or two what happened.")
        found.insert(0, Finding("item-text", ERROR, text, mend))
    for finding in found:
        yield at(finding, text=f"{item}: {finding.text}")
