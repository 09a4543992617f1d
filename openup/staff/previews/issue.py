"""A month of any state, as the very page that readers would get."""

from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.admin.model_admin import require
from articles.models import Article, MonthlyIssue
from articles.month_line import month_line
from openup.staff.previews.article import without_links
from openup.staff.remarks import remark_context


@require_safe
@admin.site.admin_view
def issue_preview(request, issue_id):
    require(request, "articles.view_monthlyissue")
    issue = get_object_or_404(MonthlyIssue, pk=issue_id)
    return draw_issue(request, issue_id, **remark_context(request, issue))


def draw_issue(request, issue_id, **context):
    """Draw a monthly issue as the public will see it, once all of it is public."""
    issue = get_object_or_404(MonthlyIssue.objects.for_page(), pk=issue_id)
    articles = issue.articles.outside_trash().exclude(state=Article.State.WITHDRAWN)
    articles = list(articles.for_listing())
    for article in articles:
        # A list of readers' has no article without its day.
        article.published_at = article.published_at or timezone.now()
    context |= {
        "is_preview": True,
        "issue": issue,
        "articles": articles,
        "line": month_line(issue.month.year, issue.month.month),
    }
    html = render_to_string("articles/monthly_issue_detail.html", context, request)
    hidden = [article.get_absolute_url() for article in articles if not article.is_public]
    return HttpResponse(without_links(html, hidden))
