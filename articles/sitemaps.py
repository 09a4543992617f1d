"""The sitemap index and its parts, and robots.txt (sitemaps.org, RFC 9309)."""

from django.conf import settings
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from articles.kept import kept
from articles.models import (
    CONTENT,
    Article,
    Category,
    MonthlyIssue,
    Ranking,
    RankingPeriod,
    RankingSubject,
    SitePage,
    Tag,
)

# The protocol allows 50,000 addresses a file; smaller ones are made faster.
PART_SIZE = 5_000
# Lists and the site's own pages stand in one part, articles in parts by their keys.
PAGES = "pages"


def xml(request, template, context):
    context |= {"site_url": settings.SITE_URL}
    return render(request, template, context, content_type="application/xml; charset=utf-8")


@kept(CONTENT)
def sitemap_index(request):
    last = Article.objects.aggregate(key=Max("pk"))["key"] or 0
    parts = [PAGES, *range(1, -(-last // PART_SIZE) + 1)]
    # An order instead of Max would have SQLite sort every published article.
    changed = Article.objects.published().aggregate(at=Max("updated_at"))["at"]
    begin, end = reverse("articles:sitemap", args=["PART"]).split("PART")
    context = {
        "addresses": [f"{settings.SITE_URL}{begin}{part}{end}" for part in parts],
        "changed": changed and timezone.localtime(changed).isoformat(),
    }
    return xml(request, "articles/sitemap_index.xml", context)


@kept(CONTENT)
def sitemap(request, part):
    """Send the addresses of one part: of the lists, or of the articles with a range of keys."""
    if part == PAGES:
        return xml(request, "articles/sitemap.xml", {"entries": page_entries()})
    if not (part.isascii() and part.isdecimal() and len(part) < 10) or int(part) < 1:
        raise Http404
    last = int(part) * PART_SIZE
    articles = (
        Article.objects.published()
        .filter(pk__gt=last - PART_SIZE, pk__lte=last)
        .only("pk", "slug", "updated_at")
        .order_by("pk")
    )
    entries = [(article.get_absolute_url(), article.updated_at) for article in articles]
    return xml(request, "articles/sitemap.xml", {"entries": entries})


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
        Tag.objects.filter(articles__in=Article.objects.published()).distinct(),
    ):
        entries += [(row.get_absolute_url(), None) for row in objects]
    entries += [(page.get_absolute_url(), page.updated_at) for page in SitePage.objects.all()]
    return entries


@kept()
def robots(request):
    """Let everybody read everything; the staff's pages and the forms have nothing to find."""
    lines = [
        "User-agent: *",
        f"Disallow: {settings.STAFF_PATH}",
        f"Disallow: {reverse('articles:search')}",
        "",
        f"Sitemap: {settings.SITE_URL}{reverse('articles:sitemap_index')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
