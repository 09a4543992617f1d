"""An article in the vocabulary of schema.org, for search engines."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.addresses import path_of
from articles.content.text import CONTENT_LANGUAGE
from articles.open_data.provenance import KOGL_URL, absolute

# What search engines show of a headline.
MAX_HEADLINE_CHARACTERS = 110


def article_graph(article: Any, comment_count: int) -> dict[str, Any]:
    """Return a published article and the way to it; its relations are loaded."""
    way = [
        (_("Home"), path_of("home")),
        (_("All articles"), path_of("articles:article_list")),
        (article.category.name, article.category.get_absolute_url()),
        (article.full_title, article.get_absolute_url()),
    ]
    return {"@context": "https://schema.org", "@graph": [_news(article, comment_count), _way(way)]}


def _news(article: Any, comment_count: int) -> dict[str, Any]:
    site = {"@type": "Organization", "name": settings.SITE_NAME, "url": settings.SITE_URL}
    url = absolute(article.get_absolute_url())
    news: dict[str, Any] = {
        "@type": "NewsArticle",
        "headline": article.full_title[:MAX_HEADLINE_CHARACTERS],
        "url": url,
        "mainEntityOfPage": url,
        "datePublished": timezone.localtime(article.published_at).isoformat(),
        "dateModified": timezone.localtime(max(article.published_at, article.updated_at)).isoformat(
            timespec="seconds"
        ),
        "inLanguage": CONTENT_LANGUAGE,
        "isAccessibleForFree": True,
        "author": {"@type": "Organization", "name": article.byline or settings.SITE_NAME},
        "publisher": site,
        "image": [absolute(article.share_picture_url)],
        "articleSection": article.category.name,
        "commentCount": comment_count,
    }
    if article.summary:
        news["description"] = article.summary
    if keywords := [tag.name for tag in article.tags.all()]:
        news["keywords"] = keywords
    if article.kogl != "none":
        news["license"] = KOGL_URL
    return news


def _way(steps: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": absolute(path)}
            for number, (name, path) in enumerate(steps, start=1)
        ],
    }
