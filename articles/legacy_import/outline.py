"""A page's blocks to a draft: what is its title, its date, its headings, tables and issue.

Nothing is guessed silently. What is not surely read stays visible in a fenced block `unread`,
with which an article cannot be published, and a note says which line a person must check.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from articles.addresses import article_slug
from articles.bundle.data import (
    SEOUL,
    ArticleData,
    BundleError,
    IssueData,
    IssueItemData,
    RankingData,
    ReferenceData,
    SubjectData,
)
from articles.legacy_import import patterns
from articles.legacy_import.blocks import Block, nest
from articles.legacy_import.body import Draft, is_section_heading, note_emptied, render, to_markdown

# The category of an item whose source names none; the model wants one.
UNKNOWN_CATEGORY = "?"
NO_LICENCE = "none"


@dataclass(frozen=True)
class ImportedPage:
    """An old page as drafts, with (line, sentence) notes of what a person must check."""

    article: ArticleData
    issue: IssueData | None = None
    rankings: tuple[RankingData, ...] = ()
    subjects: tuple[SubjectData, ...] = ()
    notes: tuple[tuple[int, str], ...] = ()

    @property
    def is_recognised(self) -> bool:
        """Tell a page of the old site, by its date or its title's kicker, from any other text."""
        return bool(self.article.published_at or self.article.kicker)


def read_blocks(
    blocks: list[Block], notes: tuple[tuple[int, str], ...] = (), legacy_path: str = ""
) -> ImportedPage:
    """Return the draft that a page's blocks give; raises BundleError when they give no title."""
    draft = Draft(notes=list(notes))
    for block in blocks:
        for text in block.table.notes if block.table else ():
            draft.note(block.line, text)
    rest = _without_comments(_read_head(blocks, draft), draft)
    body, issue_blocks, reference_blocks = _sections(rest)
    references = _read_references(reference_blocks, draft)
    issue = _read_issue(issue_blocks, draft)
    if issue is None:
        body += issue_blocks
    text = to_markdown(body, draft)
    kicker, title = _split_kicker(draft.headline)
    article = ArticleData(
        uid=_uid(draft),
        title=title,
        slug=article_slug(title),
        kicker=kicker,
        byline=draft.byline,
        monthly_issue=issue.month if issue else "",
        leads_month=bool(issue),
        published_at=datetime.combine(draft.day, time(9), SEOUL) if draft.day else None,
        kogl=_read_licence(rest, draft),
        tables=tuple(draft.tables),
        references=references,
        legacy_paths=(legacy_path,) if legacy_path else (),
        body=text,
    )
    return ImportedPage(
        article,
        issue,
        tuple(draft.rankings.values()),
        tuple(draft.subjects.values()),
        tuple(sorted(draft.notes, key=lambda note: note[0])),
    )


def _uid(draft: Draft) -> str:
    digest = hashlib.sha256(draft.headline.encode()).hexdigest()[:12]
    return f"{draft.day.isoformat() if draft.day else 'page'}-{digest}"


def _split_kicker(headline: str) -> tuple[str, str]:
    match = patterns.matches(patterns.KICKER, headline)
    return (match[1], match[2]) if match else ("", headline)


# The head and the end of the page


def _find_day(blocks: list[Block]) -> tuple[int, date] | None:
    for number, block in enumerate(blocks):
        if match := patterns.matches(patterns.DATE, block.source):
            try:
                return number, date(*map(int, match.groups()))
            except ValueError:
                continue
    return None


def _read_head(blocks: list[Block], draft: Draft) -> list[Block]:
    """Read title, date and byline; return the blocks that follow them."""
    blocks = [
        block for block in blocks if block.source or block.table or block.verbatim or block.bullet
    ]
    found = _find_day(blocks)
    titles = [
        number
        for number, block in enumerate(blocks[: found[0]] if found else blocks)
        if block.source and not patterns.matches(patterns.CHROME, block.source)
    ]
    if found and titles:
        number = titles[-1]
    elif found:
        # The date may stand above the title.
        number = next((n for n in range(found[0] + 1, len(blocks)) if blocks[n].source), -1)
    else:
        headings = [n for n in titles if blocks[n].is_heading]
        number = (headings or titles or [-1])[0]
    if number < 0:
        raise BundleError(1, _("The page has no title."))
    draft.headline = blocks[number].source
    if found:
        draft.day = found[1]
    else:
        draft.note(blocks[number].line, _("No date was found; the first line became the title."))
    if left_out := [n for n in titles if n < number]:
        first, last = blocks[left_out[0]].line, blocks[left_out[-1]].line
        draft.note(
            first,
            _("What stands before the title was left out, up to line %(last)s.") % {"last": last},
        )
    start = max(number, found[0] if found else 0) + 1
    return _skip_head(blocks[start:], draft)


def _skip_head(blocks: list[Block], draft: Draft) -> list[Block]:
    """Leave out the repeated title and the byline."""
    repeated = {draft.headline, _split_kicker(draft.headline)[1]}
    for number, block in enumerate(blocks):
        byline = None if draft.byline else patterns.matches(patterns.BYLINE, block.source)
        if byline:
            draft.byline = byline[1]
        elif block.source not in repeated and not patterns.matches(patterns.CHROME, block.source):
            return blocks[number:]
    return []


def _without_comments(blocks: list[Block], draft: Draft) -> list[Block]:
    for number, block in enumerate(blocks):
        match = patterns.matches(patterns.COMMENTS, block.source)
        if match and not block.table:
            if match[1] and int(match[1]):
                draft.note(
                    block.line,
                    _("The page's comments (%(count)s) were left out.") % {"count": match[1]},
                )
            return blocks[:number]
    return [block for block in blocks if not patterns.matches(patterns.CHROME, block.source)]


def _read_licence(blocks: list[Block], draft: Draft) -> str:
    """Return the licence whose mark the page carries; "none" without a mark, or with several."""
    found: dict[str, int] = {}
    for block in blocks:
        # A picture's line begins with its kind, then its words.
        lines = [block.source] + [line.partition("] ")[2] for line in block.verbatim]
        for line in lines:
            if match := patterns.matches(patterns.LICENCE, line):
                found.setdefault(match[1], block.line)
    if len(found) != 1:
        return NO_LICENCE
    ((number, line),) = found.items()
    draft.note(line, _("The page's licence mark was taken over: type %(type)s.") % {"type": number})
    return f"type{number}"


def _sections(blocks: list[Block]) -> tuple[list[Block], list[Block], list[Block]]:
    """Part the body from the monthly issue and from the references, each with its heading."""
    body: list[Block] = []
    issue: list[Block] = []
    references: list[Block] = []
    current = body
    for block in blocks:
        if not issue and patterns.matches(patterns.ISSUE, block.source):
            current = issue
        elif patterns.matches(patterns.REFERENCES, block.source):
            current = references
        elif current is not body and is_section_heading(block):
            current = body
        current.append(block)
    return body, issue, references


# The monthly issue and the references


def _read_issue(blocks: list[Block], draft: Draft) -> IssueData | None:
    """Return the month's issue; None, with a note, when its month is not known."""
    if not blocks:
        return None
    heading = blocks[0]
    match = patterns.matches(patterns.ISSUE, heading.source)
    month = int(match[2])
    if draft.day is None or not 1 <= month <= 12:
        draft.note(
            heading.line,
            _("The year of the monthly issue is not known; its items stay in the body."),
        )
        return None
    # A page of January may carry December's issue.
    year = draft.day.year - (month > draft.day.month)
    nested = nest(blocks[1:])
    note_emptied(nested.emptied, draft)
    groups: list[list[tuple[Block, int]]] = []
    for block, level in nested.blocks:
        if block.is_item and level == 1:
            groups.append([(block, level)])
        elif groups:
            groups[-1].append((block, max(0, level - 1)))
        elif block.source or block.verbatim or block.table:
            draft.note(block.line, _("An item of the monthly issue has no bullet."))
            groups.append([(block, 1)])
    return IssueData(
        month=f"{year:04}-{month:02}",
        title=match[1],
        items=tuple(_read_item(group, draft) for group in groups),
    )


def _read_item(group: list[tuple[Block, int]], draft: Draft) -> IssueItemData:
    (first, _level), *rest = group
    match = patterns.ITEM.fullmatch(first.text)
    if not match:
        draft.note(
            first.line,
            _("The item names no category in brackets; “%(mark)s” stands in its place.")
            % {"mark": UNKNOWN_CATEGORY},
        )
    if any(run.href for run in first.runs):
        draft.note(first.line, _("A link in the item's headline was left out."))
    category, headline = match.groups() if match else (UNKNOWN_CATEGORY, first.text)
    return IssueItemData(category, headline or _("Untitled"), render(rest, draft, in_item=True))


def _read_references(blocks: list[Block], draft: Draft) -> tuple[ReferenceData, ...]:
    references = []
    for block in blocks:
        if patterns.matches(patterns.REFERENCES, block.source):
            continue
        text = block.text
        url = next((run.href for run in block.runs if run.href), "")
        if found := patterns.URL.search(text):
            url = url or found[0].rstrip(".,)")
            text = text.replace(found[0], "").strip(" -–:,()[]") or found[0]
        if text:
            references.append(ReferenceData(title=text, url=url))
    if blocks and not references:
        draft.note(blocks[0].line, _("The page's list of references is empty."))
    return tuple(references)
