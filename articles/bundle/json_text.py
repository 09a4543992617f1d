"""Plain data to one canonical text of JSON, and back by the readers of a bundle's files.

Every value is written, defaults too: what a default becomes later changes no earlier text.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from articles.bundle.data import Data
from articles.bundle.files_to_data import data_of


def to_json(data: Data) -> str:
    """Return the same text for the same data, whatever time zone its moments are in."""
    return json.dumps(_plain(data), ensure_ascii=False, separators=(",", ":"))


def from_json(data_class: type[Data], text: str) -> Any:
    """Return the `data_class` that `text` says; raises SchemaError or ValueError."""
    return data_of(data_class, json.loads(text))


def _plain(value: Any) -> Any:
    """Return mappings, lists and texts: the readers take numbers and moments as texts."""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case str() | None:
            return value
        case int():
            return str(value)
        case Mapping():
            return {key: _plain(each) for key, each in value.items()}
        case tuple():
            return [_plain(each) for each in value]
    return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
