"""An article of any state, as the very page that readers would get."""

import re
from html import escape

from django.contrib import admin
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.admin.model_admin import require
from articles.article_loading import load_any_article
from articles.models import RankingEntry
from comments.threads.pages import article_page
from comments.threads.rendering import draw_branches
from openup.article_page import article_context
from openup.staff.remarks import remark_context


@require_safe
@admin.site.admin_view
def article_preview(request, article_id):
    """Show an article as the public will see it, with its monthly issue even if that is a draft."""
    require(request, "articles.view_article")
    article = load_any_article(article_id)
    return draw_article(request, article, **remark_context(request, article))


def draw_article(request, article, **context):
    """Draw an article of any state as the public will see it."""
    issue = article.monthly_issue
    page = article_page(article.pk, request.GET)
    branches = mark_safe(draw_branches(page, article, staff_links(request.user)))  # noqa: S308 - escaped
    thread = {"page": page, "article": article, "branches": branches}
    context |= article_context(article, page) | {
        "is_preview": True,
        "thread": render_to_string("comments/_thread.html", thread),
        "may_answer": article.is_public and request.user.has_perm("comments.answer_comment"),
        "issue": issue,
        "issue_is_hidden": issue is not None and not issue.is_public,
    }
    html = render_to_string("articles/article_detail.html", context, request)
    return HttpResponse(without_links(html, hidden_addresses(article)))


LINK = re.compile(r'(<a\b[^>]*?) href="([^"?#]*)[^"]*"')


def without_links(html, addresses):
    """Leave only the text of links to `addresses`, where "…/*" is all below an address."""
    exact = {escape(address) for address in addresses}
    below = tuple(escape(address[:-1]) for address in addresses if address.endswith("*"))
    return LINK.sub(
        lambda link: link[1] if link[2] in exact or link[2].startswith(below) else link[0], html
    )


def hidden_addresses(article):
    """Return the addresses that the article's page links to and that readers do not find yet."""
    hidden = []
    if not article.is_public:
        hidden.append(reverse("comments:comment_detail", args=[0]).replace("0/", "*"))
    if article.monthly_issue and not article.monthly_issue.is_public:
        hidden.append(article.monthly_issue.get_absolute_url())
    tables = article.ranking_tables.all()
    for ranking in {table.ranking for table in tables}:
        if not ranking.is_public:
            hidden += [ranking.get_absolute_url(), *ranking.files.values()]
    ranked = {
        entry.subject
        for table in tables
        for period in table.periods.all()
        for entry in period.entries.all()
    }
    public = RankingEntry.objects.public().filter(subject__in=ranked)
    found = set(public.values_list("subject", flat=True))
    return hidden + [each.get_absolute_url() for each in ranked if each.pk not in found]


def staff_links(user):
    """Return [(URL name, word)]: what this member of the staff may do to each comment."""
    links = {
        "comments.answer_comment": ("admin:comments_comment_answer", _("Answer as staff")),
        "comments.moderate_comment": ("admin:comments_comment_change", _("Moderate")),
    }
    return [link for permission, link in links.items() if user.has_perm(permission)]
