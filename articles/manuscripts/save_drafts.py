"""A page of the old site to drafts in the database, in one transaction, or not at all."""

import hashlib
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from articles import bundle
from articles.bundle.data import (
    ArticleData,
    Data,
    IssueData,
    LoadError,
    PeriodData,
    RankingData,
    SubjectData,
    SubjectsData,
)
from articles.bundle.data_to_rows import CHANGED, UNCHANGED, load, month_day, store, stored
from articles.bundle.files_to_data import read_file
from articles.manuscripts.blocks import PICTURE_SCHEME, fenced
from articles.manuscripts.outline import NO_LICENCE, ImportedPage
from articles.models import (
    Article,
    Category,
    LegacyPath,
    MonthlyIssue,
    Picture,
    RankingSubject,
    Revision,
)

SAMPLE_ISSUES = Path(bundle.__file__).parents[1] / "sample" / "issues"

# In the description brackets have a backslash: `blocks.escape` writes it.
_PICTURE = re.compile(rf"!\[((?:[^\[\]\\\n]|\\.)*)\]\(({PICTURE_SCHEME}[0-9]+)(?=[ )])")
_STORED_PICTURE = re.compile(r"!\[[^\n]*?\]\((/media/[^()\s]+)(?=[ )])")

ARTICLE = "article"
ISSUE = "issue"


@dataclass(frozen=True)
class LoadedPage:
    """What became of a page: the outcome, and (line, sentence) notes; line 0 speaks of no line."""

    outcome: str
    notes: tuple[tuple[int, str], ...]


def load_page(
    page: ImportedPage,
    category: str = "",
    overwrite: Set[str] = frozenset(),
    by: Any = None,
) -> LoadedPage:
    """Store an old page as a draft, with its rankings and its month's issue; raises LoadError.

    What is stored already is replaced only when `overwrite` holds ARTICLE or ISSUE, except an
    issue nobody has worked on. `category` is the slug of the draft's category, `by` the user who
    imports.
    """
    notes: list[tuple[int, str]] = []
    with transaction.atomic():
        existing = stored(page.article)
        page = with_stored_pictures(page, existing.body if existing else "")
        subjects = _load_subjects(page.subjects)
        for ranking in page.rankings:
            _load_ranking(ranking, subjects, notes, by)
        takes_issue = bool(page.issue) and _takes_issue(page.issue, existing, overwrite)
        issue_outcome = _load(page.issue, by) if takes_issue else UNCHANGED
        if takes_issue and not existing:
            _note_former_lead(page.issue, notes)
        if issue_outcome == CHANGED:
            notes.append(
                (
                    0,
                    _(
                        "The month's issue was replaced by the page's items and is a draft:"
                        " readers do not see it until it is published."
                    ),
                )
            )
        elif page.issue and not takes_issue and stored(page.issue).items != page.issue.items:
            notes.append(
                (
                    0,
                    _(
                        "The month's issue is stored with other items, which were kept;"
                        " --replace-issue replaces them."
                    ),
                )
            )
        article = replace(
            page.article,
            category=category or _category(existing, notes),
            kogl=_licence(page.article, existing, notes),
            leads_month=existing.leads_month if existing else takes_issue,
            legacy_paths=_free_paths(page.article, notes),
        )
        outcome = _load(article, by)
        if outcome == CHANGED and ARTICLE not in overwrite:
            raise LoadError(
                (),
                _(
                    "The article is stored already and differs from the page;"
                    " --replace replaces it."
                ),
            )
    if outcome == UNCHANGED:
        # What the page left to check was said when it first came in.
        return LoadedPage(CHANGED if issue_outcome != UNCHANGED else UNCHANGED, tuple(notes))
    return LoadedPage(outcome, (*page.notes, *notes))


def _load(data: Data, by: Any) -> str:
    return store(data, Revision.Kind.IMPORTED, reason=_("Read anew from a file"), by=by)


def _category(existing: ArticleData | None, notes: list[tuple[int, str]]) -> str:
    if existing:
        return existing.category
    first = Category.objects.first()
    if first is None:
        raise LoadError((), _("There is no category yet; import a taxonomy or make one first."))
    notes.append((0, _("The draft's category is “%(name)s”; check it.") % {"name": first.name}))
    return first.slug


def _licence(
    article: ArticleData, existing: ArticleData | None, notes: list[tuple[int, str]]
) -> str:
    """Return the page's licence; what a person chose stays where the page shows none."""
    if article.kogl == NO_LICENCE and existing:
        return existing.kogl
    if article.kogl == NO_LICENCE:
        notes.append((0, _("No licence mark was found; the draft has none.")))
    return article.kogl


def _free_paths(article: ArticleData, notes: list[tuple[int, str]]) -> tuple[str, ...]:
    """Return the page's old addresses that lead to no other article."""
    taken = LegacyPath.objects.filter(path__in=article.legacy_paths)
    others = set(taken.exclude(article__uid=article.uid).values_list("path", flat=True))
    for path in sorted(others):
        notes.append((0, _("The old address %(path)s leads to another article.") % {"path": path}))
    return tuple(path for path in article.legacy_paths if path not in others)


# Pictures


def with_stored_pictures(page: ImportedPage, known_body: str = "") -> ImportedPage:
    """Store the pictures of a page's texts; return it with their addresses.

    Where `known_body`, the stored text of the same page, is the same but for its pictures, they are
    taken for those. Raises OSError where the disk takes nothing.
    """
    known = dict(zip(page.pictures, _STORED_PICTURE.findall(known_body), strict=False))
    if known and with_addresses(page.article.body, known) == known_body:
        article = replace(page.article, body=known_body)
        return replace(page, article=article, pictures={})
    addresses, notes = store_pictures(page.pictures)
    issue = page.issue and replace(
        page.issue,
        items=tuple(
            replace(item, body=with_addresses(item.body, addresses)) for item in page.issue.items
        ),
    )
    body = with_addresses(page.article.body, addresses)
    article = replace(page.article, body=body)
    return replace(page, article=article, issue=issue, notes=(*notes, *page.notes), pictures={})


def store_pictures(
    pictures: Mapping[str, bytes], by: Any = None
) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Store pictures; return where each is now, and notes of those that could not be stored."""
    notes = []
    addresses = {}
    for address, data in pictures.items():
        try:
            picture = Picture.objects.upload(BytesIO(data), len(data), by)
            addresses[address] = f"/media/{picture.name}"
        except ValidationError as error:
            notes.append((0, " ".join(error.messages)))
    return addresses, notes


def with_addresses(text: str, addresses: Mapping[str, str]) -> str:
    """Return a text with the pictures' addresses; one without stands there as unread."""

    def picture(match: re.Match[str]) -> str:
        alt, address = match.groups()
        if address in addresses:
            return f"![{alt}]({addresses[address]}"
        return match[0]

    text = _PICTURE.sub(picture, text)
    # A picture stands on a line of its own.
    lines = [
        fenced([f"[img] {line}"], "unread") if _PICTURE.match(line) else line
        for line in text.split("\n")
    ]
    return "\n".join(lines)


# The monthly issue


def _takes_issue(issue: IssueData, existing: ArticleData | None, overwrite: Set[str]) -> bool:
    """Tell whether the page's issue may be stored: nobody's work is lost by it."""
    current = stored(issue)
    if current is None or ISSUE in overwrite:
        return True
    if existing:
        return False
    return current.state == MonthlyIssue.State.DRAFT or current == _sample_issue(issue.month)


def _note_former_lead(issue: IssueData, notes: list[tuple[int, str]]) -> None:
    former = Article.objects.filter(led_issues__month=month_day(issue.month)).first()
    if former:
        notes.append(
            (
                0,
                _("The draft now leads the month instead of “%(title)s”.")
                % {"title": former.full_title},
            )
        )


def _sample_issue(month: str) -> IssueData | None:
    path = SAMPLE_ISSUES / f"{month}.md"
    data = read_file(path) if path.is_file() else None
    return data if isinstance(data, IssueData) else None


# Rankings


def _load_subjects(subjects: tuple[SubjectData, ...]) -> dict[str, str]:
    """Find or make who is ranked; return the stored slugs by the page's."""
    slugs = {}
    for subject in subjects:
        if found := _find_subject(subject):
            slugs[subject.slug] = found.slug
            continue
        new = subject
        if RankingSubject.objects.filter(slug=subject.slug).exists():
            digest = hashlib.sha256(f"{subject.name}/{subject.country}".encode()).hexdigest()
            new = replace(subject, slug=f"{subject.slug[:70]}-{digest[:8]}")
        load(SubjectsData((new,)))
        slugs[subject.slug] = new.slug
    return slugs


def _find_subject(subject: SubjectData) -> RankingSubject | None:
    """Return the one stored subject of that name, and of that country where both say one."""
    found = [
        known
        for known in RankingSubject.objects.all()
        if known.answers_to(subject.name)
        and (not known.country or not subject.country or known.country == subject.country)
    ]
    return found[0] if len(found) == 1 else None


def _load_ranking(
    ranking: RankingData,
    subjects: dict[str, str],
    notes: list[tuple[int, str]],
    by: Any,
) -> None:
    """Store a page's series, or add its periods to the stored one of the same slug."""
    known = stored(ranking)
    keys = {column.key: column.key for column in ranking.columns}
    if known:
        if [each.heading for each in known.columns] != [each.heading for each in ranking.columns]:
            raise LoadError(
                (),
                _("The ranking “%(slug)s” is stored with other columns.") % {"slug": ranking.slug},
            )
        keys = {
            column.key: stored_column.key
            for column, stored_column in zip(ranking.columns, known.columns, strict=True)
        }
    periods = {period.as_of: period for period in known.periods} if known else {}
    for period in (_with_stored_names(each, subjects, keys) for each in ranking.periods):
        if periods.setdefault(period.as_of, period) != period:
            notes.append(
                (
                    0,
                    _("The period %(label)s is stored with other figures, which were kept.")
                    % {"label": period.label},
                )
            )
    in_order = tuple(periods[as_of] for as_of in sorted(periods))
    _load(replace(known or ranking, periods=in_order), by)


def _with_stored_names(
    period: PeriodData, subjects: dict[str, str], keys: dict[str, str]
) -> PeriodData:
    return replace(
        period,
        entries=tuple(
            replace(
                entry,
                subject=subjects[entry.subject],
                cells={keys[key]: cell for key, cell in entry.cells.items()},
            )
            for entry in period.entries
        ),
    )
