"""A page of the old site, saved as plain text, to a draft."""

from django.utils.translation import gettext as _

from articles.bundle.data import BundleError
from articles.content.text import normalise
from articles.manuscripts.blocks import Block, check_count, line_block
from articles.manuscripts.outline import ImportedPage, read_blocks


def read(data: bytes) -> ImportedPage:
    """Return the draft that a page's text gives; raises BundleError when it has no title."""
    blocks: list[Block] = []
    is_after_gap = False
    for number, raw in enumerate(normalise(decode(data)).split("\n"), 1):
        if raw.strip():
            blocks.append(line_block(number, raw, is_after_gap=is_after_gap))
            check_count(blocks)
        is_after_gap = not raw.strip()
    if not blocks:
        raise BundleError(1, _("The file is empty."))
    return read_blocks(blocks)


def decode(data: bytes) -> str:
    """Decode UTF-8 or what Korean Windows writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
    raise BundleError(line, _("The text is neither UTF-8 nor EUC-KR."))
