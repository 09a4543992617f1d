"""The page of the articles that wait in the trash."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from articles.admin.form_fields import is_key
from articles.admin.model_admin import PermissionMissing, require
from articles.desk.trash import is_own_draft, take_out_of_trash
from articles.models import Article
from articles.models.article import TRASH_DAYS


def trash_view(model_admin, request):
    """List what can be brought back; bring one back, as it was."""
    require(request, model_admin.permission_for("view"))
    if request.method == "POST":
        article = restored(model_admin, request)
        model_admin.log_change(request, article, _("Taken out of the trash."))
        address = reverse("admin:articles_article_change", args=[article.pk])
        text = _("“%(title)s” is back, as it was.") % {"title": article}
        messages.success(request, format_html('<a href="{}">{}</a>', address, text))
        return redirect(request.path)
    articles = Article.objects.in_trash().defer("body", "body_html").order_by("-trashed_at", "-pk")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Trash"),
        "opts": model_admin.opts,
        "days": TRASH_DAYS,
        "rows": [(article, may_restore(model_admin, request, article)) for article in articles],
    }
    return TemplateResponse(request, "admin/articles/article/trash.html", context)


def may_restore(model_admin, request, article):
    """Tell whether who asks might have deleted the article."""
    return model_admin.may(request, "delete") or is_own_draft(article, request.user)


@transaction.atomic
def restored(model_admin, request):
    key = request.POST.get("article", "")
    articles = Article.objects.in_trash().select_for_update()
    article = articles.filter(pk=int(key)).first() if is_key(key) else None
    if article is None:
        raise Http404
    if not may_restore(model_admin, request, article):
        raise PermissionMissing(model_admin.permission_for("delete"))
    take_out_of_trash(article)
    return article
