"""A page's blocks to a draft: what is its title, its date, its headings, tables and issue.

Nothing is guessed silently. What is not surely read stays visible in a fenced block `unread`,
with which an article cannot be published, and a note says which line a person must check.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from types import MappingProxyType

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
from articles.manuscripts import patterns
from articles.manuscripts.blocks import Block, left_out, nest
from articles.manuscripts.body import (
    Draft,
    is_section_heading,
    note_emptied,
    render,
    table_in_item,
    to_markdown,
)
from articles.manuscripts.tables import to_markdown as to_plain_table

# The category of an item whose source names none; the model wants one.
UNKNOWN_CATEGORY = "?"
NO_LICENCE = "none"
# Of a reference.
MAX_TITLE = 300
# What stands above a manuscript's text at most: title, kicker, date, byline and the like.
MAX_HEAD_LINES = 12


_EMPTY_BRACKETS = re.compile(r"\( ?\)|\[ ?\]|< ?>")


@dataclass(frozen=True)
class ImportedPage:
    """An old page as drafts, with (line, sentence) notes of what a person must check."""

    article: ArticleData
    issue: IssueData | None = None
    rankings: tuple[RankingData, ...] = ()
    subjects: tuple[SubjectData, ...] = ()
    notes: tuple[tuple[int, str], ...] = ()
    # By the addresses that the texts name them by.
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    # How the line, or the paragraph, of a note begins.
    places: Mapping[int, str] = field(default_factory=dict)
    # Each ranking table as an ordinary one, by its slug.
    plain_tables: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_recognised(self) -> bool:
        """Tell a page of the old site, by its date or its title's kicker, from any other text."""
        return bool(self.article.published_at or self.article.kicker)


def read_blocks(
    blocks: list[Block],
    notes: tuple[tuple[int, str], ...] = (),
    legacy_path: str = "",
    pictures: Mapping[str, bytes] = MappingProxyType({}),
    name: str = "",
) -> ImportedPage:
    """Return the draft that a page's blocks give; raises BundleError when they give no title.

    `name` becomes the title where no line is one.
    """
    draft = Draft(headline=name, notes=list(notes))
    for block in blocks:
        for text in block.table.notes if block.table else ():
            draft.note(block.line, text)
    is_framed = any(patterns.matches(patterns.BANNER, block.source) for block in blocks)
    rest = _without_frame(_read_head(blocks, draft, is_framed), draft, is_framed)
    body, issue_blocks, reference_blocks = _sections(rest, draft)
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
        pictures,
        {block.line: opening for block in reversed(blocks) if (opening := block.source[:40])},
        {slug: to_plain_table(table) for slug, table in draft.cells.items()},
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


def _leave_out(blocks: list[Block], draft: Draft) -> None:
    """Name in the report each line, and each picture, that the draft does not have."""
    for block in blocks:
        for text in filter(None, (block.source, *block.verbatim)):
            draft.note(block.line, left_out(text))


def _read_head(blocks: list[Block], draft: Draft, is_framed: bool) -> list[Block]:
    """Read title, date and byline; return the blocks that follow them, and tables before them."""
    blocks = [
        block
        for block in blocks
        if block.source or block.table or block.verbatim or block.bullet or block.ready
    ]
    found = _find_day(blocks)
    titles = [
        number
        for number, block in enumerate(blocks[: found[0]] if found else blocks)
        if block.source and not patterns.matches(patterns.CHROME, block.source)
    ]
    if found and not is_framed and found[0] > MAX_HEAD_LINES:
        # The date of a manuscript may stand at its end; a page of the site has its menus above it.
        draft.day = found[1]
        draft.note(blocks[found[0]].line, _("The date was read here; check it."))
        titles = titles[:MAX_HEAD_LINES]
    if found and titles and not draft.day:
        kickers = [n for n in titles if patterns.matches(patterns.KICKER, blocks[n].source)]
        number = (kickers or titles)[-1]
    elif found and not draft.day:
        # The date may stand above the title.
        number = next((n for n in range(found[0] + 1, len(blocks)) if blocks[n].source), -1)
    else:
        kickers = [n for n in titles if patterns.matches(patterns.KICKER, blocks[n].source)]
        headings = [n for n in titles if blocks[n].is_heading]
        near = titles[:MAX_HEAD_LINES]
        number = next((n for n in (*kickers, *headings) if n in near), (titles or [-1])[0])
    if number < 0 and draft.headline and blocks:
        text = _("No title was found; the file's name became it: “%(name)s”.")
        draft.note(0, text % {"name": draft.headline})
        return [block for n, block in enumerate(blocks) if not found or n != found[0]]
    if number < 0:
        raise BundleError(1, _("The page has no title."))
    draft.headline = blocks[number].source
    for href in dict.fromkeys(run.href for run in blocks[number].runs if run.href):
        draft.note(blocks[number].line, left_out(href))
    read = {number}
    if draft.day:
        blocks = [each for n, each in enumerate(blocks) if n != found[0]]
    elif found:
        draft.day = found[1]
        read.add(found[0])
        if not patterns.matches(patterns.DATE_ALONE, blocks[found[0]].source):
            _leave_out([blocks[found[0]]], draft)
    else:
        draft.note(blocks[number].line, _("No date was found; the first line became the title."))
    start = max(read) + 1
    above = [block for number, block in enumerate(blocks[:start]) if number not in read]
    # A picture in the frame is its logo.
    _leave_out([block for block in above if block.source or (is_framed and block.fence)], draft)
    kept = [block for block in above if not block.source and not (is_framed and block.fence)]
    return kept + _skip_head(blocks[start:], draft, is_framed)


def _skip_head(blocks: list[Block], draft: Draft, is_framed: bool) -> list[Block]:
    """Leave out the repeated title, the byline and what the frame has there."""
    repeated = {draft.headline, _split_kicker(draft.headline)[1]}
    for number, block in enumerate(blocks):
        byline = None if draft.byline else patterns.matches(patterns.BYLINE, block.source)
        if byline:
            draft.byline = byline[1]
        elif block.source in repeated or (is_framed and _is_chrome(blocks, number)):
            _leave_out([block], draft)
        else:
            return blocks[number:]
    return []


def _is_chrome(blocks: list[Block], number: int) -> bool:
    """Tell a line of the old site's frame from a bullet, a heading and what stands above a list."""
    block, following = blocks[number], blocks[number + 1 : number + 2]
    return (
        block.is_paragraph
        and not block.is_heading
        and bool(patterns.matches(patterns.CHROME, block.source))
        and not (following and following[0].is_item)
    )


def _without_frame(blocks: list[Block], draft: Draft, is_framed: bool) -> list[Block]:
    """Return the blocks without the page's comments and the frame at the end."""
    end = _end_of_text(blocks)
    if end < len(blocks):
        match = patterns.matches(patterns.COMMENTS, blocks[end].source)
        if match[1] and int(match[1]):
            draft.note(
                blocks[end].line,
                _("The page's comments (%(count)s) were left out.") % {"count": match[1]},
            )
        is_framed = True
    _leave_out(blocks[end:], draft)
    body = blocks[:end]
    while is_framed and body and _is_chrome(body, len(body) - 1):
        _leave_out([body.pop()], draft)
    return body


def _end_of_text(blocks: list[Block]) -> int:
    """Return where the old site's block of comments begins, if the page ends with one."""
    end = len(blocks)
    has_form = has_lists = False
    for number in range(len(blocks) - 1, -1, -1):
        block = blocks[number]
        if _begins_comments(block, has_form, has_lists, is_last=number == len(blocks) - 1):
            end = number
        if _is_in_no_comments(block):
            break
        is_in_form = bool(patterns.matches(patterns.COMMENT_FORM, block.source))
        has_form = has_form or (block.is_paragraph and is_in_form)
        has_lists = has_lists or block.is_item or block.is_heading
    return end


def _is_in_no_comments(block: Block) -> bool:
    sections = (patterns.IMPLICATIONS, patterns.ISSUE, patterns.REFERENCES)
    return bool(
        block.table
        or "\t" in block.raw.strip()
        or (block.verbatim and not block.fence)
        or any(patterns.matches(section, block.source) for section in sections)
    )


def _begins_comments(first: Block, has_form: bool, has_lists: bool, is_last: bool) -> bool:
    """Tell whether comments begin with a line, by what there is below it."""
    match = patterns.matches(patterns.COMMENTS, first.source)
    if not match or not first.is_paragraph:
        return False
    is_sure = match[1] is not None or patterns.matches(patterns.COMMENT_FORM, first.source)
    return has_form or is_last if not is_sure else has_form or not has_lists


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


def _sections(blocks: list[Block], draft: Draft) -> tuple[list[Block], list[Block], list[Block]]:
    """Part the body from the monthly issue and from the references, each with its heading."""
    body: list[Block] = []
    issue: list[Block] = []
    start, end = _references(blocks, draft)
    current = body
    for number, block in enumerate(blocks):
        if start <= number < end:
            current = body
            continue
        if not issue and patterns.matches(patterns.ISSUE, block.source):
            current = issue
        elif is_section_heading(block) or patterns.matches(patterns.REFERENCES, block.source):
            current = body
        current.append(block)
    return body, issue, blocks[start:end]


def _references(blocks: list[Block], draft: Draft) -> tuple[int, int]:
    """Return where the last section stands when it is one of references, with its heading."""
    headings = [
        number
        for number, block in enumerate(blocks)
        if (block.is_paragraph or block.bullet == "※")
        and patterns.matches(patterns.REFERENCES, block.source)
    ]
    # For each line below the first: where the section that it stands in ends, and whether all until
    # there look like references.
    sections = [(len(blocks), True)] * (len(blocks) + 1)
    for number in range(len(blocks) - 1, headings[0] if headings else len(blocks), -1):
        end, are_references = sections[number + 1]
        if _ends_references(blocks[number]):
            sections[number] = number, True
        else:
            sections[number] = end, are_references and _looks_like_a_reference(blocks[number])
    for number in headings:
        end, are_references = sections[number + 1]
        if are_references:
            return number, end
        draft.note(
            blocks[number].line,
            _("What follows does not look like references all through; it stays in the body."),
        )
    return len(blocks), len(blocks)


def _ends_references(block: Block) -> bool:
    ending = (patterns.ISSUE, patterns.LICENCE)
    return any(patterns.matches(each, block.source) for each in ending) or _is_licence_picture(
        block
    )


def _is_licence_picture(block: Block) -> bool:
    return any(
        patterns.matches(patterns.LICENCE, line.partition("] ")[2]) for line in block.verbatim
    )


def _looks_like_a_reference(block: Block) -> bool:
    """Tell a title, an address or a book from a sentence, a heading, a table or a picture."""
    text = block.text
    if block.table or block.verbatim or is_section_heading(block) or len(text) > MAX_TITLE:
        return False
    if any(run.href for run in block.runs) or patterns.URL.search(text):
        return True
    if patterns.matches(patterns.SENTENCE, text):
        return False
    is_titled = patterns.YEAR.search(text) or patterns.TITLE_MARK.search(text)
    return bool(block.is_item or is_titled)


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
    nested = nest([table_in_item(b, draft) if b.table else b for b in blocks[1:]])
    note_emptied(nested.emptied, draft)
    groups: list[list[tuple[Block, int]]] = []
    for block, level in nested.blocks:
        if block.is_item and level == 1:
            groups.append([(block, level)])
        elif groups:
            groups[-1].append((block, max(0, level - 1)))
        elif block.source or block.verbatim or block.ready:
            draft.note(block.line, _("An item of the monthly issue has no bullet."))
            is_text = bool(block.source)
            groups.append([(block, 1)] if is_text else [(Block(block.line), 1), (block, 0)])
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
            draft.note(
                block.line,
                _("What stands below “%(text)s” became references.") % {"text": block.source},
            )
            continue
        text = block.text
        hrefs = list(dict.fromkeys(run.href for run in block.runs if run.href))
        found = patterns.URL.search(text)
        shown = found[0].rstrip(".,)") if found else ""
        url = hrefs[0] if hrefs else shown
        if shown and shown == url:
            rest = _EMPTY_BRACKETS.sub("", text.replace(shown, "", 1)).strip(" -–:,.")
            text = rest or shown
        for href in hrefs[1:]:
            draft.note(block.line, left_out(href))
        if text:
            references.append(ReferenceData(title=text, url=url))
    if blocks and not references:
        draft.note(blocks[0].line, _("The page's list of references is empty."))
    return tuple(references)
