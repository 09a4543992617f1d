"""A site of Jekyll (https://jekyllrb.com): its folders `_posts`, and the addresses it gives."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

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

_DAY_NAME = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})-(.+)")
_JEKYLL_FOLDERS = {"_includes", "_layouts", "_sass", "_data", "_site", "_plugins", "_theme"}


class Jekyll(MarkdownSite):
    system = "Jekyll"

    _STYLES = {
        "date": "/:categories/:year/:month/:day/:title.html",
        "pretty": "/:categories/:year/:month/:day/:title/",
        "ordinal": "/:categories/:year/:y_day/:title.html",
        "weekdate": "/:categories/:year/W:week/:short_day/:title.html",
        "none": "/:categories/:title.html",
    }

    def read_config(self) -> dict[str, Any]:
        path = self.folder / "_config.yml"
        return config_of(path, front_matter.read_yaml) if path.is_file() else {}

    def names(self) -> Iterator[tuple[str, Path]]:
        for name, path in sorted(self.index.files.items()):
            parts = PurePosixPath(name).parts
            if path.suffix.lower() not in SUFFIXES:
                continue
            if {"_posts", "_drafts"} & set(parts):
                yield name, path
            elif not any(part.startswith(("_", ".")) for part in parts) and path.suffix != ".html":
                with path.open("rb") as file:
                    # What has no front matter is no page of Jekyll's.
                    if file.read(3) == b"---":
                        yield name, path
            elif parts[0].startswith("_") and parts[0] not in _JEKYLL_FOLDERS:
                text = _("Texts of the collection “%(name)s” were left out.")
                self.report.add(text % {"name": parts[0]}, name)

    def place_of(self, source: SourceFile) -> str:
        parts = PurePosixPath(source.name).parts
        source.is_page = not {"_posts", "_drafts"} & set(parts)
        stem = PurePosixPath(source.name).stem
        if match := _DAY_NAME.fullmatch(stem):
            source.day, stem = match.groups()
        source.slug = source.first("slug") or stem
        above = [each for each in parts[:-1] if each not in {"_posts", "_drafts"}]
        names = [each for key in ("categories", "category") for each in self.words(source, key)]
        source.terms = {
            "categories": [*above, *names] if not source.is_page else [],
            "tags": [each for key in ("tags", "tag") for each in self.words(source, key)],
        }
        if source.is_page:
            link = source.first("permalink") or f"/{'/'.join([*above, stem])}"
            return link if link.startswith("/") else f"/{link}"
        pattern = source.first("permalink") or front_matter.line(self.config.get("permalink"))
        pattern = self._STYLES.get(pattern, pattern) or self._STYLES["date"]
        categories = "/".join(
            slugify(each, allow_unicode=True) for each in source.terms["categories"]
        )
        slug = source.first("slug")
        values = {
            **day_parts(self.moment_of(source), self.zone),
            "categories": categories,
            "title": slug or _jekyll_path(stem),
            "slug": slugify(slug or stem, allow_unicode=True),
        }
        return filled(pattern, values)

    def words(self, source: SourceFile, key: str) -> list[str]:
        """Return the words of a value: one text is a list parted by spaces, but a category's."""
        value = source.values.get(key)
        if isinstance(value, list) or key == "category":
            return front_matter.lines(value)
        return front_matter.line(value).split()

    def bare(self, name: str) -> str:
        return str(PurePosixPath(name).with_suffix(""))

    def markdown_of(self, writer: SourceMarkdown, text: str) -> str:
        return writer.without_liquid(text)

    def is_draft(self, source: SourceFile) -> bool:
        is_draft = "_drafts" in PurePosixPath(source.name).parts
        return is_draft or front_matter.is_off(source.values.get("published"))

    def moment_of(self, source: SourceFile) -> datetime | None:
        values = source.values
        return front_matter.moment(values.get("date"), self.zone) or front_matter.moment(
            source.day, self.zone
        )


def _jekyll_path(text: str) -> str:
    return re.sub(r"\s+", "-", text)
