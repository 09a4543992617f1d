from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.admin.form_fields import is_key
from articles.admin.model_admin import READ_ONLY, StaffModelAdmin, require
from articles.fields import LineFormField
from comments.admin.comment import MAX_AT_ONCE, moderation_address, tell_done
from comments.models import ModerationEvent, QueuedComment
from comments.models.moderation.queue import writer_counts
from comments.moderation.bulk_actions import act, undo

PER_PAGE = 25
SORTS = ("held", "reported", "takedown")
Action = ModerationEvent.Action
# What is done at once; deleting asks once more on a page of its own.
ACTIONS = {
    Action.APPROVE: gettext_lazy("Approve"),
    Action.DISMISS: gettext_lazy("Dismiss the reports"),
    Action.HIDE: gettext_lazy("Hide"),
    Action.DELETE: gettext_lazy("Delete…"),
}


class QueueForm(forms.Form):
    """What to do with the chosen comments, and why."""

    do = forms.CharField()
    reason = LineFormField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"list": "reasons", "autocomplete": "off"}),
        help_text=gettext_lazy("Needed for hiding. Kept with the comment, for the staff only."),
    )

    def clean(self):
        """Take the action and the comments from the button, or from the ticked boxes."""
        action, _colon, number = self.cleaned_data.get("do", "").partition(":")
        numbers = [number] if number else self.data.getlist("comment")
        self.numbers = list(filter(is_key, numbers[:MAX_AT_ONCE]))
        if action not in ACTIONS:
            raise forms.ValidationError(_("Choose what is to be done."))
        self.action = Action(action)
        if not self.numbers:
            raise forms.ValidationError(_("Tick the comments that it is to be done to."))
        # A reason that is too long has its own error.
        if self.action == Action.HIDE and self.cleaned_data.get("reason") == "":
            self.add_error("reason", _("Say why the comment is hidden."))


@admin.register(QueuedComment)
class QueueAdmin(StaffModelAdmin):
    """One list of all that moderators have to decide about."""

    permissions = {**READ_ONLY, "view": "comments.moderate_comment"}

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return redirect("admin:comments_comment_change", object_id)

    def changelist_view(self, request, extra_context=None):
        require(request, "comments.moderate_comment")
        if request.method == "POST" and "undo" in request.POST:
            return self._undo(request)
        form = QueueForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            return self._act(request, form)
        return TemplateResponse(request, "admin/comments/queue.html", self._context(request, form))

    def _context(self, request, form):
        waiting = QueuedComment.objects.waiting()
        sort = request.GET.get("sort") if request.GET.get("sort") in SORTS else ""
        page = Paginator(waiting.of_sort(sort).for_queue(), PER_PAGE).get_page(
            request.GET.get("page")
        )
        comments = list(page.object_list)
        writers = writer_counts(comments)
        for comment in comments:
            comment.writer_total, comment.writer_hidden = writers.get(comment.pk, (1, 0))
        chosen = form.numbers if form.is_bound and hasattr(form, "numbers") else []
        return {
            **self.admin_site.each_context(request),
            "title": _("Moderation queue"),
            "opts": self.opts,
            "form": form,
            "comments": comments,
            "chosen": {int(number) for number in chosen},
            "page": page,
            "sort": sort,
            "counts": waiting.sort_counts(),
            "actions": [(action.value, label) for action, label in ACTIONS.items()],
            "reasons": reason_suggestions(),
            "done": done_batch(request),
        }

    def _act(self, request, form):
        if form.action == Action.DELETE:
            return redirect(moderation_address(form.action, form.numbers))
        comments = list(
            QueuedComment.objects.filter(pk__in=form.numbers)
            .select_related("article")
            .order_by("pk")
        )
        reason = form.cleaned_data["reason"]
        events = act(form.action, comments, by=request.user, reason=reason)
        tell_done(request, form.action, len(events), len(form.numbers) - len(events))
        done = str(events[0].batch) if events else ""
        return redirect(queue_address(request.GET.get("sort"), done))

    def _undo(self, request):
        try:
            batch = UUID(request.POST["undo"])
        except ValueError:
            batch = None
        undone, left = undo(batch, by=request.user) if batch else (0, 0)
        text = ngettext("%(n)s comment is as before.", "%(n)s comments are as before.", undone)
        messages.success(request, text % {"n": undone})
        if left:
            text = ngettext(
                "%(n)s has changed since and was left alone.",
                "%(n)s have changed since and were left alone.",
                left,
            )
            messages.warning(request, text % {"n": left})
        return redirect(queue_address(request.GET.get("sort")))


def done_batch(request):
    """Return the batch that may be undone, as the address names it, or ""."""
    try:
        return str(UUID(request.GET.get("done", "")))
    except ValueError:
        return ""


def queue_address(sort="", done=""):
    query = {"sort": sort if sort in SORTS else "", "done": done}
    query = urlencode({name: value for name, value in query.items() if value})
    return reverse("admin:comments_queuedcomment_changelist") + (f"?{query}" if query else "")


def reason_suggestions():
    """Return what comments are usually hidden for, in the words of the comment rules."""
    return [
        _("Advertising"),
        _("The same text again and again"),
        _("Insults or hate"),
        _("Somebody's personal data"),
        _("Violates somebody's rights"),
        _("Pretends to be somebody else"),
    ]
