"""Content as plain data: what a bundle's files say, and what old pages are read into.

Every text is in NFC. Moments are aware; they are the same data in any time zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

# A moment without a zone, and the day of one, are the portal's.
SEOUL = ZoneInfo("Asia/Seoul")


class BundleError(Exception):
    """Say what in a file cannot be read, and in which line; line 0 speaks of the whole file."""

    def __init__(self, line: int, message: str):
        super().__init__(line, message)
        self.line = line
        self.message = message

    def __str__(self) -> str:
        return self.message


Path = tuple[str | int, ...]


class LoadError(Exception):
    """Say why data cannot be stored; `path` leads to the value, by keys and places in lists."""

    def __init__(self, path: Path, message: str):
        super().__init__(path, message)
        self.path = path
        self.message = message


@dataclass(frozen=True)
class CategoryData:
    slug: str
    name: str
    position: int = 0


@dataclass(frozen=True)
class TagData:
    slug: str
    name: str


@dataclass(frozen=True)
class TaxonomyData:
    categories: tuple[CategoryData, ...] = ()
    tags: tuple[TagData, ...] = ()


@dataclass(frozen=True)
class PictureData:
    """What the library says of the picture `name`, its path below media."""

    name: str
    alternative_text: str = ""
    is_decorative: bool = False
    caption: str = ""
    credit: str = ""
    focal_x: int = 50
    focal_y: int = 50


@dataclass(frozen=True)
class PicturesData:
    pictures: tuple[PictureData, ...] = ()


@dataclass(frozen=True)
class PageData:
    slug: str
    title: str
    position: int = 0
    body: str = ""


@dataclass(frozen=True)
class SubjectData:
    slug: str
    name: str
    country: str = ""
    aliases: tuple[str, ...] = ()
    former_slugs: tuple[str, ...] = ()


@dataclass(frozen=True)
class SubjectsData:
    subjects: tuple[SubjectData, ...] = ()


@dataclass(frozen=True)
class ColumnData:
    key: str
    heading: str


@dataclass(frozen=True)
class EntryData:
    """One line of a period; `cells` by column key, `subject` a subject's slug."""

    rank: int
    tied: bool = field(default=False, kw_only=True)
    subject: str
    label: str
    cells: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TotalData:
    """The last line of a period; `cells` by column key."""

    label: str
    cells: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PeriodData:
    label: str
    as_of: date
    published_at: datetime | None = field(default=None, kw_only=True)
    entries: tuple[EntryData, ...] = ()
    total: TotalData | None = None


@dataclass(frozen=True)
class RankingData:
    slug: str
    title: str
    rank_heading: str
    columns: tuple[ColumnData, ...]
    periods: tuple[PeriodData, ...] = ()


@dataclass(frozen=True)
class IssueItemData:
    category: str
    headline: str
    body: str = ""


@dataclass(frozen=True)
class IssueData:
    """A month's issue; `month` as 2025-10."""

    month: str
    title: str
    state: str = "draft"
    published_at: datetime | None = None
    items: tuple[IssueItemData, ...] = ()


@dataclass(frozen=True)
class TableData:
    """An article's table; `periods` are the dates of the series' periods that it shows."""

    slug: str
    ranking: str
    periods: tuple[date, ...] = ()
    caption: str = ""
    source_note: str = ""
    source_url: str = ""


@dataclass(frozen=True)
class ReferenceData:
    title: str
    publisher: str = ""
    url: str = ""
    accessed_date: date | None = None


@dataclass(frozen=True)
class ArticleData:
    """An article; the fields are in the order of the file, and `body` follows them there."""

    uid: str
    title: str
    slug: str = ""
    kicker: str = ""
    byline: str = "Open UP"
    category: str = ""
    tags: tuple[str, ...] = ()
    monthly_issue: str = ""
    leads_month: bool = False
    summary: str = ""
    # A picture's name below media.
    lead_picture: str = ""
    state: str = "draft"
    published_at: datetime | None = None
    withdrawn_at: datetime | None = None
    kogl: str = "type1"
    comment_policy: str = "open"
    comments_open_days: int | None = None
    comments_close_at: datetime | None = None
    tables: tuple[TableData, ...] = ()
    references: tuple[ReferenceData, ...] = ()
    legacy_paths: tuple[str, ...] = ()
    body: str = ""


Data = TaxonomyData | PicturesData | PageData | SubjectsData | RankingData | IssueData | ArticleData
