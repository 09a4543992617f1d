"""Markdown of Hugo and Jekyll, its shortcodes and tags undone, to HTML."""

import re
from collections.abc import Callable
from html import escape

from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from articles.content.markdown import read_as_korean

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
# What is kept from the reader of Markdown, by a mark that it takes for a word.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")
_MATH = re.compile(
    r"\$\$[^$]{1,3000}?\$\$"
    # With one backslash a bracket may be but a bracket.
    r"|\\{1,2}\[[^\[\]]{0,1000}?[\\^_=][^\[\]]{0,1000}?\\{1,2}\]"
    r"|\\{1,2}\([^()]{0,1000}?[\\^_=][^()]{0,1000}?\\{1,2}\)"
    r"|(?<![\\$\w])\$(?=[^\s$])[^$\n]{0,300}?[\\^_{][^$\n]{0,300}?(?<=[^\s$])\$(?![\w$])"
)
_FOOTNOTE = re.compile(r"\[\^([^\[\]\s]{1,60})\](:?)")
_ATTRIBUTES_LINE = re.compile(r"^\s*\{:[^{}\n]*\}\s*$", re.MULTILINE)
_ATTRIBUTES = re.compile(r"(?<=[^\s{])\{:[^{}\n%]*\}")
_OPTIONS = re.compile(r"\{::[^{}\n]*/?\}")
_HEADING_ID = re.compile(r"^(#{1,6} .*?)[ \t]*\{#[\w:.-]+[^{}\n]*\}[ \t]*$", re.MULTILINE)
_TABLE_OF_CONTENTS = re.compile(r"^[*-] (?:TOC|목차)\s*\n(?=\{:toc)", re.MULTILINE | re.IGNORECASE)

_HUGO = re.compile(r"\{\{([<%])\s*(/?)\s*([\w/.-]+)((?:\s[^{}]*?)?)\s*(/?)\s*([>%])\}\}", re.DOTALL)
_HUGO_QUOTED = re.compile(r"\{\{([<%])/\*(.*?)\*/([>%])\}\}", re.DOTALL)
_LIQUID_TAG = re.compile(r"\{%-?\s*(\w+)\s*(.*?)\s*-?%\}", re.DOTALL)
_LIQUID_VALUE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_VALUE = re.compile(
    r"""([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|`([^`]*)`|([^\s"'`]+))|"([^"]*)"|'([^']*)'|`([^`]*)`|(\S+)"""
)

_READER = read_as_korean(
    MarkdownIt("commonmark", {"html": True, "breaks": False, "maxNesting": 100}).enable(
        ["table", "strikethrough"]
    )
)


class SourceMarkdown:
    """One text on its way to HTML; `target` returns where a named page or post is, or ""."""

    def __init__(self, target: Callable[[str], str], note: Callable[[str], None], base: str = ""):
        self.target = target
        self.note = note
        self.base = base
        self.kept: list[str] = []

    def keep(self, text: str) -> str:
        self.kept.append(text)
        return _MARK.format(len(self.kept) - 1)

    def html_of(self, text: str) -> str:
        """Return the HTML of Markdown without what its program alone understands."""
        text = _outside_code(text, self._without_marks)
        html = _READER.render(text)
        # What was kept may hold further marks.
        for _time in range(3):
            html = _MARKED.sub(lambda match: self.kept[int(match[1])], html)
        return html

    def _without_marks(self, text: str) -> str:
        text = _MATH.sub(lambda match: self.keep(escape(match[0])), text)
        text = _TABLE_OF_CONTENTS.sub("", text)
        text = _OPTIONS.sub("", _ATTRIBUTES_LINE.sub("", _ATTRIBUTES.sub("", text)))
        text = _HEADING_ID.sub(r"\1", text)

        def footnote(match: re.Match[str]) -> str:
            return self.keep(f"[{escape(match[1])}]") + (" " if match[2] else "")

        return _FOOTNOTE.sub(footnote, text)

    # Hugo

    def without_shortcodes(self, text: str) -> str:
        """Return a text of Hugo's with its shortcodes as HTML or Markdown."""
        text = _HUGO_QUOTED.sub(
            lambda match: self.keep(escape(f"{{{{{match[1]}{match[2]}{match[3]}}}}}")), text
        )
        pieces: list[str] = []
        end = 0
        while match := _HUGO.search(text, end):
            pieces.append(text[end : match.start()])
            end = match.end()
            name = match[3]
            if match[2]:
                continue
            content, close = "", -1
            if not match[5] and name in _ENCLOSING:
                closing = re.compile(rf"\{{\{{[<%]\s*/\s*{re.escape(name)}\s*[>%]\}}\}}")
                if found := closing.search(text, end):
                    content, close = text[end : found.start()], found.end()
            shown = self._shortcode(name, values_of(match[4]), content, match[0])
            pieces.append(shown)
            end = close if close >= 0 else end
        pieces.append(text[end:])
        return "".join(pieces)

    def _shortcode(self, name: str, values: dict[str, str], content: str, whole: str) -> str:
        first = values.get("0", "")
        if name in {"ref", "relref"}:
            return self.target(first or values.get("path", "")) or "#"
        if name == "figure":
            return self._figure(values)
        if name in {"highlight", "code"}:
            return _fenced(content, first or values.get("lang", ""))
        if name in {"youtube", "vimeo"}:
            key = first or values.get("id", "")
            site = "www.youtube.com/watch?v=" if name == "youtube" else "vimeo.com/"
            return f"\n\nhttps://{site}{key}\n\n"
        if name == "gist":
            return f"\n\nhttps://gist.github.com/{first}/{values.get('1', '')}\n\n"
        if name in {"tweet", "x"}:
            user, key = values.get("user", first), values.get("id", values.get("1", first))
            return f"\n\nhttps://x.com/{user}/status/{key}\n\n"
        if name == "instagram":
            return f"\n\nhttps://www.instagram.com/p/{first or values.get('id', '')}/\n\n"
        text = _("The shortcode “%(name)s” is not known here; it stays in the text.")
        self.note(text % {"name": name[:40]})
        return self.keep(escape(whole))

    def _figure(self, values: dict[str, str]) -> str:
        alt = escape(values.get("alt", ""))
        image = f'<img src="{escape(values.get("src", values.get("0", "")))}" alt="{alt}">'
        if link := values.get("link"):
            image = f'<a href="{escape(link)}">{image}</a>'
        words = [values.get("title", ""), values.get("caption", ""), values.get("attr", "")]
        caption = " ".join(escape(each) for each in words if each)
        return f"\n\n<figure>{image}<figcaption>{caption}</figcaption></figure>\n\n"

    # Jekyll

    def without_liquid(self, text: str) -> str:
        """Return a text of Jekyll's without Liquid: what it says is in its place, or named."""
        text = re.sub(
            r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}",
            lambda match: match[1].replace("{", "\ue002").replace("}", "\ue003"),
            text,
            flags=re.DOTALL,
        )
        text = re.sub(
            r"\{%-?\s*highlight\s+([\w+#-]+)[^%]*%\}(.*?)\{%-?\s*endhighlight\s*-?%\}",
            lambda match: _fenced(match[2], match[1]),
            text,
            flags=re.DOTALL,
        )
        text = re.sub(
            r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", "", text, flags=re.DOTALL
        )
        text = _LIQUID_TAG.sub(self._tag, text)
        text = _LIQUID_VALUE.sub(self._value, text)
        return text.replace("\ue002", "{").replace("\ue003", "}")

    def _tag(self, match: re.Match[str]) -> str:
        name, rest = match[1], match[2]
        if name in {"post_url", "link"}:
            return self.target(rest) or "#"
        if name in {"youtube", "vimeo"}:
            site = "www.youtube.com/watch?v=" if name == "youtube" else "vimeo.com/"
            return f"\n\nhttps://{site}{rest}\n\n"
        text = _("The tag “%(name)s” is not known here; it stays in the text.")
        self.note(text % {"name": name[:40]})
        return self.keep(escape(match[0]))

    def _value(self, match: re.Match[str]) -> str:
        value, *filters = (part.strip() for part in match[1].split("|"))
        if value in {"site.baseurl", "site.url", "page.url"}:
            return self.base if value == "site.baseurl" else ""
        quoted = re.fullmatch(r"""["'](.*)["']""", value)
        if (
            quoted
            and filters
            and filters[0] in {"relative_url", "absolute_url", "prepend: site.baseurl"}
        ):
            return self.base + quoted[1]
        text = _("The value “%(name)s” is not known here; it stays in the text.")
        self.note(text % {"name": value[:40]})
        return self.keep(escape(match[0]))


_ENCLOSING = {"highlight", "code"}


def _fenced(content: str, language: str) -> str:
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", content))])
    lines = content.strip("\n")
    return f"\n\n{fence}{language}\n{lines}\n{fence}\n\n"


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Return a text, changed where it is no block or stretch of code."""
    pieces: list[str] = []
    fence = ""
    current: list[str] = []

    def end_piece() -> None:
        joined = "\n".join(current)
        if joined or current:
            pieces.append(joined if fence else _outside_spans(joined, change))
        current.clear()

    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence and match and match[1].startswith(fence) and not line.strip(" `~"):
            current.append(line)
            end_piece()
            fence = ""
        elif not fence and match:
            end_piece()
            fence = match[1]
            current.append(line)
        else:
            current.append(line)
    end_piece()
    return "\n".join(pieces)


def _outside_spans(text: str, change: Callable[[str], str]) -> str:
    parts = re.split(r"((?<!`)(`+)(?!`)(?:[^`\n]|\n(?!\n)|(?!\2(?!`))`)+?(?<!`)\2(?!`))", text)
    # Splitting by two groups: text, the stretch of code, its marks.
    return "".join(
        change(part) if number % 3 == 0 else part if number % 3 == 1 else ""
        for number, part in enumerate(parts)
    )


def values_of(text: str) -> dict[str, str]:
    """Return a shortcode's values by their names, those without one by their number."""
    values: dict[str, str] = {}
    number = 0
    for match in _VALUE.finditer(text):
        groups = match.groups()
        if groups[0]:
            found = next((each for each in groups[1:5] if each is not None), "")
            values[groups[0].lower()] = re.sub(r'\\(["\\])', r"\1", found)
        else:
            values[str(number)] = next((each for each in groups[5:] if each is not None), "")
            number += 1
    return values
