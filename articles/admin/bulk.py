"""What is done to several articles at once: first said for each of them, then done to each alone.

Each act says of an article what it will change, or why it cannot; what it has changed is a revision
of its own, so each can be taken back by itself.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.admin.base import may_publish, tell_taken_off
from articles.admin.form_fields import RowsField
from articles.admin.next_step import moment
from articles.admin.review.views import SubmitForm
from articles.desk import publishing, reviews, state_changes
from articles.desk.reviews import NotNowError
from articles.desk.revisions import record, record_found
from articles.models import MonthlyIssue, Tag, recheck_releases
from articles.models.review import UNPUBLISHED_STATES

MOST_AT_ONCE = 100


class NotThisError(Exception):
    """Says in words why an article stays as it is."""


class Act:
    """One thing that is done to each of the chosen articles."""

    # What the page asks beside the articles.
    form_class = forms.Form

    def __init__(self, request):
        self.request = request

    def form(self, *data):
        return self.form_class(*data)

    def plan(self, article, asked=None):
        """Return what it will change; `asked` is what the form says, once it is filled in.

        Raises NotThisError.
        """
        raise NotImplementedError

    def do(self, article, asked):
        """Do it to a locked article; raises NotThisError, NotNowError or ValidationError."""
        raise NotImplementedError

    def require_change(self, article):
        """Raise NotThisError where a save by who asks would have to wait for review."""
        if article.state not in UNPUBLISHED_STATES and not may_publish(self.request):
            raise NotThisError(_("It has been published: only publishers change it here."))


class Submit(Act):
    title = gettext_lazy("Ask for review of the chosen articles")
    button = gettext_lazy("Ask for review")

    def form(self, *data):
        return SubmitForm(self.request.user, *data)

    def plan(self, article, asked=None):
        if article.state != "draft":
            raise NotThisError(_("It is no draft."))
        return _("It is submitted.")

    def do(self, article, asked):
        reviews.ask(article, by=self.request.user, **asked)


class Publish(Act):
    title = gettext_lazy("Publish the chosen articles")
    button = gettext_lazy("Publish")

    def plan(self, article, asked=None):
        if article.state == "published":
            raise NotThisError(_("It is public already, or has its moment."))
        if errors := publishing.errors_of(article):
            raise NotThisError(publishing.sentences(errors))
        if article.published_at is None:
            return _("Readers see it from now on.")
        when = {"when": moment(article.published_at)}
        if article.published_at > timezone.now():
            return _("Readers see it from %(when)s on.") % when
        return _("Readers see it from now on, with the date %(when)s.") % when

    def do(self, article, asked):
        state_changes.publish(article, by=self.request.user)


class Withdraw(Act):
    title = gettext_lazy("Withdraw the chosen articles")
    button = gettext_lazy("Withdraw")

    def plan(self, article, asked=None):
        if article.state != "published":
            raise NotThisError(_("It is not published."))
        return _("Readers do not find it any more.")

    def do(self, article, asked):
        tell_taken_off(self.request, state_changes.withdraw(article, by=self.request.user))


class TagForm(forms.Form):
    tags = RowsField(
        label=gettext_lazy("tags"),
        queryset=Tag.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
    )
    do = forms.ChoiceField(
        label=gettext_lazy("What should be done with them?"),
        choices=[("add", gettext_lazy("Put them on")), ("remove", gettext_lazy("Take them off"))],
        initial="add",
        widget=forms.RadioSelect,
    )


class PutTags(Act):
    title = gettext_lazy("Put tags on the chosen articles, or take them off")
    button = gettext_lazy("Change the tags")
    form_class = TagForm

    def plan(self, article, asked=None):
        self.require_change(article)
        names = ", ".join(tag.name for tag in article.tags.all()) or _("none")
        return _("Tags now: %(names)s") % {"names": names}

    def do(self, article, asked):
        now = {tag.pk for tag in article.tags.all()}
        chosen = {tag.pk for tag in asked["tags"]}
        then = now | chosen if asked["do"] == "add" else now - chosen
        if then == now:
            raise NotThisError(_("It is so already."))
        record_found(article)
        article.tags.set(then)
        article.store()
        record(article, by=self.request.user, note=str(self.button))


class MonthForm(forms.Form):
    month = forms.ModelChoiceField(
        label=gettext_lazy("monthly issue"),
        queryset=MonthlyIssue.objects.order_by("-month"),
        required=False,
        empty_label=gettext_lazy("No month"),
    )


class MoveToMonth(Act):
    title = gettext_lazy("Move the chosen articles to a month")
    button = gettext_lazy("Move")
    form_class = MonthForm

    def plan(self, article, asked=None):
        self.require_change(article)
        month = article.monthly_issue or _("no month")
        return _("Its month now: %(month)s") % {"month": month}

    def do(self, article, asked):
        if article.monthly_issue == asked["month"]:
            raise NotThisError(_("It is so already."))
        record_found(article)
        article.monthly_issue = asked["month"]
        article.store()
        tell_taken_off(self.request, recheck_releases(article))
        article.refresh_from_db()
        record(article, by=self.request.user, note=str(self.title))


def act_on(act_class, model_admin, request, queryset, action):
    """Say what an act changes of each chosen article; once it is agreed to, do it to each."""
    act = act_class(request)
    chosen = list(queryset[: MOST_AT_ONCE + 1])
    if len(chosen) > MOST_AT_ONCE:
        text = _("At most %(count)s at once: choose fewer.") % {"count": MOST_AT_ONCE}
        messages.warning(request, text)
        return None
    form = act.form(*([request.POST] if "agree" in request.POST else []))
    if form.is_valid():
        perform(act, model_admin, request, chosen, form.cleaned_data)
        return None
    rows = [(article, *planned(act, article)) for article in chosen]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": act.title,
        "opts": model_admin.opts,
        "rows": rows,
        "count": sum(1 for _article, _text, is_possible in rows if is_possible),
        "form": form,
        "button": act.button,
        "action": action,
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "list_address": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/articles/article/bulk.html", context)


def planned(act, article):
    try:
        return act.plan(article), True
    except NotThisError as reason:
        return str(reason), False


def perform(act, model_admin, request, chosen, asked):
    """Do it to each by itself, and say to how many, and which stayed as they were and why."""
    done = 0
    for article in chosen:
        try:
            with transaction.atomic():
                locked = reviews.lock(article)
                act.plan(locked, asked)
                act.do(locked, asked)
                model_admin.log_change(request, locked, str(act.title))
        except (NotThisError, NotNowError, ValidationError) as reason:
            text = " ".join(getattr(reason, "messages", [str(reason)]))
            messages.warning(request, f"{article}: {text}")
        else:
            done += 1
    if done:
        text = ngettext(
            "Done for %(count)s article. What it said before is among what was saved.",
            "Done for %(count)s articles. What they said before is among what was saved.",
            done,
        )
        messages.success(request, text % {"count": done})


class BulkAdmin:
    """Offers the acts in the list of articles."""

    actions = ["submit_chosen", "publish_chosen", "withdraw_chosen", "tag_chosen", "move_chosen"]

    def has_publish_permission(self, request):
        return may_publish(request) and self.may(request, "change")

    @admin.action(description=Submit.button, permissions=["change"])
    def submit_chosen(self, request, queryset):
        return act_on(Submit, self, request, queryset, "submit_chosen")

    @admin.action(description=Publish.button, permissions=["publish"])
    def publish_chosen(self, request, queryset):
        return act_on(Publish, self, request, queryset, "publish_chosen")

    @admin.action(description=Withdraw.button, permissions=["publish"])
    def withdraw_chosen(self, request, queryset):
        return act_on(Withdraw, self, request, queryset, "withdraw_chosen")

    @admin.action(description=PutTags.button, permissions=["change"])
    def tag_chosen(self, request, queryset):
        return act_on(PutTags, self, request, queryset, "tag_chosen")

    @admin.action(description=gettext_lazy("Move to a month"), permissions=["change"])
    def move_chosen(self, request, queryset):
        return act_on(MoveToMonth, self, request, queryset, "move_chosen")
