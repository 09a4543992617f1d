"""Blocks: the lines of a source with what is known of their form, and their Markdown."""

import re
from dataclasses import dataclass, field, replace
from itertools import groupby

from django.utils.translation import gettext as _

from articles.bundle.data import BundleError
from articles.content.text import normalise, normalise_line

MAX_LEVEL = 8
# Many times what an article can hold.
MAX_BLOCKS = 20_000

# Bullets typed as letters tell by themselves how deep they stand; the round one does not.
_BULLET_RANKS = {
    **dict.fromkeys("□■◆◇", 1),
    **dict.fromkeys("○●◎❍ㅇo", 2),
    **dict.fromkeys("-–", 3),
    **dict.fromkeys("·․∙‧・", 4),
    **dict.fromkeys("*※", 5),
}
_BULLET = re.compile(r"(?:[•□■◆◇○●◎❍◦▪▸►▶‣※](?=.|$)|[-–·․∙‧・*+](?= |$)|[ㅇo](?= )) ?")


@dataclass(frozen=True)
class Run:
    """A stretch of text in one form."""

    text: str
    strong: bool = False
    href: str = ""
    emphasis: bool = False
    code: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its merged cells written out: every row has as many cells as the first.

    `head_rows` counts the rows of heading cells at the top; `is_merged` tells that a cell stood
    over several rows or columns, `is_sure` that every cell found its place. `notes` say what of
    the table was left out.
    """

    rows: tuple[tuple[str, ...], ...]
    head_rows: int = 0
    is_merged: bool = False
    is_sure: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """One line or list item of a source, and the line where it stands.

    `source` is the whole line as one reads it, `raw` with its spaces; `runs` is its text without
    the bullet; `is_continued` tells that a picture stands before it in its paragraph, and
    `heading_level` is the source's own, from 1. What is no line has one of these instead: a
    `table`, `verbatim` lines to keep in a fenced block of the kind `fence`, or `ready` Markdown.
    """

    line: int
    source: str = ""
    runs: tuple[Run, ...] = ()
    bullet: str = ""
    indent: int = 0
    is_after_gap: bool = False
    is_heading: bool = False
    heading_level: int = 0
    is_quoted: bool = False
    is_continued: bool = False
    raw: str = ""
    table: Table | None = None
    verbatim: tuple[str, ...] = ()
    fence: str = ""
    ready: str = ""

    @property
    def text(self) -> str:
        return normalise_line("".join(run.text for run in self.runs))

    @property
    def is_item(self) -> bool:
        return bool(self.bullet)

    @property
    def is_paragraph(self) -> bool:
        return not (self.bullet or self.table or self.verbatim or self.ready)

    @property
    def rank(self) -> int:
        return _BULLET_RANKS.get(self.bullet, 0)

    def is_deeper_than(self, other: "Block") -> bool:
        if self.rank and other.rank and self.rank != other.rank:
            return self.rank > other.rank
        return self.indent > other.indent


# A text names a picture that is not stored yet by this and its number.
PICTURE_SCHEME = "picture:"
STORED_ADDRESS = re.compile(r"/media/[-\w./]{1,200}")
_SIGNATURES = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP", re.DOTALL)


def is_picture(data: bytes) -> bool:
    """Tell whether data looks like a picture that can be stored, by its first bytes."""
    return bool(_SIGNATURES.match(data))


@dataclass
class HtmlSource:
    """A document as HTML, with its pictures by the addresses used there and (line, sentence) notes.

    An element's `data-line` is its paragraph's number in the document, `data-bullet` and
    `data-indent` what the document's style puts before it. `words` is all the text
    there was, `name` the file's.
    """

    html: str
    pictures: dict[str, bytes] = field(default_factory=dict)
    notes: list[tuple[int, str]] = field(default_factory=list)
    words: str = ""
    name: str = ""


def left_out(text: str) -> str:
    return _("Left out: “%(text)s”") % {"text": text}


_HANGUL = "가나다라마바사아자차카타파하"
_ROMAN = "I II III IV V VI VII VIII IX X XI XII"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def printed_number(number: int, kind: str) -> str:
    """Return a list's number as a document prints it; `kind` by the names of 한글."""
    if kind == "HANGUL_SYLLABLE" and 0 < number <= len(_HANGUL):
        return _HANGUL[number - 1]
    if kind == "CIRCLED_DIGIT" and 0 < number <= len(_CIRCLED):
        return _CIRCLED[number - 1]
    if kind.startswith("LATIN") and 0 < number <= 26:
        return chr((ord("A") if kind == "LATIN_CAPITAL" else ord("a")) + number - 1)
    if kind.startswith("ROMAN") and 0 < number <= 12:
        roman = _ROMAN.split()[number - 1]
        return roman if kind == "ROMAN_CAPITAL" else roman.lower()
    return str(number)


def check_count(blocks: list[Block]) -> None:
    """Raise BundleError as soon as a source has more lines than any page."""
    if len(blocks) > MAX_BLOCKS:
        raise BundleError(
            blocks[-1].line, _("The page has more than %(limit)s lines.") % {"limit": MAX_BLOCKS}
        )


def split_bullet(text: str) -> tuple[str, str]:
    """Return the literal bullet at the start of a line, or "", and what follows it."""
    match = _BULLET.match(text)
    return (text[0], text[match.end() :]) if match else ("", text)


def line_block(line: int, raw: str, runs: tuple[Run, ...] = (), **known) -> Block:
    """Return the block of one line of text; `runs` where its letters have a form."""
    raw = normalise(raw).replace("\n", " ")
    source = normalise_line(raw)
    bullet, text = split_bullet(source)
    runs = _without_start(runs, len(source) - len(text)) if runs else (Run(text),)
    expanded = raw.expandtabs(4)
    known = {"indent": len(expanded) - len(expanded.lstrip()), "bullet": bullet, **known}
    return Block(line, source=source, runs=runs, raw=raw.rstrip(), **known)


def _without_start(runs: tuple[Run, ...], count: int) -> tuple[Run, ...]:
    """Return `runs` with spaces made single, less their first `count` characters."""
    kept: list[Run] = []
    for run in runs:
        text = re.sub(r"\s+", " ", normalise(run.text))
        if not kept or kept[-1].text.endswith(" "):
            text = text.lstrip(" ")
        if text:
            kept.append(replace(run, text=text))
    result = []
    for run in kept:
        text = run.text[count:]
        count = max(0, count - len(run.text))
        if text:
            result.append(replace(run, text=text))
    return tuple(result)


# Markdown

_LINE_START = re.compile(r"(?:#|>|[-+*](?= |$)|[-]{3}|[-] ?[-])")
_NUMBER_START = re.compile(r"([0-9]{1,9})([.)])(?= |$)")
_RULE = re.compile(r"(?:[-] ?){3,}")
_ENTITY = re.compile(r"&(?=#?[0-9A-Za-z]{1,32};)")
_AUTOLINK = re.compile(r"<(?=[A-Za-z][A-Za-z0-9+.-]{1,31}:|[^<>\s]{1,100}@)")
_LINK = re.compile(r"\] ?[(\[:]|\[\[")
_BACKSLASH = re.compile(r"\\(?=[!-/:-@\[-`{-~]|$)")


def escape(text: str, is_first: bool = True, is_linked: bool = False) -> str:
    """Return `text` as Markdown: what would have a meaning there gets a backslash."""
    text = _BACKSLASH.sub(r"\\\\", text)
    if text.count("*") > 1 or is_linked:
        text = re.sub(r"(?<! )\*|\*(?! )", r"\\*", text)
    if text.count("_") > 1 or is_linked:
        text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    if text.count("`") > 1 or is_linked:
        text = text.replace("`", r"\`")
    if is_linked or _LINK.search(text):
        text = text.replace("[", r"\[").replace("]", r"\]")
    text = _AUTOLINK.sub("&lt;", _ENTITY.sub("&amp;", text))
    if is_first:
        if _LINE_START.match(text) or _RULE.fullmatch(text):
            text = "\\" + text
        text = _NUMBER_START.sub(r"\1\\\2", text, count=1) if text[:1].isdigit() else text
        if text.startswith("~~~"):
            text = "&#126;" + text[1:]
    return text


def markdown(block: Block) -> str:
    """Return a block's text as one line of Markdown, without its bullet."""
    runs = [run for run in block.runs if run.text]
    runs = _joined(runs)
    is_plain = len(runs) == 1 and runs[0] == Run(runs[0].text)
    if is_plain:
        return escape(runs[0].text.strip())
    pieces = []
    for number, run in enumerate(runs):
        text = escape(run.text, is_first=number == 0, is_linked=True)
        core = text.strip()
        if run.code and core:
            core = _code(run.text.strip())
        if run.emphasis and core:
            core = f"*{core}*"
        if run.href:
            core = f"[{core}]({run.href})"
        if run.strong and core:
            core = f"**{core}**"
        before = text[: len(text) - len(text.lstrip())]
        after = text[len(text.rstrip()) :] if text.strip() else ""
        pieces.append(before + core + after)
    return "".join(pieces).strip()


def _joined(runs: list[Run]) -> list[Run]:
    """Return runs with neighbours of one form put together: `**가****나**` is no Markdown."""
    groups = groupby(runs, lambda run: (run.strong, run.href, run.emphasis, run.code))
    return [
        replace(first, text="".join([first.text, *(run.text for run in others)]))
        for first, *others in (list(group) for _form, group in groups)
    ]


def _code(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    gap = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{gap}{text}{gap}{fence}"


def fenced(lines: list[str], info: str) -> str:
    """Return `lines` as they are, inside a fence that none of them can close."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{info}", *lines, fence])


# Nesting


@dataclass
class Nested:
    """Blocks with their levels: 0 stands outside lists, 1 is the first level of one.

    `emptied` are the lines of empty list items that held others.
    """

    blocks: list[tuple[Block, int]] = field(default_factory=list)
    emptied: list[int] = field(default_factory=list)


def nest(blocks: list[Block]) -> Nested:
    """Give each block its level; empty items go, and what they held moves up a level."""
    nested = Nested()
    stack: list[tuple[Block, int]] = []
    for block in blocks:
        if block.is_item:
            while stack and not block.is_deeper_than(stack[-1][0]):
                stack.pop()
            above = stack[-1][1] if stack else 0
            if stack and not stack[-1][0].text and stack[-1][0].line not in nested.emptied[-1:]:
                nested.emptied.append(stack[-1][0].line)
            level = min(above + 1, MAX_LEVEL) if block.text else above
            stack.append((block, level))
            if block.text:
                nested.blocks.append((block, level))
        elif block.is_paragraph and stack and block.indent > stack[0][0].indent:
            nested.blocks.append((block, stack[-1][1]))
        else:
            stack = []
            nested.blocks.append((block, 0))
    return nested
