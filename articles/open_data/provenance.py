"""Where a series' figures come from, under which licence they stand, and how they are cited."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.content.text import CONTENT_LANGUAGE
from articles.open_data.csv_export import Note

KOGL_URL = "https://www.kogl.or.kr/info/license.do"


def absolute(path: str) -> str:
    return settings.SITE_URL + path


# As nh3 writes attributes: in double quotation marks; a path of this site begins with one slash.
_PATH = re.compile(r'(?<= )(href|src)="(?=/(?!/))')
# The files of which a browser takes the one that fits.
_SRCSET = re.compile(r'(?<= )srcset="[^"]*"')
_CANDIDATE = re.compile('((?:"|, ))/(?!/)')


def absolute_html(html: str) -> str:
    """Return sanitised HTML whose addresses hold wherever it is shown."""
    html = _PATH.sub(rf'\1="{settings.SITE_URL}', html)
    return _SRCSET.sub(lambda found: _CANDIDATE.sub(rf"\1{settings.SITE_URL}/", found[0]), html)


@dataclass(frozen=True)
class Provenance:
    """What a file of figures says beside them; `tables` are those of published articles."""

    ranking: Any
    tables: tuple[Any, ...]
    digest: str

    @property
    def url(self) -> str:
        return absolute(self.ranking.get_absolute_url())

    @property
    def addresses(self) -> dict[str, str]:
        """Return the absolute addresses of the files, by their kind."""
        return {kind: absolute(path) for kind, path in self.ranking.files.items()}

    @property
    def articles(self) -> list[Any]:
        """Return the articles that show the figures, the newest first."""
        return list({table.article_id: table.article for table in self.tables}.values())

    @property
    def corrections(self) -> list[Any]:
        """Return the ledger's lines about the loaded periods, the newest first."""
        lines = [line for period in self.ranking.periods.all() for line in period.corrections.all()]
        return sorted(lines, key=lambda line: (line.created_at, line.pk), reverse=True)

    @property
    def date(self) -> date:
        """Return the day on which the figures last came out or were corrected, else theirs."""
        periods = self.ranking.periods.all()
        moments = [table.article.published_at for table in self.tables]
        moments += [each.created_at for each in self.corrections]
        now = timezone.now()
        moments += [each.published_at for each in periods if each.published_at]
        days = [timezone.localdate(moment) for moment in moments if moment <= now]
        return max(days or [each.as_of for each in periods])

    @property
    def licences(self) -> list[dict[str, str]]:
        """Return the marks of the articles that show the figures, each once."""
        marks = {table.article.kogl: table.article.get_kogl_display() for table in self.tables}
        return [
            {"mark": mark, "name": str(name), "url": KOGL_URL}
            for mark, name in sorted(marks.items())
            if mark != "none"
        ]

    @property
    def sources(self) -> list[dict[str, str]]:
        """Return the source notes of the tables, each once, in the order they came."""
        sources = {
            (table.source_note, table.source_url): None
            for table in self.tables
            if table.source_note or table.source_url
        }
        return [{"note": note, "url": url} for note, url in sources]

    @property
    def citation(self) -> str:
        return _("%(site)s (%(date)s). %(title)s [data]. %(url)s") % {
            "site": settings.SITE_NAME,
            "date": f"{self.date:%Y.%m.%d}",
            "title": self.ranking.title,
            "url": self.url,
        }

    @property
    def notes(self) -> list[Note]:
        """Return [(name, text)] for the files that are tables."""
        licences = [f"{licence['name']} {licence['url']}" for licence in self.licences]
        return [
            ("title", self.ranking.title),
            ("address", self.url),
            *(("source", " ".join(source.values()).strip()) for source in self.sources),
            *(("licence", text) for text in licences or [_("No mark")]),
            ("date", self.date.isoformat()),
            ("citation", self.citation),
            ("digest", self.digest),
        ]

    def as_dataset(self) -> dict[str, Any]:
        """Return the series as a Dataset of schema.org, for search engines."""
        periods = self.ranking.periods.all()
        media = {
            "csv": "text/csv",
            "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "json": "application/json",
        }
        dataset: dict[str, Any] = {
            "@context": "https://schema.org",
            "@type": "Dataset",
            "name": self.ranking.title,
            "description": _(
                "%(title)s: who stood at which rank, at %(count)s moments from %(first)s to"
                " %(last)s."
            )
            % {
                "title": self.ranking.title,
                "count": len(periods),
                "first": periods[0].label if periods else "",
                "last": periods[len(periods) - 1].label if periods else "",
            },
            "url": self.url,
            "inLanguage": CONTENT_LANGUAGE,
            "isAccessibleForFree": True,
            "creator": {
                "@type": "Organization",
                "name": settings.SITE_NAME,
                "url": settings.SITE_URL,
            },
            "datePublished": self.date.isoformat(),
            "citation": self.citation,
            "variableMeasured": [column["heading"] for column in self.ranking.columns],
            "distribution": [
                {"@type": "DataDownload", "encodingFormat": media[kind], "contentUrl": address}
                for kind, address in self.addresses.items()
            ],
        }
        if periods:
            first, last = periods[0].as_of, periods[len(periods) - 1].as_of
            dataset["temporalCoverage"] = f"{first.isoformat()}/{last.isoformat()}"
        if self.licences:
            dataset["license"] = KOGL_URL
        if urls := [source["url"] for source in self.sources if source["url"]]:
            dataset["isBasedOn"] = urls
        return dataset
