"""The page of what waits for an article: looked at, approved for now or a moment, sent back."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.base import may_publish
from articles.admin.form_fields import MomentWidget, PlausibleMomentField
from articles.admin.model_admin import PermissionMissing, require
from articles.admin.publishing import checks_of, reason_field
from articles.admin.review.views import review_notice
from articles.admin.revision_views import compared, newest_number, object_to_view
from articles.admin.waiting.admin import article_page, publish_now
from articles.bundle.data import LoadError
from articles.desk import reviews, waiting_changes
from articles.desk.revisions import DamagedRevisionError, data_of
from articles.fields import LineFormField
from articles.models import Article, Review


class WaitingForm(forms.Form):
    """What is decided about the revision that the page showed: by which button, says `decision`."""

    seen = forms.CharField(widget=forms.HiddenInput)
    publish_at = PlausibleMomentField(
        label=gettext_lazy("replaces the public text at"),
        required=False,
        widget=MomentWidget,
    )
    answer = LineFormField(
        label=gettext_lazy("What is to be changed?"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )

    publishing_reason = reason_field()

    def __init__(self, change, *args):
        initial = {"seen": change.revision.number, "publish_at": change.publish_at}
        super().__init__(*args, initial=initial)
        self.change = change

    def clean(self):
        super().clean()
        if self.cleaned_data.get("seen") != str(self.change.revision.number):
            self.data = {**self.data.dict(), "seen": self.change.revision.number}
            raise ValidationError(_("Another change waits meanwhile: look at it first."))
        needed = {"schedule": "publish_at", "send_back": "answer"}
        for decision, name in needed.items():
            is_missing = name not in self.errors and not self.cleaned_data.get(name)
            if decision in self.data and is_missing:
                self.add_error(name, self.fields[name].error_messages["required"])


def waiting_view(model_admin, request, article_id):
    article = object_to_view(model_admin, request, article_id)
    with transaction.atomic():
        change = waiting_changes.lock(article.pk) if request.method == "POST" else None
        change = change or waiting_changes.of(article)
        if change is None:
            messages.info(request, _("No change waits."))
            return redirect(article_page(article, "change"))
        form = WaitingForm(change, *([request.POST] if request.method == "POST" else []))
        if form.is_valid() and (page := decided(model_admin, request, change, form)):
            return redirect(article_page(article, page))
    change = waiting_changes.of(article)
    found, unreadable = differences_of(change)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("What waits: %(title)s") % {"title": article},
        "opts": model_admin.opts,
        "object": article,
        "change": change,
        "obstacles": unreadable or waiting_changes.obstacles(change),
        "checks": None if unreadable else checks_of_waiting(change),
        "newest": newest_number(article),
        "found": found,
        "form": form,
        "media": form.media,
        "may_publish": may_publish(request) and model_admin.may(request, "change"),
        "may_propose": model_admin.may_propose(request, article),
        "notice": review_notice(model_admin, request, article),
        "may_drop": may_drop(model_admin, request, change),
    }
    return TemplateResponse(request, "admin/articles/article/waiting.html", context)


def differences_of(change):
    """Return what the change alters in the text that it was written upon, or why none can say."""
    try:
        return compared(Article, data_of(change.replaces), data_of(change.revision)), []
    except DamagedRevisionError as error:
        return [], [error.message]


def checks_of_waiting(change):
    """Return what the checks find in the article as it would be, or None where none can say."""
    try:
        with waiting_changes.rows_saying(waiting_changes.fitted(change)):
            return checks_of(Article.objects.get(pk=change.article_id), change.publish_at)
    except LoadError:
        return None


def may_drop(model_admin, request, change):
    is_own = change.revision.author == request.user
    return model_admin.may(request, "change") and (is_own or may_publish(request))


def decided(model_admin, request, change, form):
    """Do what a button of the page says, and return the page that follows, or None."""
    if "drop" in request.POST:
        if not may_drop(model_admin, request, change):
            raise PermissionMissing("articles.publish_article")
        return drop(model_admin, request, change)
    require(request, model_admin.permission_for("change"))
    require(request, "articles.publish_article")
    for name, decide in DECISIONS.items():
        if name in request.POST:
            return decide(model_admin, request, change, form)
    return None


def drop(model_admin, request, change):
    number = {"number": change.revision.number}
    change.delete()
    taken_back = Review.Answer.TAKEN_BACK
    Review.objects.settle(change.article, by=request.user, answer=taken_back)
    model_admin.log_change(request, change.article, _("Dropped revision %(number)s.") % number)
    text = _("The change has been dropped. It stays among what was saved: revision %(number)s.")
    messages.success(request, text % number)
    return "change"


def publish(model_admin, request, change, form):
    # Whoever had set its moment has no part in this; where it is refused, the moment stays.
    change.publish_at, change.approved_by = None, None
    reason = form.cleaned_data["publishing_reason"]
    return publish_now(model_admin, request, change, reason)


def schedule(model_admin, request, change, form):
    try:
        moment, reason = form.cleaned_data["publish_at"], form.cleaned_data["publishing_reason"]
        waiting_changes.schedule(change, moment, by=request.user, reason=reason)
    except ValidationError as error:
        form.add_error("publish_at", error.messages)
    except LoadError as error:
        form.add_error(None, error.message)
    else:
        reviews.conclude(change.article, Review.Answer.APPROVED, by=request.user)
        model_admin.log_change(request, change.article, change.status)
        messages.success(request, change.status)
        return "waiting"
    return None


def take_off(model_admin, request, change, form):
    change.stop("")
    text = _("The change has no moment any more, and waits.")
    model_admin.log_change(request, change.article, text)
    messages.success(request, text)
    return "waiting"


def send_back(model_admin, request, change, form):
    change.stop(form.cleaned_data["answer"])
    about = {"by": request.user, "remark": form.cleaned_data["answer"]}
    reviews.conclude(change.article, Review.Answer.RETURNED, **about)
    model_admin.log_change(request, change.article, change.status)
    messages.success(request, _("Returned. Who has asked hears of it."))
    return "waiting"


DECISIONS = {
    "publish": publish,
    "schedule": schedule,
    "take_off": take_off,
    "send_back": send_back,
}
