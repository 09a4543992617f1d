"""Atom feeds (RFC 4287): articles, those of a category or a tag, a subject's ranks, corrections."""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html
from django.utils.translation import gettext as _

from articles.content.text import CONTENT_LANGUAGE
from articles.models import Article, Category, RankingCorrection, Tag
from articles.models.ranking import first_moment
from articles.open_data.provenance import absolute_html
from articles.page_caching import cached_page
from articles.views import load_subject

FEED_SIZE = 30
# When a feed without entries was updated: the hour of asking would make it new every time.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Feed(Atom1Feed):
    def latest_post_date(self):
        return super().latest_post_date() if self.items else NEVER


def atom(title, page, feed, entries):
    """Return the answer with a feed; `page` and `feed` are paths: what it follows, and its own.

    Each entry is a dict for `SyndicationFeed.add_item`, its link a path of this site; texts are
    plain, markup is in `description` alone.
    """
    generator = Feed(
        title=f"{title} | {settings.SITE_NAME}",
        link=settings.SITE_URL + page,
        description="",
        language=CONTENT_LANGUAGE,
        feed_url=settings.SITE_URL + feed,
        # Else two feeds that follow one page would be the same to a reader's program.
        feed_guid=settings.SITE_URL + feed,
        author_name=settings.SITE_NAME,
    )
    for entry in entries:
        link = settings.SITE_URL + entry.pop("link")
        # Without one there is no <summary>: an empty one would be a summary that says nothing.
        entry["description"] = absolute_html(entry["description"] or "") or None
        generator.add_item(link=link, **{"unique_id": link} | entry)
    return HttpResponse(generator.writeString("utf-8"), content_type=generator.content_type)


def article_entry(article):
    """Return an article's entry; its id stays when its address changes."""
    return {
        "title": article.full_title,
        "link": article.get_absolute_url(),
        "unique_id": f"urn:openup:article:{article.uid}",
        "description": format_html("<p>{}</p>", article.summary) if article.summary else "",
        "author_name": article.byline or settings.SITE_NAME,
        "categories": [article.category.name],
        "pubdate": article.published_at,
        "updateddate": max(article.updated_at, article.published_at),
    }


def feed_of(title, page, feed, articles):
    newest = articles.for_listing()[:FEED_SIZE]
    return atom(title, page, feed, [article_entry(article) for article in newest])


@cached_page()
def article_feed(request):
    articles = Article.objects.published()
    return feed_of(_("All articles"), reverse("home"), reverse("articles:article_feed"), articles)


@cached_page()
def category_feed(request, slug):
    category = get_object_or_404(Category, slug=slug)
    feed = reverse("articles:category_feed", args=[slug])
    return feed_of(category.name, category.get_absolute_url(), feed, category.articles.published())


@cached_page()
def tag_feed(request, slug):
    tag = get_object_or_404(Tag, slug=slug)
    feed = reverse("articles:tag_feed", args=[slug])
    return feed_of(tag.name, tag.get_absolute_url(), feed, tag.articles.published())


@cached_page()
def correction_feed(request):
    newest = RankingCorrection.objects.published().for_listing()[:FEED_SIZE]
    feed = reverse("articles:correction_feed")
    entries = [correction_entry(correction) for correction in newest]
    return atom(_("Corrections"), reverse("articles:correction_list"), feed, entries)


def correction_entry(line):
    place = f"{line.ranking.title}, {line.period_label} {line.rank} {line.entry_label}"
    return {
        "title": place,
        "link": line.get_absolute_url(),
        "unique_id": f"urn:openup:correction:{line.pk}",
        "description": render_to_string("articles/_correction.html", {"line": line}).strip(),
        "pubdate": line.created_at,
        "updateddate": line.created_at,
    }


@cached_page()
def subject_feed(request, slug):
    """Send the ranks of a subject, each a new entry as it becomes public."""
    subject, histories = load_subject(slug)
    if subject.slug != slug:
        return redirect("articles:subject_feed", subject.slug, permanent=True)
    entries = [
        rank_entry(history.ranking, standing)
        for history in histories
        for standing in history.standings
        if standing.entry
    ]
    entries.sort(key=lambda entry: entry["pubdate"], reverse=True)
    feed = reverse("articles:subject_feed", args=[slug])
    return atom(str(subject), subject.get_absolute_url(), feed, entries[:FEED_SIZE])


def rank_entry(ranking, standing):
    title = f"{ranking.title}, {standing.period.label}: {standing.rank}"
    moment = standing.period.published_at or first_moment(standing.period.as_of)
    return {
        "title": title,
        "link": ranking.get_absolute_url(),
        "unique_id": f"urn:openup:entry:{standing.entry.pk}",
        "description": format_html("<p>{}: {}</p>", title, standing.entry.label),
        "pubdate": moment,
        "updateddate": moment,
    }
