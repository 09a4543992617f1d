"""Proposing a change of a public article by its own form, and going on with what waits there.

What waits is found by saving the form as ever, reading the rows, and rolling back: so everything
that a save checks is checked, and nothing public has changed. The form of what waits is opened the
same way round: the rows say it for as long as the page is drawn.
"""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from articles.admin.edit_conflicts import NEW_ROWS_AT_ONCE
from articles.admin.joining import clash_label
from articles.admin.model_admin import PermissionMissing
from articles.admin.revision_views import newest_number
from articles.admin.waiting.form import ArticleForm
from articles.bundle.data import LoadError
from articles.bundle.rows_to_data import whole_data
from articles.desk import waiting_changes
from articles.desk.joining import own_changes
from articles.desk.revisions import data_of
from articles.models import Article, WorkingCopy


@dataclass
class ShownChange:
    """A waiting change as the form shows it.

    With what the public revision `public_number` has changed since, `is_joined`; `clashes` are the
    names of what both have changed, where it says what waits.
    """

    public_number: int
    is_joined: bool = False
    clashes: list = field(default_factory=list)
    # How many rows of each model the form was drawn with.
    rows: dict = field(default_factory=dict)


@dataclass
class Proposal:
    """What a form says that is to wait.

    `is_for_now` where it then replaces the text at once; `base` is the revision that it was written
    upon, where readers see another by now.
    """

    data: Any
    note: str
    is_for_now: bool
    base: Any
    # Why it is published although a check finds errors.
    reason: str = ""


class WaitingAdmin:
    """Stands before the ModelAdmin of articles: lets a change of what is public wait."""

    form = ArticleForm

    def may_propose(self, request, article):
        return self.may(request, "change") and article.state == Article.State.PUBLISHED

    def has_change_permission(self, request, obj=None):
        # Only in the form, where what is sent can wait.
        is_in_form = getattr(request, "is_in_article_form", False)
        return super().has_change_permission(request, obj) or (
            is_in_form and obj is not None and self.may_propose(request, obj)
        )

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if not hasattr(request, "shown_change"):
            return fieldsets
        # Whether and when the article is public is none of what waits.
        return [each for each in fieldsets if "state" not in each[1]["fields"]]

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        if obj and obj.state == Article.State.PUBLISHED:
            form.waiting = waiting_changes.of(obj)
            form.shown = getattr(request, "shown_change", None)
        return form

    def get_formsets_with_inlines(self, request, obj=None):
        shown = getattr(request, "shown_change", None)
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            rows = shown.rows.get(inline.model, 0) if shown else 0
            formset.new_rows_at_once = NEW_ROWS_AT_ONCE + rows
            yield formset, inline

    # Saving

    def save_model(self, request, obj, form, change):
        if is_waiting_form(form):
            obj.store()
        else:
            super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        if not is_waiting_form(form):
            super().save_related(request, form, formsets, change)
            self.tell_what_waits(request, form)
            return
        # Without all that a save tells of: none of it happens.
        admin.ModelAdmin.save_related(self, request, form, formsets, change)
        note = form.cleaned_data.get(self.note_field, "")
        data = whole_data(Article.objects.get(pk=form.instance.pk))
        conflict = form.conflict
        base = conflict.base if conflict else None
        if base:
            data = own_changes(data_of(base), conflict.theirs, data)
        reason = form.cleaned_data["publishing_reason"]
        request.proposal = Proposal(data, note, not form.proposes, base, reason)

    def tell_what_waits(self, request, form):
        """Say what the save has put in the way of what waits."""
        if not (waiting := form.waiting and waiting_changes.of(form.instance)):
            return
        if found := waiting_changes.obstacles(waiting):
            link = format_html(
                '<a href="{}">{}</a>',
                article_page(waiting.article, "waiting"),
                _("A change waits, and as things are it cannot replace the public text:"),
            )
            messages.warning(request, format_html("{} {}", link, " ".join(found)))

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        request.is_in_article_form = True
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            with transaction.atomic():
                response = super().changeform_view(request, object_id, form_url, extra_context)
                if hasattr(request, "proposal"):
                    transaction.set_rollback(True)
            return self.proposed(request, object_id) or response

    def waiting_form_view(self, request, object_id):
        """Open what waits for an article in the article's form, or save it from there."""
        request.is_in_article_form = True
        article = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.may_propose(request, article):
            raise PermissionMissing(self.missing_permission(request, "change"))
        with transaction.atomic():
            is_sent = request.method == "POST"
            change = waiting_changes.lock(object_id) if is_sent else waiting_changes.of(article)
            if change is None and not is_sent:
                messages.info(request, _("No change waits."))
                return HttpResponseRedirect(article_page(article, "change"))
            try:
                response = self.draw_waiting(request, article, change)
            except LoadError as error:
                messages.error(request, error.message)
                return HttpResponseRedirect(article_page(article, "waiting"))
            return self.proposed(request, object_id) or response

    def draw_waiting(self, request, article, change):
        """Let the admin open or save the form while the rows say what waits."""
        request.shown_change = shown = ShownChange(newest_number(article) or 0)
        data = whole_data(article)
        if change:
            data, clashes = waiting_changes.continued(change)
            shown.is_joined = clashes is not None
            labels = [clash_label(Article, clash) for clash in clashes or ()]
            shown.clashes = list(dict.fromkeys(labels))
        with waiting_changes.rows_saying(data):
            if request.method == "POST":
                shown.rows = make_room(article)
            response = super().changeform_view(request, str(article.pk))
            if hasattr(response, "render"):
                response.render()
        return response

    def response_change(self, request, obj):
        # What is said of a proposal comes when its rows are as they were.
        if hasattr(request, "proposal"):
            return HttpResponse(status=204)
        return super().response_change(request, obj)

    def proposed(self, request, article_id):
        """Let what the form has said wait, and return where that leads; None if it said nothing."""
        proposal = getattr(request, "proposal", None)
        if proposal is None:
            return None
        article = Article.objects.get(pk=article_id)
        WorkingCopy.objects.drop(request.user, request.POST.get("working_copy", ""))
        by = {"by": request.user, "note": proposal.note}
        change = waiting_changes.propose(article, proposal.data, replaces=proposal.base, **by)
        if change is None:
            messages.info(request, _("Readers see this text already: nothing of it waits."))
            return HttpResponseRedirect(article_page(article, "change"))
        self.log_change(request, article, _("Proposed a change of the public text."))
        if proposal.is_for_now:
            page = publish_now(self, request, change, proposal.reason)
            return HttpResponseRedirect(article_page(article, page))
        messages.success(request, _("The change waits for review. Readers see what they saw."))
        goes_on = "_continue" in request.POST or proposal.base
        return HttpResponseRedirect(article_page(article, "waiting_form" if goes_on else "waiting"))


def is_waiting_form(form):
    return form.proposes or form.shown is not None


def article_page(article, page):
    return reverse(f"admin:articles_article_{page}", args=[article.pk])


def make_room(article):
    """Delete the rows that belong to the article, and return how many of each there were.

    None of them has the key that the form was drawn with: each that is sent is made anew.
    """
    parts = [article.ranking_tables, article.references, article.legacy_paths]
    counts = {part.model: part.count() for part in parts}
    for part in parts:
        part.all().delete()
    return counts


def publish_now(model_admin, request, change, reason=""):
    """Let the change replace the public text, and return the page that this leads to."""
    try:
        waiting_changes.publish(change, by=request.user, reason=reason)
    except LoadError as error:
        text = _("Readers still see what they saw. %(reason)s")
        messages.error(request, text % {"reason": error.message})
        return "waiting"
    model_admin.log_change(request, change.article, _("Replaced the public text."))
    messages.success(request, _("Readers see the change now."))
    return "change"
