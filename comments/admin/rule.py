from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from articles.admin.edit_conflicts import EditConflictAdmin
from articles.admin.model_admin import StaffModelAdmin, require
from comments.models import Comment, ModerationRule
from comments.moderation.rule_rehearsal import rehearse


@admin.register(ModerationRule)
class ModerationRuleAdmin(EditConflictAdmin, StaffModelAdmin):
    """Rules that hold comments: written, rehearsed, and only then switched on."""

    list_display = ["name", "kind", "is_active", "rehearsed"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name", "terms"]
    fields = ["name", "kind", "terms", ("count", "minutes")]
    change_form_template = "admin/comments/rule_form.html"

    class Media:
        css = {"all": ["manage/comments.css"]}

    @admin.display(description=gettext_lazy("rehearsal"))
    def rehearsed(self, rule):
        if not (rule.is_rehearsed and rule.rehearsal):
            return _("not yet")
        return _("%(caught)s of %(compared)s") % rule.rehearsal

    def save_model(self, request, obj, form, change):
        obj.store()

    def get_urls(self):
        operate = path(
            "<key:rule_id>/<str:operation>/",
            self.admin_site.admin_view(require_POST(self.operate_view)),
            name="comments_moderationrule_operate",
        )
        return [*super().get_urls()[:-1], operate, super().get_urls()[-1]]

    def operate_view(self, request, rule_id, operation):
        """Rehearse the rule, or switch it on or off; the admin's history keeps who did it."""
        require(request, self.permission_for("change"))
        rule = ModerationRule.objects.filter(pk=rule_id).first()
        operations = {"rehearse": rehearse, "on": ModerationRule.switch_on}
        operations["off"] = ModerationRule.switch_off
        if rule is None or operation not in operations:
            raise Http404
        done = {
            "rehearse": _("The rule has been rehearsed."),
            "on": _("The rule is on."),
            "off": _("The rule is off."),
        }[operation]
        try:
            operations[operation](rule)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, done)
            self.log_change(request, rule, done)
        return redirect("admin:comments_moderationrule_change", rule.pk)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        rule = self.get_object(request, object_id)
        context = {"outcome": outcome(rule) if rule and rule.is_rehearsed else None}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))


def outcome(rule):
    """Return what the rehearsal found, with the comments of its samples as they are now."""
    if not rule.rehearsal:
        return None
    samples = rule.rehearsal["samples"]
    comments = Comment.objects.only("body", "name", "state", "created_at").in_bulk(
        [pk for pk, _reason in samples]
    )
    labels = dict(Comment.State.choices)
    by_state = rule.rehearsal["by_state"]
    return {
        **rule.rehearsal,
        "moment": parse_datetime(rule.rehearsal["at"]),
        "states": [(labels.get(state, state), count) for state, count in by_state.items()],
        "comments": [(comments[pk], reason) for pk, reason in samples if pk in comments],
    }
