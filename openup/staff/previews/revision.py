"""A revision of an article or a month, as the very page that readers would get."""

from django.contrib import admin, messages
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from articles.admin.revision_views import object_to_view, revision_asked_for
from articles.article_loading import load_any_article
from articles.bundle.data import LoadError
from articles.desk import waiting_changes
from articles.models import MonthlyIssue
from openup.staff.article_or_month import admin_of
from openup.staff.previews.article import draw_article
from openup.staff.previews.issue import draw_issue
from openup.staff.remarks import remark_context


@require_safe
@admin.site.admin_view
def revision_preview(request, model, object_id, number):
    model_admin = admin_of(model)
    obj = object_to_view(model_admin, request, object_id)
    revision = revision_asked_for(obj, number)
    context = {**remark_context(request, obj, number), "shown_revision": number}
    try:
        with waiting_changes.rows_of_revision(obj, revision):
            if isinstance(obj, MonthlyIssue):
                return draw_issue(request, obj.pk, **context)
            return draw_article(request, load_any_article(obj.pk), **context)
    except LoadError as error:
        messages.error(request, error.message)
        return redirect(model_admin.url_name("history"), obj.pk)
