from functools import partial
from typing import NamedTuple

from django import forms
from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from articles.admin.form_fields import is_key
from articles.admin.model_admin import (
    READ_ONLY,
    BoundedPaginator,
    StaffModelAdmin,
    is_too_long,
    require,
)
from articles.content.text import normalise_line
from articles.fields import LineFormField
from articles.search.for_staff import holding
from comments.admin import answer
from comments.models import Comment, ModerationEvent, Thread
from comments.moderation.bulk_actions import STATES, act

# More would hold the threads of busy articles for long.
MAX_AT_ONCE = 100
NEIGHBOURS = 5
REVISIONS_SHOWN = 50
MOMENT_FORMAT = "Y.m.d H:i"

Action = ModerationEvent.Action


class Moderation(NamedTuple):
    """How an action is offered to staff."""

    title: str
    verb: str


MODERATIONS = {
    Action.HIDE: Moderation(gettext_lazy("Hide comments"), gettext_lazy("Hide")),
    Action.RESTORE: Moderation(gettext_lazy("Restore comments"), gettext_lazy("Restore")),
    Action.APPROVE: Moderation(gettext_lazy("Approve comments"), gettext_lazy("Approve")),
    Action.DISMISS: Moderation(
        gettext_lazy("Dismiss the reports of comments"), gettext_lazy("Dismiss the reports")
    ),
    Action.DELETE: Moderation(gettext_lazy("Delete comments for good"), gettext_lazy("Delete")),
}


class ReasonForm(forms.Form):
    reason = LineFormField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"size": 60}),
        help_text=gettext_lazy("Kept with the comment and shown to the staff only."),
    )

    def __init__(self, action, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Approving is what everybody expects; taking away and showing again have to be explained.
        self.fields["reason"].required = action not in {Action.APPROVE, Action.DISMISS}


@admin.register(Comment)
class CommentAdmin(StaffModelAdmin):
    """Comments to read and to moderate; nobody writes in another's name."""

    permissions = READ_ONLY
    linked_lookups = ["article__id__exact"]
    list_display = ["text_start", "state", "author_name", "article", "written", "edited"]
    list_filter = ["state", "created_at", ("edited_at", admin.EmptyFieldListFilter)]
    list_select_related = ["article"]
    paginator = BoundedPaginator
    list_per_page = 50
    # As they came in, which the key's index tells: no index has the moments of all states.
    ordering = ["-pk"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["body", "name"]
    search_help_text = gettext_lazy(
        "Searches texts and names, also of comments that readers do not see. Korean is found within"
        " longer words, other words and numbers as a whole."
    )
    actions = ["hide_selected", "restore_selected", "approve_selected", "delete_chosen"]
    fields = ["state", "author_name", "article", "text", "written", "edited"]

    class Media:
        css = {"all": ["manage/comments.css"]}

    def has_moderate_permission(self, request):
        return request.user.has_perm("comments.moderate_comment")

    def has_view_permission(self, request, obj=None):
        """Show every comment to moderators, and their own to others who answer."""
        is_own = obj is None or obj.staff_id == request.user.pk
        return self.sees_all(request) or (is_own and may_answer(request))

    def sees_all(self, request):
        return self.may(request, "view") or self.has_moderate_permission(request)

    def get_queryset(self, request):
        comments = super().get_queryset(request).defer("body_html", "email_digest", "password")
        return comments if self.sees_all(request) else comments.filter(staff=request.user)

    def get_search_results(self, request, queryset, search_term):
        words = normalise_line(search_term)
        if is_too_long(words):
            return queryset.none(), False
        found = holding(queryset, words) if words else queryset
        return found, False

    def get_urls(self):
        own = {
            "moderate/<str:action>/": ("moderate", self.moderate_view),
            "on/<key:article_id>/": ("write", partial(answer.write_view, model_admin=self)),
            "<key:comment_id>/answer/": ("answer", partial(answer.answer_view, model_admin=self)),
            "<key:comment_id>/edit/": ("edit", partial(answer.edit_view, model_admin=self)),
            "<key:comment_id>/note/": ("note", require_POST(answer.note_view)),
            "<key:comment_id>/pin/": ("pin", require_POST(answer.pin_view)),
            "<key:comment_id>/unpin/": ("unpin", require_POST(answer.unpin_view)),
        }
        return [
            *(
                path(route, self.admin_site.admin_view(view), name=f"comments_comment_{name}")
                for route, (name, view) in own.items()
            ),
            *super().get_urls(),
        ]

    def view_on_site(self, comment):
        if comment.is_visible and comment.article.is_public:
            return comment.get_absolute_url()
        return None

    @admin.display(description=gettext_lazy("text"), ordering="pk")
    def text_start(self, comment):
        return Truncator(normalise_line(comment.body)).chars(60) or _("(deleted)")

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def author_name(self, comment):
        return comment.name or _("Anonymous")

    @admin.display(description=gettext_lazy("written at"), ordering="created_at")
    def written(self, comment):
        return date_format(localtime(comment.created_at), MOMENT_FORMAT)

    @admin.display(description=gettext_lazy("edited at"), ordering="edited_at")
    def edited(self, comment):
        if comment.edited_at is None:
            return "–"
        return date_format(localtime(comment.edited_at), MOMENT_FORMAT)

    @admin.display(description=gettext_lazy("text"))
    def text(self, comment):
        return comment.body or _("(deleted)")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        comment = self.get_object(request, object_id)
        context = {"show_close": True, **(extra_context or {})}
        if comment and self.has_view_permission(request, comment):
            may_moderate = self.has_moderate_permission(request)
            reports = list(comment.reports.all())
            is_reported = any(report.closed_by_id is None for report in reports)
            context |= {
                "title": _("Comment %(number)s") % {"number": comment.pk},
                "subtitle": None,
                "sees_all": self.sees_all(request),
                "events": comment.moderation_events.select_related("moderator"),
                "revisions": comment.revisions.order_by("-version")[:REVISIONS_SHOWN],
                "branch": branch_around(comment),
                "moderations": [
                    (moderation.verb, moderation_address(action, [comment.pk]))
                    for action, moderation in MODERATIONS.items()
                    if comment.state in STATES[action]
                    and may_moderate
                    # Without a report there is nothing to dismiss.
                    and (action != Action.DISMISS or is_reported)
                ],
                "reports": reports,
                "takedowns": comment.takedowns.all(),
                "note_form": answer.NoteForm() if may_moderate else None,
                "may_answer": comment.is_readable and may_answer(request),
                "may_edit": comment.staff_id
                and comment.is_visible
                and request.user.has_perm(answer.permission_to_edit(request, comment)),
                "is_pinned": Thread.objects.filter(pinned=comment).exists(),
            }
        return super().change_view(request, object_id, form_url, context)

    @admin.action(description=MODERATIONS[Action.HIDE].title, permissions=["moderate"])
    def hide_selected(self, request, queryset):
        return self._ask_for_reason(request, queryset, Action.HIDE)

    @admin.action(description=MODERATIONS[Action.RESTORE].title, permissions=["moderate"])
    def restore_selected(self, request, queryset):
        return self._ask_for_reason(request, queryset, Action.RESTORE)

    @admin.action(description=MODERATIONS[Action.APPROVE].title, permissions=["moderate"])
    def approve_selected(self, request, queryset):
        return self._ask_for_reason(request, queryset, Action.APPROVE)

    # Not "delete_selected": that is the name of the admin's own, which wipes rows.
    @admin.action(description=MODERATIONS[Action.DELETE].title, permissions=["moderate"])
    def delete_chosen(self, request, queryset):
        return self._ask_for_reason(request, queryset, Action.DELETE)

    def _ask_for_reason(self, request, queryset, action):
        chosen = list(queryset.order_by("pk").values_list("pk", flat=True)[: MAX_AT_ONCE + 1])
        if len(chosen) > MAX_AT_ONCE:
            text = _("Choose at most %(limit)s comments at once.") % {"limit": MAX_AT_ONCE}
            self.message_user(request, text, messages.ERROR)
            return None
        return redirect(moderation_address(action, chosen))

    def moderate_view(self, request, action):
        """Ask for the reason, then hide, restore or approve the chosen comments."""
        require(request, "comments.moderate_comment")
        if action not in MODERATIONS:
            raise Http404
        moderation = MODERATIONS[Action(action)]
        chosen = self._chosen(request)
        comments = [comment for comment in chosen if comment.state in STATES[action]]
        form = ReasonForm(action, request.POST if request.method == "POST" else None)
        if comments and form.is_valid():
            reason = form.cleaned_data["reason"]
            events = act(Action(action), comments, by=request.user, reason=reason)
            tell_done(request, action, len(events), len(comments) - len(events))
            if len(chosen) == 1:
                return redirect("admin:comments_comment_change", comments[0].pk)
            return redirect("admin:comments_comment_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": moderation.title,
            "opts": self.opts,
            "media": self.media,
            "comments": comments,
            "left_count": len(chosen) - len(comments),
            "verb": moderation.verb,
            "is_for_good": action == Action.DELETE,
            "form": form,
        }
        return TemplateResponse(request, "admin/comments/comment/moderate.html", context)

    def _chosen(self, request):
        numbers = list(filter(is_key, request.GET.getlist("comment")[:MAX_AT_ONCE]))
        return self.get_queryset(request).filter(pk__in=numbers).select_related("article")


def tell_done(request, action, done, left):
    """Say how many comments something was done to, and how many it no longer applied to."""
    texts = {
        Action.HIDE: ngettext("%(n)s comment hidden.", "%(n)s comments hidden.", done),
        Action.RESTORE: ngettext("%(n)s comment restored.", "%(n)s comments restored.", done),
        Action.APPROVE: ngettext("%(n)s comment approved.", "%(n)s comments approved.", done),
        Action.DELETE: ngettext("%(n)s comment deleted.", "%(n)s comments deleted.", done),
        Action.DISMISS: ngettext(
            "The reports of %(n)s comment dismissed.",
            "The reports of %(n)s comments dismissed.",
            done,
        ),
    }
    if done:
        messages.success(request, texts[action] % {"n": done})
    if left:
        text = ngettext(
            "%(n)s comment stays as it is: this does not apply to it.",
            "%(n)s comments stay as they are: this does not apply to them.",
            left,
        )
        messages.warning(request, text % {"n": left})


def may_answer(request):
    return request.user.has_perm("comments.answer_comment")


def moderation_address(action, numbers):
    address = reverse("admin:comments_comment_moderate", args=[str(action)])
    return f"{address}?{urlencode({'comment': numbers}, doseq=True)}"


def branch_around(comment):
    """Return the comments just before it in its branch of the thread, itself, and those after."""
    branch = Comment.objects.filter(
        article=comment.article_id, root_number=comment.root_number
    ).defer("body_html", "email_digest", "password")
    before = branch.filter(path__lt=comment.path).order_by("-path")[:NEIGHBOURS]
    after = branch.filter(path__gt=comment.path).order_by("path")[:NEIGHBOURS]
    return [*reversed(before), comment, *after]
