"""A site of Hugo (https://gohugo.io): its folder `content`, and the addresses that it gives."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urljoin

from django.utils.translation import gettext as _

from articles.content.text import normalise_line
from articles.imports import front_matter
from articles.imports.markdown_site import (
    SUFFIXES,
    MarkdownSite,
    SourceFile,
    config_of,
    day_parts,
    filled,
)
from articles.imports.source_markdown import SourceMarkdown

_LANGUAGE = re.compile(r"\.([a-z]{2}(?:-[a-z]{2})?)$", re.IGNORECASE)


class Hugo(MarkdownSite):
    system = "Hugo"
    roots = ("static", "assets", "content")

    def read_config(self) -> dict[str, Any]:
        for name in ("hugo", "config", "config/_default/hugo", "config/_default/config"):
            for suffix in ("toml", "yaml", "yml"):
                path = self.folder / f"{name}.{suffix}"
                if path.is_file():
                    reader = front_matter.read_toml if suffix == "toml" else front_matter.read_yaml
                    return config_of(path, reader)
        return {}

    def names(self) -> Iterator[tuple[str, Path]]:
        content = front_matter.line(self.config.get("contentdir")) or "content"
        language = front_matter.line(self.config.get("defaultcontentlanguage")) or "ko"
        self.content = content
        for name, path in sorted(self.index.files.items()):
            if not name.startswith(f"{content}/") or path.suffix.lower() not in SUFFIXES:
                continue
            if path.name.startswith("_index."):
                self.report.add(_("A page of a list was left out; lists are made here."), name)
                continue
            found = _LANGUAGE.search(path.stem)
            if found and found[1].lower() not in {language.lower(), "ko"}:
                self.report.add(_("A text in another language was left out."), name)
                continue
            # What lies beside an index.md is a part of its page.
            folder = PurePosixPath(name).parent
            is_index = path.stem.partition(".")[0] == "index"
            bundles = (f"{folder}/index{suffix}" for suffix in SUFFIXES)
            if not is_index and any(each in self.index.files for each in bundles):
                self.report.add(_("A text that is part of another page was left out."), name)
                continue
            yield name, path

    def place_of(self, source: SourceFile) -> str:
        path = PurePosixPath(source.name).relative_to(self.content)
        stem = _LANGUAGE.sub("", path.stem)
        folders = path.parent.parts if stem != "index" else path.parent.parent.parts
        base = stem if stem != "index" else path.parent.name
        section = path.parts[0] if len(path.parts) > 1 and (folders or stem != "index") else ""
        source.is_page = not section
        source.slug = source.first("slug") or base
        source.terms = {
            "categories": source.all("categories", "category"),
            "tags": source.all("tags", "tag"),
        }
        if url := source.first("url", "permalink"):
            return urljoin("/", url)
        pattern = self.pattern(section, source)
        if pattern:
            return filled(pattern, self.parts(source, section, base, folders))
        end = ".html" if front_matter.is_on(self.config.get("uglyurls")) else "/"
        parts = [*(_hugo_path(each) for each in folders), _hugo_path(source.slug)]
        return f"/{'/'.join(filter(None, parts))}{end}"

    def pattern(self, section: str, source: SourceFile) -> str:
        patterns = self.config.get("permalinks")
        patterns = patterns.get("page", patterns) if isinstance(patterns, dict) else {}
        return front_matter.line(patterns.get(section)) if isinstance(patterns, dict) else ""

    def parts(self, source: SourceFile, section: str, base: str, folders) -> dict[str, str]:
        title = _hugo_path(source.first("title")) or _hugo_path(base)
        slug = _hugo_path(source.first("slug"))
        return {
            **day_parts(self.moment_of(source), self.zone),
            "section": _hugo_path(section),
            "sections": "/".join(map(_hugo_path, folders)),
            "title": title,
            "slug": slug or title,
            "filename": _hugo_path(base),
            "contentbasename": _hugo_path(base),
            "slugorfilename": slug or _hugo_path(base),
            "slugorcontentbasename": slug or _hugo_path(base),
        }

    def markdown_of(self, writer: SourceMarkdown, text: str) -> str:
        return writer.without_shortcodes(text)

    def is_draft(self, source: SourceFile) -> bool:
        return front_matter.is_on(source.values.get("draft"))

    def moment_of(self, source: SourceFile) -> datetime | None:
        values = source.values
        moments = (
            front_matter.moment(values.get(key), self.zone)
            for key in ("publishdate", "pubdate", "published", "date")
        )
        return next(filter(None, moments), None)


def _hugo_path(text: str) -> str:
    """Return a part of an address as Hugo makes it: lower case, hyphens, letters kept."""
    text = re.sub(r"[\s]+", "-", normalise_line(text).lower())
    return re.sub(r"[^\w.+#~%@-]", "", text).replace("#", "").replace("%", "")
