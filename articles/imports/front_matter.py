"""The values above a text in Markdown: YAML, TOML or JSON, as texts, lists and mappings."""

import json
import re
import tomllib
from datetime import date, datetime, time, tzinfo
from typing import Any

from django.utils.translation import gettext as _

from articles.bundle import yaml_nodes
from articles.bundle.data import BundleError
from articles.content.text import normalise_line

_MOMENT = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2})(?:[Tt ]+(\d{1,2}:\d{2}(?::\d{2})?)(?:\.\d+)?)?"
    r"\s*(Z|UTC|GMT|KST|[+-]\d{2}:?\d{2})?"
)
_ZONES = {"Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00", "KST": "+09:00"}


def split(text: str) -> tuple[dict[str, Any], str]:
    """Return the front matter, its keys in lower case, and the text below; raises BundleError."""
    if text.startswith("---"):
        values, body = _fenced(text, "---", _yaml)
    elif text.startswith("+++"):
        values, body = _fenced(text, "+++", _toml)
    elif text.startswith("{") and not text.startswith(("{%", "{{")):
        values, body = _json(text)
    else:
        return {}, text
    if not isinstance(values, dict):
        raise BundleError(1, _("Keys and values are expected here."))
    return {str(key).lower(): value for key, value in values.items()}, body


def _fenced(text: str, mark: str, read: Any) -> tuple[Any, str]:
    lines = text.split("\n")
    # YAML's own end of a document, which Jekyll takes too.
    ends = {mark, "..."} if mark == "---" else {mark}
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ends), None)
    if lines[0].rstrip() != mark:
        return {}, text
    if end is None:
        raise BundleError(
            1, _("The line “%(mark)s” that ends the first part is missing.") % {"mark": mark}
        )
    return read("\n".join(lines[1:end])), "\n".join(lines[end + 1 :])


def read_yaml(text: str, first_line: int = 1) -> Any:
    """Return what YAML says; anchors, tags and repeated keys are refused (BundleError)."""
    return yaml_nodes.plain(yaml_nodes.compose(text, first_line)) if text.strip() else {}


def _yaml(text: str) -> Any:
    # A file whose first part holds comments alone has no values.
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    return read_yaml(text, first_line=2) if lines else {}


def _toml(text: str) -> Any:
    return read_toml(text, first_line=2)


def read_toml(text: str, first_line: int = 1) -> Any:
    """Return what TOML says; raises BundleError."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) + first_line - 1 if found else first_line
        raise BundleError(line, _("This is not valid TOML.")) from error


def _json(text: str) -> tuple[Any, str]:
    try:
        values, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise BundleError(getattr(error, "lineno", 1), _("This is not valid JSON.")) from error
    return values, text[end:]


# Values


def line(value: Any) -> str:
    """Return a value as one line of text, "" for what is none."""
    return normalise_line(str(value)) if isinstance(value, str | int | float | date) else ""


def lines(value: Any) -> list[str]:
    """Return a list's texts; one text is a list of one."""
    values = value if isinstance(value, list) else [value]
    return [each for each in map(line, values) if each]


def is_on(value: Any) -> bool:
    return value is True or line(value).lower() in {"true", "yes", "on"}


def is_off(value: Any) -> bool:
    return value is False or line(value).lower() in {"false", "no", "off"}


def moment(value: Any, zone: tzinfo) -> datetime | None:
    """Return the moment that a value says, in `zone` where it names none; None for none."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime.combine(value, time(), zone)
    match = _MOMENT.fullmatch(line(value))
    if not match:
        return None
    day, clock, offset = match.groups()
    day = "-".join(part.zfill(2) for part in day.split("-"))
    try:
        found = datetime.fromisoformat(
            f"{day}T{(clock or '00:00').zfill(5)}{_ZONES.get(offset, offset or '')}"
        )
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)
