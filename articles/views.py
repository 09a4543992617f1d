from dataclasses import replace

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.dates import MONTHS
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from articles.article_loading import with_figures
from articles.models import (
    Article,
    Category,
    MonthlyIssue,
    Ranking,
    RankingCorrection,
    RankingEntry,
    RankingPeriod,
    RankingSubject,
    RankingTable,
    SitePage,
    SubjectAddress,
    Tag,
)
from articles.month_line import month_line
from articles.open_data.csv_export import figures_of
from articles.open_data.provenance import Provenance, absolute
from articles.page_caching import DAY, NUMBER, cached_page
from articles.rankings.cards import cards_of
from articles.rankings.compared_periods import compared_periods
from articles.rankings.layout import lay_out
from articles.rankings.subject_history import history_of

LIST_SIZE = 20


@cached_page(query={"before": NUMBER})
def article_list(request):
    articles = Article.objects.published()
    last = articles.newest().values_list("published_at", flat=True).first()
    archive = archive_years(Article.objects.first_day(), last)
    context = {**listing(request, articles), "archive": archive}
    return render(request, "articles/article_list.html", context)


@cached_page(query={"before": NUMBER})
def month_archive(request, year, month):
    try:
        first = timezone.make_aware(timezone.datetime(year, month, 1))
        after = timezone.make_aware(timezone.datetime(year + month // 12, month % 12 + 1, 1))
    except (ValueError, OverflowError) as error:
        raise Http404 from error
    articles = Article.objects.published().filter(published_at__gte=first, published_at__lt=after)
    line = month_line(year, month)
    context = {**listing(request, articles), "month": first.date(), "line": line}
    response = render(request, "articles/month_archive.html", context)
    if not context["articles"]:
        add_never_cache_headers(response)
    return response


@cached_page(query={"before": NUMBER})
def category_detail(request, slug):
    category = get_object_or_404(Category, slug=slug)
    context = {**listing(request, category.articles.published()), "category": category}
    return render(request, "articles/category_detail.html", context)


@cached_page(query={"before": NUMBER})
def tag_detail(request, slug):
    tag = get_object_or_404(Tag, slug=slug)
    context = {**listing(request, tag.articles.published()), "tag": tag}
    return render(request, "articles/tag_detail.html", context)


@cached_page()
def monthly_issue_list(request, year=None):
    """Show one year's issues, the newest year's when none is named."""
    published = MonthlyIssue.objects.published()
    years = [first.year for first in published.dates("month", "year", order="DESC")]
    if year and year not in years:
        raise Http404
    shown = year or (years[0] if years else None)
    issues = published.filter(month__year=shown).prefetch_related("items") if years else []
    context = {
        "issues": issues,
        "years": years,
        "year": shown,
        "is_newest": year is None,
        "line": month_line(shown) if shown else None,
    }
    return render(request, "articles/monthly_issue_list.html", context)


@cached_page()
def ranking_list(request):
    periods = Prefetch("periods", RankingPeriod.objects.published())
    rankings = list(Ranking.objects.published().prefetch_related(periods))
    shown = [period for ranking in rankings for period in ranking.periods.all()]
    entries = RankingEntry.objects.filter(period__in=shown)
    told = entries.values_list("period_id", "subject_id", "rank", "subject__name")
    context = {"cards": cards_of(rankings, told)}
    return render(request, "articles/ranking_list.html", context)


@cached_page(query={"from": DAY, "to": DAY})
def ranking_detail(request, slug):
    """Show two periods of a series, the newest unless others are asked for, and then all of it."""
    _figures, provenance = load_ranking(slug)
    ranking = provenance.ranking
    asked = [request.GET.get(name, "") for name in ("from", "to")]
    periods = [period for period in ranking.periods.all() if period.entries.all()]
    pair = compared_periods(periods, *asked)
    layout = ranking.layout()
    compared = pair and replace(lay_out(ranking, pair, f"compared-{ranking.pk}"), chart=None)
    context = {
        "ranking": ranking,
        "layout": replace(
            layout,
            chart=None,
            changes=None if pair else layout.changes,
            countries=() if pair else layout.countries,
        ),
        "chart": layout.chart,
        "periods": periods,
        "pair": pair,
        "compared": compared,
        "provenance": provenance,
    }
    response = render(request, "articles/ranking_detail.html", context)
    days = {period.as_of.isoformat() for period in periods}
    if not days.issuperset(filter(None, asked)):
        # The same page for any made-up date.
        add_never_cache_headers(response)
    return response


def load_ranking(slug):
    """Return the Figures and the Provenance of a series that readers may see."""
    ranking = get_object_or_404(Ranking.objects.published().for_page(), slug=slug)
    if not ranking.periods.all():  # taken back since it was looked up
        raise Http404
    tables = tuple(RankingTable.objects.published().filter(ranking=ranking))
    figures = figures_of(ranking)
    return figures, Provenance(ranking, tables, figures.digest)


@cached_page(query={"before": NUMBER})
def correction_list(request):
    corrections = RankingCorrection.objects.published().for_listing()
    before = request.GET.get("before", "")
    is_first_page = not (before.isdecimal() and len(before) < 16)
    newer = None
    if not is_first_page:
        get_object_or_404(corrections, pk=int(before))
        newer = corrections.filter(pk__gt=int(before)).reverse()[LIST_SIZE - 1 : LIST_SIZE].first()
        corrections = corrections.filter(pk__lt=int(before))
    corrections = list(corrections[: LIST_SIZE + 1])
    older = corrections[LIST_SIZE - 1].pk if len(corrections) > LIST_SIZE else None
    context = {
        "corrections": corrections[:LIST_SIZE],
        "older": older,
        "is_first_page": is_first_page,
        **series(request, None if is_first_page else int(before), newer, older),
    }
    return render(request, "articles/correction_list.html", context)


@cached_page()
def subject_detail(request, slug):
    subject, histories = load_subject(slug)
    if subject.slug != slug:
        return redirect(subject, permanent=True)
    context = {"subject": subject, "histories": histories}
    return render(request, "articles/subject_detail.html", context)


def load_subject(slug):
    """Return the subject that has or had the address `slug`, and its public [History]."""
    subject = RankingSubject.objects.filter(slug=slug).first()
    if subject is None:
        addresses = SubjectAddress.objects.select_related("subject")
        subject = get_object_or_404(addresses, slug=slug).subject
    rankings = Ranking.objects.published().for_subject(subject)
    histories = [history_of(subject, ranking) for ranking in rankings]
    if not histories:
        raise Http404
    return subject, histories


@cached_page()
def site_page_detail(request, slug):
    page = get_object_or_404(SitePage, slug=slug)
    return render(request, "articles/site_page_detail.html", {"page": page})


def listing(request, articles):
    """Return one list page of `articles`, newest first, and what it stands between."""
    articles = with_figures(articles.for_listing())
    before = request.GET.get("before", "")
    # Longer than any key: not worth asking the database.
    is_first_page = not (before.isdecimal() and len(before) < 16)
    newer = None
    if not is_first_page:
        last_seen = get_object_or_404(articles, pk=int(before))
        newer = articles.newer_than(last_seen).reverse()[LIST_SIZE - 1 : LIST_SIZE].first()
        articles = articles.older_than(last_seen)
    articles = list(articles[: LIST_SIZE + 1])
    older = articles[LIST_SIZE - 1].pk if len(articles) > LIST_SIZE else None
    return {
        "articles": articles[:LIST_SIZE],
        "older": older,
        "is_first_page": is_first_page,
        **series(request, None if is_first_page else int(before), newer, older),
    }


def series(request, before, newer, older):
    """Return the address of a list page, and of those beside it; its key is None on the first.

    `newer` is what stands just above the page before it: None where that is the first.
    """

    def address(key):
        return absolute(f"{request.path}?before={key}" if key else request.path)

    return {
        "canonical_url": address(before),
        "previous_url": address(newer and newer.pk) if before else None,
        "next_url": address(older) if older else None,
    }


def archive_years(first, last):
    """Return [(year's name, list items as HTML)] from `last` back to `first`, newest first.

    Drawn without the template, which takes 6 ms for ten years, since the months only ever grow.
    """
    if first is None:
        return []
    first, last = timezone.localdate(first), timezone.localdate(last)
    every = reverse("articles:article_list")
    names = {number: escape(str(name)) for number, name in MONTHS.items()}
    years = []
    for year in range(last.year, first.year - 1, -1):
        begin = first.month if year == first.year else 1
        end = last.month if year == last.year else 12
        title = _("Year %(year)s") % {"year": year}
        hidden = f'<span class="visually-hidden"> {escape(title)}</span>'
        items = [
            f'<li><a href="{every}{year}/{month:02}/">{names[month]}{hidden}</a></li>'
            for month in range(end, begin - 1, -1)
        ]
        years.append((title, mark_safe("".join(items))))  # noqa: S308 - escaped above
    return years
