"""What an editor may make of a manuscript's tables and of its month's issue."""

from dataclasses import replace
from uuid import uuid4

from articles.bundle.data_to_rows import month_day
from articles.content.text import normalise_line
from articles.manuscripts.blocks import escape
from articles.models import Article, MonthlyIssue, Ranking


def series_like(ranking):
    """Return the stored series with the headings of a manuscript's, the likeliest first."""
    headings = [_folded(column.heading) for column in ranking.columns]
    return [
        each
        for each in Ranking.objects.order_by("title", "pk")
        if [_folded(column["heading"]) for column in each.columns] == headings
    ]


def _folded(text):
    return normalise_line(text).replace(" ", "").casefold()


def free_uid(uid):
    return f"{uid[:50]}-{uuid4().hex[:8]}" if Article.objects.filter(uid=uid).exists() else uid


def free_slug(wanted, others=frozenset()):
    """Return the slug for a new series: that of no stored one, nor of `others`."""
    slug, number = wanted, 2
    while slug in others or Ranking.objects.filter(slug=slug).exists():
        slug, number = f"{wanted[:76]}-{number}", number + 1
    return slug


# `table` and `ranking` are as they were read: another table's may have taken that slug since.


def as_series(page, table, ranking, stored, dates):
    """Return the page with a table's ranking as periods of a stored series, or None for a new one.

    `dates` are the periods to take, as "2025-10-01".
    """
    periods = tuple(each for each in ranking.periods if each.as_of.isoformat() in dates)
    if stored is None:
        others = {each.slug for each in page.rankings if each is not ranking}
        series = replace(ranking, slug=free_slug(ranking.slug, others), periods=periods)
    else:
        columns = tuple(
            replace(column, heading=known["heading"])
            for column, known in zip(ranking.columns, stored.columns, strict=True)
        )
        series = replace(ranking, slug=stored.slug, columns=columns, periods=periods)
    shown = replace(table, ranking=series.slug, periods=tuple(each.as_of for each in periods))
    return replace(
        page,
        article=replace(
            page.article,
            tables=tuple(shown if each is table else each for each in page.article.tables),
        ),
        rankings=tuple(series if each is ranking else each for each in page.rankings),
    )


def as_plain(page, table, ranking):
    """Return the page with a ranking's table as an ordinary one of its text."""
    note = escape(table.source_note, is_linked=bool(table.source_url))
    note = f"[{note}]({table.source_url})" if table.source_url else note
    lines = [escape(table.caption), page.plain_tables.get(table.slug, ""), note]
    article = replace(
        page.article,
        body=page.article.body.replace(
            f"[[ranking:{table.slug}]]", "\n\n".join(filter(None, lines))
        ),
        tables=tuple(each for each in page.article.tables if each.slug != table.slug),
    )
    rankings = tuple(each for each in page.rankings if each is not ranking)
    named = {
        entry.subject for each in rankings for period in each.periods for entry in period.entries
    }
    subjects = tuple(each for each in page.subjects if each.slug in named)
    return replace(page, article=article, rankings=rankings, subjects=subjects)


def with_issue_in_text(page):
    """Return the page with its month's items as a section of its text."""
    lines = [f"## {page.issue.title}", ""]
    for item in page.issue.items:
        lines.append("- " + escape(f"({item.category}) {item.headline}"))
        lines += [f"    {line}" if line else "" for line in item.body.split("\n") if item.body]
    is_stored = MonthlyIssue.objects.filter(month=month_day(page.issue.month)).exists()
    article = replace(
        page.article,
        body="\n".join([page.article.body, "", *lines]).strip("\n"),
        monthly_issue=page.issue.month if is_stored else "",
        leads_month=False,
    )
    return replace(page, article=article, issue=None)
