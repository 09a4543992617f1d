"""Plain data to the exact text of a bundle's files; `read` gives the same data back."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import yaml

from articles.bundle.data import (
    SEOUL,
    ArticleData,
    Data,
    IssueData,
    PageData,
    PicturesData,
    RankingData,
    SubjectsData,
    TaxonomyData,
    TotalData,
)

# Records of these keys stand one to a line.
_ONE_LINE = {"categories", "tags", "columns", "entries", "references"}
_LOOKS_LIKE_HEADING = re.compile(r"\\*##(?!#)")
_MAX_NAME_LENGTH = 60


class _Flow(list):
    pass


class _FlowMapping(dict):
    pass


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)


def _represent_text(dumper, text):
    # A block keeps its lines only when none begins or ends with a space.
    is_block = "\n" in text and all(
        line and line.isprintable() and line == line.strip() for line in text.split("\n")
    )
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else None)


def _represent_moment(dumper, moment):
    moment = moment.astimezone(SEOUL)
    # Before 1908 Seoul's offset had seconds, which YAML's timestamps cannot say.
    if moment.utcoffset() % timedelta(minutes=1):
        moment = moment.astimezone(UTC)
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", moment.isoformat())


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(datetime, _represent_moment)
_Dumper.add_representer(
    _Flow,
    lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True),
)
_Dumper.add_representer(
    _FlowMapping,
    lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True),
)


def write(data: Data) -> str:
    """Return the text of the file that holds `data`."""
    match data:
        case ArticleData() | PageData():
            return _front_matter(data, without="body") + _after(data.body)
        case IssueData():
            items = "".join(
                f"\n## ({item.category}) {item.headline}\n{_item_body(item.body)}"
                for item in data.items
            )
            return _front_matter(data, without="items") + items
        case SubjectsData():
            return _yaml([_FlowMapping(_values(subject)) for subject in data.subjects])
        case _:
            return _yaml(_values(data))


def file_name(data: Data) -> str:
    """Return where `data` stands in a bundle, as a path with slashes."""
    match data:
        case TaxonomyData():
            return "taxonomy.yaml"
        case PicturesData():
            return "pictures.yaml"
        case PageData():
            return f"pages/{data.slug}.md"
        case SubjectsData():
            return "rankings/subjects.yaml"
        case RankingData():
            # A series may be called "subjects" too.
            name = "subjects-ranking" if data.slug == "subjects" else data.slug
            return f"rankings/{name}.yaml"
        case IssueData():
            return f"issues/{data.month}.md"
        case ArticleData():
            slug = data.slug[:_MAX_NAME_LENGTH].strip("-") or data.uid
            return f"articles/{_day_or_draft(data)}-{slug}.md"


def _day_or_draft(article: ArticleData) -> str:
    if article.state in {"draft", "in_review"} or not article.published_at:
        return "draft"
    return article.published_at.astimezone(SEOUL).date().isoformat()


def _front_matter(data: Data, without: str) -> str:
    values = _values(data)
    values.pop(without, None)
    return f"---\n{_yaml(values)}---\n"


def _after(body: str) -> str:
    return f"\n{body}\n" if body else ""


def _item_body(body: str) -> str:
    """Return an item's body; a line that would begin the next item gets a backslash."""
    if not body:
        return ""
    lines = (f"\\{line}" if _LOOKS_LIKE_HEADING.match(line) else line for line in body.split("\n"))
    return "\n".join(lines) + "\n"


def _yaml(value: Any) -> str:
    return yaml.dump(
        value,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=float("inf"),
    )


def _values(data: Any) -> dict[str, Any]:
    """Return a record's values that are not their defaults, in the order of its fields."""
    values = {}
    for each in fields(data):
        value = getattr(data, each.name)
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        if value != default:
            values[each.name] = _value(value, each.name in _ONE_LINE)
    return values


def _value(value: Any, one_line: bool) -> Any:
    match value:
        case TotalData():
            return _FlowMapping(_values(value))
        case str() | int() | date():
            return value
        case Mapping():
            return _FlowMapping(value)
        case tuple() if not value or isinstance(value[0], str | date):
            return _Flow(value)
        case tuple():
            records = [_values(record) for record in value]
            return [_FlowMapping(record) for record in records] if one_line else records
    raise TypeError(f"{type(value).__name__} has no form in a bundle")
