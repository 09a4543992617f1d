"""The page of the articles that wait in the trash."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from articles.admin.base import may_publish
from articles.admin.form_fields import is_key
from articles.admin.model_admin import PermissionMissing, require
from articles.desk.trash import own_drafts, take_out_of_trash
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
    mine = set(restorable(model_admin, request).values_list("pk", flat=True))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Trash"),
        "opts": model_admin.opts,
        "days": TRASH_DAYS,
        "rows": [(article, article.pk in mine) for article in articles],
    }
    return TemplateResponse(request, "admin/articles/article/trash.html", context)


def restorable(model_admin, request):
    """Return the articles in the trash that who asks might have deleted, and so may bring back.

    What was public is public again.
    """
    articles = Article.objects.in_trash()
    if not model_admin.may(request, "delete"):
        return own_drafts(request.user).in_trash()
    return articles if may_publish(request) else articles.filter(state=Article.State.DRAFT)


@transaction.atomic
def restored(model_admin, request):
    key = request.POST.get("article", "")
    articles = Article.objects.in_trash().select_for_update()
    article = articles.filter(pk=int(key)).first() if is_key(key) else None
    if article is None:
        raise Http404
    if not restorable(model_admin, request).filter(pk=article.pk).exists():
        raise PermissionMissing(model_admin.missing_permission(request, "delete"))
    take_out_of_trash(article)
    return article
