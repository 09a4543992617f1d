"""The page that sets one moment on a month's articles, figures and issue."""

from functools import partial

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.edit_conflicts import EditConflictMixin, StoredValue
from articles.admin.form_fields import MomentWidget, PlausibleMomentField
from articles.admin.model_admin import require
from articles.admin.publishing import reason_field
from articles.admin.state_badge import badge
from articles.desk.reviews import who_acts
from articles.desk.revisions import record, record_found
from articles.models import Article, MonthlyIssue, RankingPeriod, Release, Revision


class ReleaseForm(EditConflictMixin, forms.Form):
    publish_at = PlausibleMomentField(
        label=gettext_lazy("goes live at"),
        required=False,
        widget=MomentWidget,
        help_text=gettext_lazy("Left empty, everything goes live now."),
    )

    publishing_reason = reason_field()

    def __init__(self, release, *args):
        super().__init__(*args, initial={"publish_at": release.publish_at})
        self.release = release

    def stored_values(self):
        label, moment = self.fields["publish_at"].label, self.release.publish_at
        return {"publish_at": StoredValue(label, moment, partial(shown_moment, moment))}

    def clean(self):
        super().clean()
        self.check_conflict(self.release.issue)


def shown_moment(moment):
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else ""


def release_view(model_admin, request, issue_id):
    """Show what is in a month's release and what is missing; schedule it, or take it off."""
    require(request, "articles.publish_article")
    require(request, model_admin.permission_for("change"))
    issue = get_object_or_404(MonthlyIssue, pk=issue_id)
    release = Release.objects.filter(issue=issue).first() or Release(issue=issue)
    form = ReleaseForm(release)
    if request.method == "POST":
        with transaction.atomic():
            release = _locked(issue)
            form = ReleaseForm(release, request.POST)
            if "take_off" in request.POST or form.is_valid():
                done = _take_off if "take_off" in request.POST else _schedule
                members = _members(release)
                for member in members:
                    record_found(member)
                if text := done(release, form, request.user):
                    for member in members:
                        record(member, Revision.Kind.RELEASED, by=request.user, note=text)
                    model_admin.log_change(request, issue, text)
                    messages.success(request, text)
                    return redirect(request.path)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Release: %(month)s") % {"month": date_format(issue.month, "YEAR_MONTH_FORMAT")},
        "opts": model_admin.opts,
        "issue": issue,
        "release": release,
        "form": form,
        "media": form.media,
        **_contents(release, request.user),
    }
    return TemplateResponse(request, "admin/articles/monthlyissue/release.html", context)


def _locked(issue):
    """Return the release, held with what belongs to it; raises MonthlyIssue.DoesNotExist."""
    Release.objects.get_or_create(issue=issue)
    for release in Release.objects.filter(issue=issue).lock():
        release.hold(issue.articles)
        return release
    raise MonthlyIssue.DoesNotExist


def _members(release):
    """Return what scheduling the release, or taking it off, may change."""
    articles = {*release.articles_to_come()}
    periods = {*release.periods_to_come(articles)}
    if release.pk:
        articles |= {*release.articles.all()}
        periods |= {*release.periods.select_related("ranking")}
    rankings = {period.ranking for period in periods}
    return [release.issue, *sorted([*articles, *rankings], key=lambda member: member.pk)]


def _schedule(release, form, user):
    """Return what was done; None when the form now says why nothing was."""
    try:
        release.schedule(
            form.cleaned_data["publish_at"],
            by=user,
            reason=form.cleaned_data["publishing_reason"],
        )
    except ValidationError as error:
        # The rollback of the savepoint is the database's only.
        release.refresh_from_db()
        form.add_error("publish_at" if hasattr(error, "error_dict") else None, error.messages)
        return None
    if release.is_scheduled:
        when = shown_moment(release.publish_at)
        return _("The release is scheduled: everything goes live at %(when)s.") % {"when": when}
    return _("The release is live.")


def _take_off(release, form, user):
    release.take_off("")
    return _("The release has been taken off the schedule.")


def _contents(release, user):
    """Return the members with what is amiss in each, and what is amiss with the whole."""
    to_come = release.articles_to_come()
    if release.is_scheduled or release.is_live:
        articles = list(release.articles.all())
        periods = list(release.periods.select_related("ranking"))
    else:
        articles, periods = to_come, release.periods_to_come(to_come)
    errors = [] if release.is_live else release.publishing_errors(articles)
    faults = [] if release.is_live else release.faults(articles, periods, errors=errors)
    standing = {
        row: {"badge": badge(row.shown_state), "acting": who_acts(row)}
        for row in Article.objects.with_reviews()
        .select_related("waiting_change")
        .filter(pk__in=[article.pk for article in articles])
    }
    issue = MonthlyIssue.objects.with_reviews().get(pk=release.issue_id)
    members = [
        {
            "member": member,
            **standing.get(member, {}),
            "address": _address(member, user),
            "faults": [text for of, text in faults if of == member],
        }
        for member in [*articles, *periods]
    ]
    return {
        "members": members,
        "issue_badge": badge(issue.shown_state),
        "issue_acting": who_acts(issue),
        "faults": [text for of, text in faults if of is None],
        "is_complete": not faults,
        "may_pass": bool(errors),
        "left_out": [article for article in to_come if article not in articles],
    }


def _address(member, user):
    """Return where a member is mended, or looked at by who may not."""
    if isinstance(member, RankingPeriod):
        page = "grid" if user.has_perm("articles.change_ranking") else "change"
        return reverse(f"admin:articles_ranking_{page}", args=[member.ranking_id])
    return reverse("admin:articles_article_change", args=[member.pk])
