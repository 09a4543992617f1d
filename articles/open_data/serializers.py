"""Public pages as data: the shapes of `docs/data.md`, whose schemas stand in `schemas` here.

Moments and dates are ISO 8601, in Korean time; addresses are absolute; `html` was sanitised when it
was saved. What is loaded before is said by each function.
"""

from django.urls import reverse
from django.utils import timezone

from articles.addresses import path_of
from articles.open_data.provenance import KOGL_URL, absolute, absolute_html
from articles.rankings.changes import changes_of
from articles.rankings.movement import compare, ranks_of


def schema_url(name):
    return absolute(path_of("articles:schema", name))


def moment(value):
    return timezone.localtime(value).isoformat(timespec="seconds") if value else None


def licence_of(article):
    if article.kogl == "none":
        return None
    return {"mark": article.kogl, "name": article.get_kogl_display(), "url": KOGL_URL}


def move_data(move):
    return {"kind": move.kind.value, "steps": move.steps} if move else None


def subject_link(subject):
    return {
        "slug": subject.slug,
        "name": subject.name,
        "country": subject.country,
        "url": absolute(subject.get_absolute_url()),
    }


def article_link(article):
    return {
        "id": article.pk,
        "title": article.full_title,
        "url": absolute(article.get_absolute_url()),
        "published_at": moment(article.published_at),
    }


def issue_link(issue):
    return {
        "month": f"{issue.month:%Y-%m}",
        "title": issue.title,
        "url": absolute(issue.get_absolute_url()),
    }


def ranking_link(ranking):
    return {
        "slug": ranking.slug,
        "title": ranking.title,
        "url": absolute(ranking.get_absolute_url()),
        "json": absolute(path_of("articles:ranking_json", ranking.slug)),
    }


def periods_data(periods):
    """Return the periods, in order, as data; their entries and those's subjects are loaded."""
    comparisons = compare([ranks_of(period) for period in periods])
    slugs = {
        entry.subject_id: entry.subject.slug for period in periods for entry in period.entries.all()
    }
    return [
        {
            "label": period.label,
            "as_of": period.as_of.isoformat(),
            "compared_with": None
            if comparison.with_period is None
            else periods[comparison.with_period].label,
            "entries": [
                {
                    "rank": entry.rank,
                    "tied": entry.tied,
                    "subject": subject_link(entry.subject),
                    "label": entry.label,
                    "cells": entry.cells,
                    "movement": move_data(comparison.moves.get(entry.subject_id)),
                }
                for entry in period.entries.all()
            ],
            "total": total_data(period.total),
            "gone": [slugs[who] for who in comparison.gone],
            "changes": None
            if comparison.with_period is None
            else str(changes_of(periods[comparison.with_period], period, comparison)),
        }
        for period, comparison in zip(periods, comparisons, strict=True)
    ]


def total_data(total):
    return {"label": total["label"], "cells": total["cells"]} if total else None


def ranking_data(provenance):
    """Return a series loaded `for_page` as data."""
    ranking = provenance.ranking
    return {
        "$schema": schema_url("ranking"),
        "slug": ranking.slug,
        "title": ranking.title,
        "url": provenance.url,
        "rank_heading": ranking.rank_heading,
        "columns": ranking.columns,
        "periods": periods_data(list(ranking.periods.all())),
        "articles": [article_link(article) for article in provenance.articles],
        "corrections": [correction_data(line) for line in provenance.corrections],
        "sources": provenance.sources,
        "licences": provenance.licences,
        "date": provenance.date.isoformat(),
        "citation": provenance.citation,
        "digest": provenance.digest,
        "files": provenance.addresses,
    }


def correction_data(line):
    """Return a line of the ledger as data, without who corrected."""
    return {
        "corrected_at": moment(line.created_at),
        "period": line.period_label,
        "rank": line.rank,
        "label": line.entry_label,
        "field": line.field,
        "old": line.old,
        "new": line.new,
        "reason": line.reason,
    }


def subject_data(subject, histories):
    """Return a subject and its [History] as data."""
    return {
        "$schema": schema_url("subject"),
        **subject_link(subject),
        "aliases": subject.aliases,
        "rankings": [
            {
                "ranking": ranking_link(history.ranking),
                "standings": [standing_data(standing) for standing in history.standings],
            }
            for history in histories
        ],
    }


def standing_data(standing):
    """Return a Standing as data; where the subject is not in the table, its rank is null."""
    entry = standing.entry
    return {
        "label": standing.period.label,
        "as_of": standing.period.as_of.isoformat(),
        "rank": entry.rank if entry else None,
        "tied": entry.tied if entry else False,
        "printed": entry.label if entry else "",
        "cells": entry.cells if entry else {},
        "movement": move_data(standing.move),
        "articles": [article_link(table.article) for table in standing.period.shown_in],
    }


def issue_data(issue, articles):
    """Return a monthly issue loaded `for_page` as data, with the month's public articles."""
    lead = next((article for article in articles if article.pk == issue.lead_article_id), None)
    return {
        "$schema": schema_url("issue"),
        **issue_link(issue),
        "published_at": moment(issue.published_at),
        "lead_article": article_link(lead) if lead else None,
        "items": [
            {
                "anchor": item.anchor,
                "category": item.category,
                "headline": item.headline,
                "html": absolute_html(item.body_html),
            }
            for item in issue.items.all()
        ],
        "articles": [article_link(article) for article in articles],
    }


def article_summary(article):
    """Return what lists tell of an article loaded `for_listing`."""
    return {
        **article_link(article),
        "json": absolute(path_of("article_json", article.pk, article.slug)),
        "byline": article.byline,
        "summary": article.summary,
        "category": {"slug": article.category.slug, "name": article.category.name},
        "licence": licence_of(article),
    }


def article_list_data(articles, older):
    return {
        "$schema": schema_url("articles"),
        "articles": [article_summary(article) for article in articles],
        "next": f"{absolute(reverse('articles:articles_json'))}?before={older}" if older else None,
    }


def article_data(article, issue):
    """Return an article of `load_article` and its public month's issue, if any, as data."""
    return {
        "$schema": schema_url("article"),
        **article_summary(article),
        "tags": [{"slug": tag.slug, "name": tag.name} for tag in article.tags.all()],
        "issue": issue_link(issue) if issue else None,
        "parts": [
            {"html": None, "table": table_data(part["table"])}
            if "table" in part
            else {"html": absolute_html(part["html"]), "table": None}
            for part in article.parts()
        ],
        "references": [
            {
                "title": reference.title,
                "publisher": reference.publisher,
                "url": reference.url,
                "accessed": reference.accessed_date and reference.accessed_date.isoformat(),
            }
            for reference in article.references.all()
        ],
    }


def table_data(table):
    return {
        "slug": table.slug,
        "caption": table.caption,
        "ranking": ranking_link(table.ranking),
        "rank_heading": table.ranking.rank_heading,
        "columns": table.ranking.columns,
        "periods": periods_data(list(table.periods.all())),
        "source": {"note": table.source_note, "url": table.source_url},
    }
