"""Markdown as the articles hold it: headings, lines of runs, items of lists, links."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from articles.manuscripts.blocks import Block, Run, escape, markdown

MAX_HEADING = 6
MAX_ADDRESS = 480

_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,480}")
_NOT_IN_ADDRESS = re.compile(r"[\s<>\"\\()\[\]]")


def without_skipped_levels(blocks: list[str]) -> list[str]:
    """Return the blocks, headings from the second level on, none of them skipped."""
    marks = [re.match(r"(#{1,6}) ", block) for block in blocks]
    levels = sorted({len(mark[1]) for mark in marks if mark})
    result, last = [], 1
    for block, mark in zip(blocks, marks, strict=True):
        if mark:
            last = min(levels.index(len(mark[1])) + 2, last + 1, MAX_HEADING)
        result.append(f"{'#' * last} {block[mark.end() :]}" if mark else block)
    return result


def line_of(runs: list[Run]) -> str:
    """Return the runs of one line as Markdown; an address alone becomes a link."""
    while runs and not runs[0].text.strip():
        runs = runs[1:]
    while runs and not runs[-1].text.strip():
        runs = runs[:-1]
    if not runs:
        return ""
    runs = [
        replace(runs[0], text=runs[0].text.lstrip()),
        *runs[1:-1],
        *([replace(runs[-1], text=runs[-1].text.rstrip())] if len(runs) > 1 else []),
    ]
    text = "".join(run.text for run in runs).strip()
    if not any(run.href or run.code for run in runs) and _WEB_ADDRESS.fullmatch(text):
        return link_to(text, written_address(text))
    return markdown(Block(1, runs=tuple(_single_spaced(runs))))


def _single_spaced(runs: list[Run]) -> list[Run]:
    kept: list[Run] = []
    for run in runs:
        text = run.text.lstrip(" ") if kept and kept[-1].text.endswith(" ") else run.text
        if text:
            kept.append(replace(run, text=text))
    return kept


def list_item(marker: str, blocks: list[str]) -> str:
    """Return an item: its first block beside the marker, what follows four spaces in."""
    is_nested = [bool(re.match(r"(?:-|[0-9]+\.) ", block)) for block in blocks]
    if is_nested[0]:
        # An item that holds a list alone says nothing itself.
        blocks, is_nested = ["…", *blocks], [False, *is_nested]
    is_wide = blocks[0].startswith("```") or not all(is_nested[1:])
    text = f"{marker} ".ljust(4 if is_wide else 0)
    for number, block in enumerate(blocks):
        if number:
            text += "\n" if is_nested[number] and number == 1 and "\n\n" not in block else "\n\n"
        lines = block.split("\n")
        begin = 0 if number == 0 else 4
        text += "\n".join(
            " " * (begin if place == 0 else 4) + line if line else ""
            for place, line in enumerate(lines)
        )
    return text


def stands_alone(block: str) -> bool:
    return block.startswith(("![", "```", "|", "> ", "---"))


def link_to(words: str, address: str) -> str:
    return f"[{escape(words, is_first=False, is_linked=True)}]({address})"


def written_address(address: str) -> str:
    """Return an address as Markdown holds it, "" for one that is too long."""
    if len(address) > MAX_ADDRESS:
        return ""
    return _NOT_IN_ADDRESS.sub(
        lambda match: "".join(f"%{b:02X}" for b in match[0].encode()), address
    )


def shown_address(address: str) -> str:
    """Return the words of a link that has none: what it leads to, without its scheme."""
    parts = urlsplit(address)
    query = f"?{parts.query}" if parse_qs(parts.query) else ""
    return f"{parts.netloc}{parts.path}{query}".rstrip("/") or address
