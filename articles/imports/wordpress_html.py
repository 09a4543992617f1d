"""WordPress's own marks in a text, blocks and shortcodes, to plain HTML."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape, unescape

from django.utils.translation import gettext as _

from articles.content.text import normalise_line

_BLOCK = "<!-- wp:"
# A block without content of its own: WordPress makes it when the page is asked for.
_MADE_BLOCK = re.compile(r"<!--\s+wp:([a-z][\w/-]*)\s+(\{(?:(?!-->).)*\}\s+)?/-->", re.DOTALL)
# They are but space.
_EMPTY_BLOCKS = {"spacer", "separator", "more", "nextpage", "post-content", "page-break"}
_ATTRIBUTE = re.compile(
    r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s'"]+))|"([^"]*)"|'([^']*)'|(\S+)"""
)
_SHORTCODE = re.compile(r"(\[?)\[(/?)([A-Za-z][\w-]{0,60})((?:\s[^\[\]]*)?)(/?)\](\]?)")
_CODE = {"code", "sourcecode", "highlight", "source"}
_PLAYED = {"embed", "audio", "video", "youtube", "vimeo", "playlist", "soundcloud", "wpvideo"}
# What draws columns and boxes around a text, of the builders that are met most.
_BUILDERS = re.compile(r"(?:vc|et_pb|fusion|av|x|cs|tatsu|mk|nectar|dt|wpb|ultimate)_[\w-]+")
_MEDIA = ("src", "mp4", "m4v", "webm", "ogv", "mp3", "m4a", "ogg", "wav", "url")
MAX_REUSED_DEPTH = 3


@dataclass(frozen=True)
class Attachment:
    """A file of WordPress's library, and what the library says of it."""

    address: str
    alternative_text: str = ""
    caption: str = ""
    parent: str = ""


@dataclass(frozen=True)
class Library:
    """What texts name by number: attachments and the contents of reusable blocks."""

    attachments: Mapping[str, Attachment]
    reusable: Mapping[str, str]


def to_html(
    text: str, post: str, library: Library, footnotes: str, note: Callable[[str], None]
) -> tuple[str, bool]:
    """Return a post's HTML and whether its line ends are meant, as in the classic editor's."""
    has_blocks = _BLOCK in text
    if has_blocks:
        text = _with_made_blocks(text, library, footnotes, note)
    if "<!--nextpage-->" in text:
        note(_("The pages of a text in several pages were put together."))
        text = text.replace("<!--nextpage-->", "\n\n")
    text = _without_shortcodes(text, post, library, note)
    return text, not has_blocks


# Blocks


def _with_made_blocks(
    text: str, library: Library, footnotes: str, note: Callable[[str], None], depth: int = 0
) -> str:
    def made(match: re.Match[str]) -> str:
        name = match[1].removeprefix("core/")
        values = _values(match[2])
        if name == "block":
            content = library.reusable.get(str(values.get("ref", "")))
            if content is not None and depth < MAX_REUSED_DEPTH:
                return _with_made_blocks(content, library, footnotes, note, depth + 1)
        elif name == "footnotes":
            return _footnotes(footnotes)
        elif name in _EMPTY_BLOCKS:
            return "<hr>" if name == "separator" else ""
        elif address := values.get("url"):
            return f"\n<p>{escape(str(address))}</p>\n"
        note(
            _("The block “%(name)s”, which WordPress fills by itself, was left out.")
            % {"name": name[:60]}
        )
        return ""

    return _MADE_BLOCK.sub(made, text)


def _values(text: str | None) -> dict[str, object]:
    try:
        values = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _footnotes(text: str) -> str:
    try:
        notes = json.loads(text or "[]")
    except (ValueError, RecursionError):
        notes = []
    notes = notes if isinstance(notes, list) else []
    items = [str(each.get("content", "")) for each in notes if isinstance(each, dict)]
    return "\n<ol>" + "".join(f"<li>{item}</li>" for item in items) + "</ol>\n" if items else ""


# Shortcodes


def _without_shortcodes(text: str, post: str, library: Library, note: Callable[[str], None]) -> str:
    pieces: list[str] = []
    end = 0
    while match := _SHORTCODE.search(text, end):
        pieces.append(text[end : match.start()])
        end = match.end()
        name = match[3]
        if match[1] and match[6]:
            # Written twice, the brackets are meant as they stand.
            pieces.append(match[0][1:-1])
            continue
        before, after = match[1], match[6]
        if match[2]:
            is_builder = _BUILDERS.fullmatch(name)
            pieces.append("\n" if is_builder else match[0])
            continue
        closing = f"[/{name}]"
        found = text.find(closing, end) if name in _KNOWN else -1
        content = text[end:found] if found >= 0 else ""
        html = _shown(name, _attributes(match[4]), content, post, library)
        if html is not None:
            pieces.append(f"{before}{html}{after}")
            end = found + len(closing) if found >= 0 else end
        elif _BUILDERS.fullmatch(name):
            note(_("Marks of a page builder were left out; what they held stays."))
            pieces.append(f"{before}\n{after}")
        else:
            if match[4].strip() or match[5] or f"[/{name}]" in text[end : end + 20_000]:
                note(
                    _("The shortcode [%(name)s] is not known here; it stays in the text.")
                    % {"name": name}
                )
            pieces.append(match[0])
    pieces.append(text[end:])
    return "".join(pieces)


_KNOWN = {"caption", "wp_caption", "gallery", *_CODE, *_PLAYED}


def _shown(
    name: str, values: dict[str, str], content: str, post: str, library: Library
) -> str | None:
    """Return the HTML of a shortcode that WordPress or a common plugin knows, else None."""
    if name in {"caption", "wp_caption"}:
        picture, caption = _captioned(content, values)
        return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"
    if name == "gallery":
        return "".join(_figure(each) for each in _gallery(values, post, library))
    if name in _CODE:
        language = values.get("lang") or values.get("language") or values.get("0") or ""
        words = escape(unescape(content.strip("\n")))
        return f'<pre class="language-{escape(language)}">{words}</pre>'
    if name in _PLAYED:
        return _played(name, values, content, library)
    return None


def _captioned(content: str, values: dict[str, str]) -> tuple[str, str]:
    end = 0
    image = re.search(r"<img\b[^>]*>", content, re.IGNORECASE)
    if image:
        linked = re.match(r"\s*</a>", content[image.end() :])
        end = image.end() + (linked.end() if linked else 0)
    words = content[end:].strip() or escape(values.get("caption", ""))
    return content[:end], words


def _gallery(values: dict[str, str], post: str, library: Library) -> list[Attachment]:
    ids = re.findall(r"[0-9]+", values.get("ids") or values.get("include") or "")
    if ids:
        return [library.attachments[each] for each in ids if each in library.attachments]
    parent = values.get("id", post)
    return [each for each in library.attachments.values() if each.parent == parent]


def _figure(picture: Attachment) -> str:
    alt, caption = escape(picture.alternative_text), escape(picture.caption)
    image = f'<img src="{escape(picture.address)}" alt="{alt}">'
    return f"\n<figure>{image}<figcaption>{caption}</figcaption></figure>\n"


def _played(name: str, values: dict[str, str], content: str, library: Library) -> str:
    addresses = [values[each] for each in _MEDIA if values.get(each)]
    addresses += [normalise_line(content)] if content.strip() else []
    addresses += [values[each] for each in ("0", "id") if values.get(each)]
    ids = re.findall(r"[0-9]+", values.get("ids", "")) if name == "playlist" else []
    addresses += [library.attachments[each].address for each in ids if each in library.attachments]
    links = []
    for address in addresses if name == "playlist" else addresses[:1]:
        site = ""
        if name == "youtube" and re.fullmatch(r"[\w-]{5,20}", address):
            site = "https://www.youtube.com/watch?v="
        elif name == "vimeo" and address.isdecimal():
            site = "https://vimeo.com/"
        links.append(f'\n<iframe src="{escape(unescape(site + address))}"></iframe>\n')
    return "".join(links)


def _attributes(text: str) -> dict[str, str]:
    """Return a shortcode's values by their names, those without one by their number."""
    values: dict[str, str] = {}
    number = 0
    # The editor's typographic quotation marks are quotation marks too.
    for match in _ATTRIBUTE.finditer(unescape(text).translate(str.maketrans("“”″", '"""'))):
        if match[1]:
            values[match[1].lower()] = next(filter(None, match.groups()[1:4]), "")
        else:
            values[str(number)] = next(filter(None, match.groups()[4:]), "")
            number += 1
    return values
