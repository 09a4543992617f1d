"""The pages on which a text is submitted for review and answered."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.admin.base import may_publish
from articles.admin.form_fields import RowsField
from articles.admin.model_admin import PermissionMissing, require
from articles.admin.publishing import checks_of, reason_field
from articles.desk import reviews, state_changes
from articles.desk.reviews import NotNowError
from articles.fields import ProseFormField
from articles.models import Article, MonthlyIssue, Review
from articles.models.review import UNPUBLISHED_STATES

Answer = Review.Answer
LINES = {"rows": 3, "class": "vLargeTextField"}


class UserField(RowsField):
    def label_from_instance(self, user):
        # By both: the desk names whoever did something by their account.
        name = user.get_username()
        if full_name := user.get_full_name():
            name = f"{full_name} ({name})"
        return name if user.email else _("%(name)s (no mail address)") % {"name": name}


class SubmitForm(forms.Form):
    reviewers = UserField(
        label=gettext_lazy("Who should look at it?"),
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("Somebody chosen may no longer publish.")},
    )
    group = forms.ModelChoiceField(
        label=gettext_lazy("Or a group"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("No group"),
        help_text=gettext_lazy("Choose nobody, and it waits for whoever may publish."),
    )
    note = ProseFormField(
        label=gettext_lazy("What should they look at?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs=LINES),
    )

    def __init__(self, user, *args):
        super().__init__(*args)
        self.fields["reviewers"].queryset = reviews.may_publish().exclude(pk=user.pk)
        self.fields["group"].queryset = reviews.groups_that_publish()


class AnswerForm(forms.Form):
    """The answer to what `seen` stands for: by which button, says the button's name."""

    seen = forms.CharField(widget=forms.HiddenInput)
    remark = ProseFormField(
        label=gettext_lazy("Remark, or what is to be changed"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs=LINES),
        help_text=gettext_lazy("Who has asked reads it. To return it takes a reason."),
    )

    publishing_reason = reason_field()

    def clean(self):
        super().clean()
        is_missing = "remark" not in self.errors and not self.cleaned_data.get("remark")
        if "return" in self.data and is_missing:
            self.add_error("remark", _("Say what is to be changed."))


def row_to_review(model_admin, request, object_id):
    """Return the stored row, or None where it is gone, which is told in words."""
    row = model_admin.get_object(request, str(object_id))
    if row is None:
        require(request, model_admin.permission_for("view"))
        messages.warning(request, _("It has been deleted meanwhile."))
        return None
    if not model_admin.has_view_permission(request, row):
        raise PermissionMissing(model_admin.permission_for("view"))
    return row


def page(model_admin, name, row):
    return reverse(model_admin.url_name(name), args=[row.pk])


def submit_view(model_admin, request, object_id):
    """Ask who should look at a text, and submit it."""
    require(request, model_admin.permission_for("change"))
    row = row_to_review(model_admin, request, object_id)
    if row is None:
        return redirect(model_admin.url_name("changelist"))
    form = SubmitForm(request.user, *([request.POST] if request.method == "POST" else []))
    try:
        change = reviews.change_to_review(row)
        if form.is_valid():
            review = reviews.ask(row, by=request.user, **form.cleaned_data)
            model_admin.log_change(request, row, _("Submitted for review."))
            tell_who_hears(request, review)
            return redirect(page(model_admin, "waiting" if change else "change", row))
    except NotNowError as refusal:
        if request.method != "POST":
            messages.warning(request, str(refusal))
            return redirect(page(model_admin, "change", row))
        form.add_error(None, str(refusal))
        change = None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Ask for review: %(title)s") % {"title": row},
        "opts": model_admin.opts,
        "object": row,
        "change": change,
        "form": form,
        "is_asked": (review := row.newest_review()) and review.is_open,
        "checks": None if change else checks_of(row),
        "notice": review_notice(model_admin, request, row),
    }
    return TemplateResponse(request, "admin/articles/review/submit.html", context)


def tell_who_hears(request, review):
    """Say whom the mail reaches, and who has no address for it."""
    asked = reviews.reviewers_of(review)
    deaf = [user.get_username() for user in asked if not user.email]
    text = _("Submitted for review.")
    if count := len(asked) - len(deaf):
        text += " " + ngettext(
            "%(count)s person hears of it by mail.", "%(count)s people hear of it by mail.", count
        ) % {"count": count}
    messages.success(request, text)
    if deaf:
        text = _("Without a mail address, they find it on their first page only: %(names)s.")
        messages.warning(request, text % {"names": ", ".join(deaf)})
    elif not asked:
        messages.warning(request, _("Nobody but you may publish: nobody hears of it."))


def review_view(model_admin, request, object_id):
    """Show what is in review; approve it, return it or publish it."""
    row = row_to_review(model_admin, request, object_id)
    if row is None:
        return redirect(model_admin.url_name("changelist"))
    if row.state == "published" and getattr(row, "waiting_change", None):
        return redirect(page(model_admin, "waiting", row))
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if "take_back" in request.POST:
            return _take_back(model_admin, request, row)
        require(request, model_admin.permission_for("change"))
        require(request, reviews.PUBLISH)
        if form.is_valid():
            try:
                return _answered(model_admin, request, row, form)
            except (NotNowError, ValidationError) as refusal:
                texts = getattr(refusal, "messages", [str(refusal)])
                for text in texts:
                    form.add_error(None, text)
                row = type(row).objects.get(pk=row.pk)
                if getattr(row, "trashed_at", None):
                    messages.warning(request, " ".join(texts))
                    return redirect(model_admin.url_name("changelist"))
    review = row.newest_review()
    in_review = row.state == "in_review"
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Review: %(title)s") % {"title": row},
        "opts": model_admin.opts,
        "object": row,
        "form": form,
        "review": review,
        "seen": reviews.state_seen(row, None),
        "notice": review_notice(model_admin, request, row),
        "asked_before": [each for each in row.reviews.all() if each != review][::-1],
        "checks": checks_of(row) if in_review else None,
        "open_remarks": row.remarks.open().count(),
        "may_remark": model_admin.may(request, "change"),
        "may_answer": in_review and may_publish(request) and model_admin.may(request, "change"),
        "may_take_back": in_review and review and _may_take_back(model_admin, request, row),
        "is_own": in_review and reviews.asker_of(row, None) == request.user,
        "is_issue": isinstance(row, MonthlyIssue),
    }
    return TemplateResponse(request, "admin/articles/review/review.html", context)


def _may_take_back(model_admin, request, row):
    review = row.newest_review()
    is_own = review is not None and review.asked_by_id == request.user.pk
    return model_admin.may(request, "change") and (is_own or may_publish(request))


def _take_back(model_admin, request, row):
    if not _may_take_back(model_admin, request, row):
        raise PermissionMissing(reviews.PUBLISH)
    try:
        reviews.take_back(row, by=request.user)
    except NotNowError as refusal:
        messages.warning(request, str(refusal))
    else:
        model_admin.log_change(request, row, _("Taken back from review."))
        messages.success(request, _("It is a draft again."))
    return redirect(page(model_admin, "change", row))


@transaction.atomic
def _answered(model_admin, request, row, form):
    """Do what the button says, and return where that leads."""
    about = {"by": request.user, "remark": form.cleaned_data["remark"]}
    seen = form.cleaned_data["seen"]
    if "publish" in request.POST and isinstance(row, Article):
        stored = reviews.lock(row)
        reviews.change_to_review(stored)
        reviews.check_seen(stored, None, seen)
        reviews.conclude(stored, Answer.PUBLISHED, **about)
        reason = form.cleaned_data["publishing_reason"]
        note = reviews.one_line(about["remark"])
        state_changes.publish(stored, by=request.user, note=note, reason=reason)
        text = _("Published.") if stored.is_public else _("Scheduled.")
    elif "publish" in request.POST:
        raise NotNowError(_("A month is published by its release."))
    elif "return" in request.POST:
        reviews.answer(row, Answer.RETURNED, seen=seen, **about)
        text = _("Returned. Who has asked hears of it.")
    elif "approve" not in request.POST:
        raise NotNowError(_("Choose what is to be done."))
    else:
        reviews.answer(row, Answer.APPROVED, seen=seen, **about)
        text = _("Approved. Who has asked hears of it.")
    model_admin.log_change(request, row, text)
    messages.success(request, text)
    return redirect(page(model_admin, "change", row))


def review_notice(model_admin, request, row):
    """Return what a row's form says of its review, or None where there is nothing to say."""
    review = row.newest_review()
    if review is None and row.state != "in_review":
        return None
    if row.state not in UNPUBLISHED_STATES and not getattr(row, "waiting_change", None):
        return None
    if review and review.answer in {Answer.TAKEN_BACK, Answer.PUBLISHED}:
        if row.state != "in_review":
            return None
        review = None
    changed = reviews.changed_since(row, review) if review else None
    looked_at = review and (review.answered_revision or review.revision)
    return {
        "review": review,
        "asked": reviews.named_in(review) if review else reviews.named_in(None),
        "is_returned": review and review.answer == Answer.RETURNED,
        "is_approved": review and review.answer == Answer.APPROVED,
        "is_scheduled": bool(getattr(getattr(row, "waiting_change", None), "publish_at", None)),
        "address": None if row.state == "published" else page(model_admin, "review", row),
        "may_answer": may_publish(request) and row.state == "in_review",
        "changed": changed
        and "{}?from={}&to={}".format(
            page(model_admin, "revision_compare", row), looked_at.number, changed
        ),
    }
