"""The pages of what waits in the trash: articles as rows, other content as revisions."""

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from articles.admin.base import may_publish
from articles.admin.form_fields import row_of_key
from articles.admin.model_admin import PermissionMissing, require
from articles.bundle.data import LoadError
from articles.desk import publishing
from articles.desk.revisions import DamagedRevisionError, data_of
from articles.desk.trash import (
    bring_back,
    deleted_revisions,
    own_drafts,
    record_deleted,
    take_out_of_trash,
)
from articles.models import Article, MonthlyIssue
from articles.models.article import TRASH_DAYS


def trash_view(model_admin, request):
    """List what can be brought back; bring one back, as it was."""
    require(request, model_admin.permission_for("view"))
    if request.method == "POST":
        article, errors = restored(model_admin, request)
        model_admin.log_change(request, article, _("Taken out of the trash."))
        return _tell(model_admin, request, article, errors)
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

    What was public is public again, as far as it may be.
    """
    articles = Article.objects.in_trash()
    if not model_admin.may(request, "delete"):
        return own_drafts(request.user).in_trash()
    return articles if may_publish(request) else articles.filter(state=Article.State.DRAFT)


@transaction.atomic
def restored(model_admin, request):
    articles = Article.objects.in_trash().select_for_update(no_key=True)
    article = row_of_key(articles, request.POST.get("article", ""))
    if article is None:
        raise Http404
    if not restorable(model_admin, request).filter(pk=article.pk).exists():
        raise PermissionMissing(model_admin.missing_permission(request, "delete"))
    return article, take_out_of_trash(article, by=request.user)


def _tell(model_admin, request, row, errors):
    """Say that a row is back, and what keeps it from readers; lead to the list."""
    name = {"title": row}
    text = _("“%(title)s” is back, as it was.") % name
    if errors:
        text = _("“%(title)s” is back, but not public: as it is, it may not be published.") % name
        text = f"{text} {publishing.sentences(errors)}"
    address = reverse(model_admin.url_name("change"), args=[row.pk])
    level = messages.WARNING if errors else messages.SUCCESS
    messages.add_message(request, level, format_html('<a href="{}">{}</a>', address, text))
    return redirect(request.path)


# Months, site pages and series


class TrashedAdmin:
    """Keeps what is deleted as a revision; stands before the ModelAdmin that deletes."""

    def let_go(self, request, obj):
        record_deleted(obj, by=request.user)
        super().let_go(request, obj)
        text = _("For %(days)s days it waits in the trash.") % {"days": TRASH_DAYS}
        self.message_user(request, text, messages.INFO)

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except self.model.DoesNotExist:
            messages.warning(request, _("It has been deleted meanwhile."))
            return redirect(self.url_name("changelist"))

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_trash"
        view = self.admin_site.admin_view(self.trash_view)
        return [path("trash/", view, name=name), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        trash = {"trash_url": reverse(self.url_name("trash"))}
        return super().changelist_view(request, {**trash, **(extra_context or {})})

    def trash_view(self, request):
        return deleted_view(self, request)


def deleted_view(model_admin, request):
    """List what can be brought back of another model, and bring one back."""
    require(request, model_admin.permission_for("view"))
    if request.method == "POST":
        return _bring_back(model_admin, request)
    rows = [
        (revision, _title_of(revision), _may_bring_back(model_admin, request, revision))
        for revision in deleted_revisions(model_admin.model).order_by("-created_at", "-pk")
    ]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Trash"),
        "opts": model_admin.opts,
        "days": TRASH_DAYS,
        "rows": rows,
    }
    return TemplateResponse(request, "admin/articles/revisions/trash.html", context)


def _bring_back(model_admin, request):
    require(request, model_admin.permission_for("delete"))
    revisions = deleted_revisions(model_admin.model)
    revision = row_of_key(revisions, request.POST.get("revision", ""))
    if revision is None:
        raise Http404
    if not _may_bring_back(model_admin, request, revision):
        raise PermissionMissing("articles.publish_article")
    try:
        row, errors = bring_back(revision, by=request.user)
    except LoadError as error:
        messages.error(request, _("It cannot be brought back: %s") % error.message)
    except IntegrityError:
        # At the same moment, as by a second click.
        text = _("Another one has taken its address since.")
        messages.error(request, _("It cannot be brought back: %s") % text)
    else:
        model_admin.log_change(request, row, _("Taken out of the trash."))
        return _tell(model_admin, request, row, errors)
    return redirect(request.path)


def _may_bring_back(model_admin, request, revision):
    """Tell whether who asks might have deleted it; what was public is public again."""
    if not model_admin.may(request, "delete"):
        return False
    if model_admin.model is not MonthlyIssue or may_publish(request):
        return True
    try:
        return data_of(revision).state != MonthlyIssue.State.PUBLISHED
    except DamagedRevisionError:
        return False


def _title_of(revision):
    try:
        return data_of(revision).title
    except DamagedRevisionError:
        return _("(cannot be read)")
