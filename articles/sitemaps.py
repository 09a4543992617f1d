"""The sitemap index and its parts, and robots.txt (sitemaps.org, RFC 9309)."""

import re
from functools import cache
from html import escape
from urllib.parse import quote

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone

from articles.models import (
    Article,
    Category,
    MonthlyIssue,
    Ranking,
    RankingPeriod,
    RankingSubject,
    SitePage,
    Tag,
)
from articles.page_caching import cached_page

# The protocol allows 50,000 addresses a file; smaller ones are made faster.
PART_SIZE = 1_000
# Lists and the site's own pages stand in one part, articles in parts by their keys.
PAGES = "pages"


@cached_page()
def sitemap_index(request):
    last = Article.objects.aggregate(key=Max("pk"))["key"] or 0
    parts = [PAGES, *range(1, -(-last // PART_SIZE) + 1)]
    # From the last change back until an article is published; asked for those that are published
    # in this order, SQLite reads them all.
    published = Article.objects.published().filter(pk=OuterRef("pk"))
    changes = Article.objects.filter(Exists(published)).order_by("-updated_at")
    changed = changes.values_list("updated_at", flat=True).first()
    begin, end = reverse("articles:sitemap", args=["PART"]).split("PART")
    return xml("sitemapindex", "sitemap", ((f"{begin}{part}{end}", changed) for part in parts))


@cached_page()
def sitemap(request, part):
    """Send the addresses of one part: of the lists, or of the articles with a range of keys."""
    if part == PAGES:
        return xml("urlset", "url", page_entries())
    if not (part.isascii() and part.isdecimal() and len(part) < 10) or int(part) < 1:
        raise Http404
    last = int(part) * PART_SIZE
    articles = (
        Article.objects.published()
        .filter(pk__gt=last - PART_SIZE, pk__lte=last)
        .order_by("pk")
        .values_list("pk", "slug", "updated_at")
    )
    # One address in pieces: to put each together by `reverse` takes as long as all the rest.
    begin, between, end = re.split("0|SLUG", reverse("article_detail", args=[0, "SLUG"]))
    entries = ((f"{begin}{pk}{between}{quote(slug)}{end}", at) for pk, slug, at in articles)
    return xml("urlset", "url", entries)


def xml(root, element, entries):
    """Return the answer that holds an element for each (path, moment of its change or None)."""
    zone, site = timezone.get_current_timezone(), settings.SITE_URL

    @cache
    def lastmod(changed):
        return f"<lastmod>{changed.astimezone(zone).isoformat()}</lastmod>" if changed else ""

    lines = (
        f"<{element}><loc>{site}{escape(path)}</loc>{lastmod(changed)}</{element}>\n"
        for path, changed in entries
    )
    body = f"""<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{"".join(lines)}</{root}>
"""
    return HttpResponse(body, content_type="application/xml; charset=utf-8")


def page_entries():
    """Return [(path, moment or None)] of everything that is no article."""
    names = ("article_list", "monthly_issue_list", "ranking_list")
    entries = [(path, None) for path in ("/", *(reverse(f"articles:{name}") for name in names))]
    for objects in (
        MonthlyIssue.objects.published(),
        Ranking.objects.published(),
        RankingSubject.objects.filter(
            entries__period__in=RankingPeriod.objects.published()
        ).distinct(),
        Category.objects.all(),
        tags_of_published(),
    ):
        entries += [(row.get_absolute_url(), None) for row in objects]
    entries += [(page.get_absolute_url(), page.updated_at) for page in SitePage.objects.all()]
    return entries


def tags_of_published():
    """Return the tags that a published article has.

    By the tag, then by its articles until one is published: a join reads every article.
    """
    published = Article.objects.published().filter(pk=OuterRef("article_id"))
    links = Article.tags.through.objects.filter(Exists(published), tag=OuterRef("pk"))
    # Its value is asked for: PostgreSQL makes a join of "exists".
    return Tag.objects.alias(link=Subquery(links.values("pk")[:1])).filter(link__isnull=False)


@cached_page()
def robots(request):
    """Let everybody read everything; the staff's pages and the forms have nothing to find."""
    lines = [
        "User-agent: *",
        f"Disallow: {settings.STAFF_PATH}",
        f"Disallow: {reverse('search')}",
        "",
        f"Sitemap: {settings.SITE_URL}{reverse('articles:sitemap_index')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
