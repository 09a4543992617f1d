"""What waits for a public article, as the very page that readers would get."""

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from articles.admin.model_admin import require
from articles.article_loading import load_any_article
from articles.bundle.data import LoadError
from articles.desk import waiting_changes
from articles.models import Article
from openup.staff.previews.article import draw_article
from openup.staff.remarks import remark_context


@require_safe
@admin.site.admin_view
def waiting_preview(request, article_id):
    require(request, "articles.view_article")
    article = get_object_or_404(Article, pk=article_id)
    change = waiting_changes.of(article)
    if change is None:
        raise Http404
    try:
        with waiting_changes.rows_saying(waiting_changes.fitted(change)):
            shown = load_any_article(article_id)
            return draw_article(request, shown, **remark_context(request, article))
    except LoadError as error:
        messages.error(request, error.message)
        return redirect("admin:articles_article_waiting", article_id)
