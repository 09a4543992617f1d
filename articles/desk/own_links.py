"""Addresses of this site that a text links to: whether readers find a page there at a moment."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.db.models import Q
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from articles.models.article import Article
from articles.models.legacy_path import LegacyPath
from articles.models.monthly_issue import MonthlyIssue
from articles.models.ranking import Ranking
from articles.models.ranking_subject import RankingSubject
from articles.models.taxonomy import Category, SitePage, Tag
from articles.old_addresses import normalise_address

MEDIA = "/media/"
_BY_SLUG = {
    "articles:category_detail": Category,
    "articles:tag_detail": Tag,
    "articles:site_page_detail": SitePage,
    "articles:ranking_detail": Ranking,
    "articles:subject_detail": RankingSubject,
}


def is_outside(href: str) -> bool:
    """Tell whether an address leads to another site."""
    return href.startswith(("http://", "https://", "//")) and not _is_ours(href)


def _is_ours(href: str) -> bool:
    return href == settings.SITE_URL or href.startswith(f"{settings.SITE_URL}/")


def reason_it_is_dead(href: str, base: str, moment: datetime, together: Collection[Any]) -> str:
    """Return why readers find nothing at `href` from `moment` on, or "".

    `base` is the page that links there; what goes live `together` is there then.
    """
    if href.startswith("mailto:") or is_outside(href):
        return ""
    try:
        parts = urlsplit(urljoin(base, href.removeprefix(settings.SITE_URL) or "/"))
    except ValueError:
        return _("This is no address: %(address)s") % {"address": href}
    path = parts.path
    address = {"address": href}
    if path.startswith(settings.STAFF_PATH):
        return _("Readers cannot open a page of the desk: %(address)s") % address
    if path.startswith(MEDIA):
        is_there = _is_stored(unquote(path.removeprefix(MEDIA)))
        return "" if is_there else _("No file is there: %(address)s") % address
    try:
        match = resolve(unquote(path))
    except Resolver404:
        is_old = LegacyPath.objects.find(normalise_address(parts.geturl())) is not None
        return "" if is_old else _("No page is there: %(address)s") % address
    return _reason_of(match, unquote(parts.fragment), moment, together) % address


def _is_stored(name: str) -> bool:
    try:
        return default_storage.exists(name)
    except ConnectionError:
        # Nobody can tell now, and a link is not to be blamed for it.
        return True
    except (SuspiciousOperation, ValueError, OSError):
        # What leads out of the folder, or is no name at all.
        return False


def _reason_of(match: Any, place: str, moment: datetime, together: Collection[Any]) -> str:
    """Return a sentence with a place for the address, or ""."""
    keys = match.kwargs
    if "article_id" in keys:
        article = Article.objects.outside_trash().filter(pk=keys["article_id"]).first()
        if article is None:
            return _("No article is there: %(address)s")
        if article not in together and not _is_public_at(article, moment):
            return _("That article is not public by then: %(address)s")
        # Other ids are those of figures and comments, which come and go.
        if place.startswith("s-") and f' id="{place}"' not in article.body_html:
            return _("That article has no such place: %(address)s")
        return ""
    if match.view_name == "monthly_issue_detail":
        months = MonthlyIssue.objects.filter(month__year=keys["year"], month__month=keys["month"])
        issue = months.first()
        is_public = issue and (
            issue in together
            or (issue.state == MonthlyIssue.State.PUBLISHED and issue.published_at <= moment)
        )
        return "" if is_public else _("That month is not public by then: %(address)s")
    if model := _BY_SLUG.get(match.view_name):
        condition = Q(slug=keys["slug"])
        if model is RankingSubject:
            condition |= Q(addresses__slug=keys["slug"])
        is_there = model.objects.filter(condition).exists()  # type: ignore[attr-defined]
        return "" if is_there else _("No page is there: %(address)s")
    return ""


def _is_public_at(article: Article, moment: datetime) -> bool:
    return (
        article.state == Article.State.PUBLISHED
        and article.published_at <= moment
        and not article.is_withdrawn_at(moment)
    )
