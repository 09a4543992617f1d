"""The parts of a WordPress eXtended RSS file (wp-admin/includes/export.php)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lxml import etree

# 1.0, 1.1 and 1.2 differ in their address alone; other programs write it with https.
NAMESPACE = re.compile(r"\{https?://(?:www\.)?wordpress\.org/export/")
SEOUL = ZoneInfo("Asia/Seoul")
# Before version 5.5 a comment had no type (https://core.trac.wordpress.org/ticket/49236).
COMMENTS = {"", "comment"}


def is_own(element: etree._Element) -> bool:
    return isinstance(element.tag, str) and bool(NAMESPACE.match(element.tag))


def local_name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def fields_of(element: etree._Element) -> dict[str, str]:
    """Return the texts of WordPress's own children by their names."""
    return {local_name(child): (child.text or "").strip() for child in element if is_own(child)}


def moment(fields: Mapping[str, str], name: str) -> datetime | None:
    """Return the moment `name`: in UTC, else by the clock of Seoul; None for never."""
    for each, zone in ((f"{name}_gmt", UTC), (name, SEOUL)):
        try:
            local = datetime.strptime(fields.get(each, ""), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
        except ValueError:
            continue
        return local.replace(tzinfo=zone)
    return None
