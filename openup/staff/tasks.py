"""What waits for somebody of the staff: each with how many, and where it is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from articles.admin.rankings.proposals import grid_address
from articles.desk.trash import own_drafts
from articles.models import (
    Article,
    FigureProposal,
    MonthlyIssue,
    Ranking,
    RankingCorrection,
    Release,
    Remark,
    Review,
    WaitingChange,
    WorkingCopy,
)
from comments.models import FigureReport, Outbox, QueuedComment, Takedown

MOST_COPIES = 5
MOST_REVIEWS = 10
MOST_RELEASES = 3
NEW_CORRECTION_DAYS = 7
DAYS_DECLINED = 14
LONGEST_REASON = 120


@dataclass(frozen=True)
class Task:
    """`count` is None for what is one thing alone."""

    label: str
    address: str
    count: int | None = None


def tasks_of(request: HttpRequest) -> list[Task]:
    """Return what waits for whoever asks, and nothing that they may not do."""
    kinds = [
        _own_copies,
        _reviews,
        _remarks,
        _articles,
        _waiting_changes,
        _releases,
        _comments,
        _corrections,
        _figures,
        _mails,
    ]
    tasks = [task for kind in kinds for task in kind(request)]
    return [task for task in tasks if task.count != 0]


def _list(model: Any, **chosen: Any) -> str:
    query = "&".join(f"{name}={value}" for name, value in chosen.items())
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{query}" if query else address


def _may(request: HttpRequest, action: str, model: Any) -> bool:
    model_admin = admin.site.get_model_admin(model)
    return bool(getattr(model_admin, f"has_{action}_permission")(request))


def _own_copies(request: HttpRequest) -> Iterator[Task]:
    copies = WorkingCopy.objects.filter(user=request.user).defer("data")
    for copy in copies[:MOST_COPIES]:
        name, _dash, key = copy.form.partition("-")
        try:
            model = apps.get_model("articles", name)
            row = None if key.startswith("new-") else model._default_manager.get(pk=key)
            page = f"admin:articles_{name}_"
            address = reverse(f"{page}change", args=[key]) if row else reverse(f"{page}add")
        except (LookupError, NoReverseMatch, ObjectDoesNotExist):
            continue
        when = date_format(localtime(copy.saved_at), "m.d H:i")
        what = row or _("new: %(kind)s") % {"kind": model._meta.verbose_name}
        yield Task(_("Not saved yet: %(what)s (%(when)s)") % {"what": what, "when": when}, address)


def _reviews(request: HttpRequest) -> Iterator[Task]:
    """Say what was returned to whoever asks, why, and what they are asked to look at."""
    for review in Review.objects.returned_to(request.user).with_rows()[:MOST_REVIEWS]:
        if _may(request, "change", type(review.row)):
            page = "waiting" if review.of_change else "change"
            label = _("Returned: %(title)s (%(who)s: %(reason)s)")
            yield Task(label % _named(review), _page(review.row, page))
    if not request.user.has_perm("articles.publish_article"):
        return
    for review in Review.objects.waiting().asked_of(request.user).with_rows()[:MOST_REVIEWS]:
        page = "waiting" if review.of_change else "review"
        yield Task(
            _("Asked of me: %(title)s (%(asker)s)") % _named(review), _page(review.row, page)
        )
    months = MonthlyIssue.objects.filter(state=MonthlyIssue.State.IN_REVIEW).count()
    yield Task(_("Months to review"), _list(MonthlyIssue, state="in_review"), months)


def _named(review: Review) -> dict[str, str]:
    reason = Truncator(review.remark).chars(LONGEST_REASON)
    who, asker = review.answered_by_name, review.asked_by_name
    return {"title": str(review.row), "who": who, "asker": asker, "reason": reason}


def _page(row: Any, page: str) -> str:
    return reverse(f"admin:articles_{row._meta.model_name}_{page}", args=[row.pk])


def _remarks(request: HttpRequest) -> Iterator[Task]:
    if _may(request, "change", Article):
        count = Remark.objects.for_writer(request.user).count()
        yield Task(_("Remarks on what I wrote"), reverse("my_remarks"), count)


def _articles(request: HttpRequest) -> Iterator[Task]:
    articles, states = Article.objects.outside_trash(), Article.State
    if not _may(request, "change", Article):
        return
    drafts = own_drafts(request.user).outside_trash().filter(state=states.DRAFT)
    yield Task(_("My drafts"), _list(Article, state="draft"), drafts.count())
    if request.user.has_perm("articles.publish_article"):
        in_review = articles.filter(state=states.IN_REVIEW).count()
        where = _list(Article, state="in_review")
        yield Task(_("Articles to review"), where, in_review)
        coming = articles.filter(state=states.PUBLISHED, published_at__gt=Now()).count()
        where = _list(Article, state="scheduled")
        yield Task(_("Articles with a moment to come"), where, coming)


def _waiting_changes(request: HttpRequest) -> Iterator[Task]:
    if not _may(request, "change", Article):
        return
    changes = WaitingChange.objects.filter(article__trashed_at=None)
    if request.user.has_perm("articles.publish_article"):
        waiting = changes.for_review().count()
        yield Task(_("Changes to review"), _list(Article, waiting="review"), waiting)
        coming = changes.scheduled().count()
        yield Task(_("Changes with a moment to come"), _list(Article, waiting="scheduled"), coming)
    stopped = changes.stopped().count()
    yield Task(_("Changes that stopped"), _list(Article, waiting="stopped"), stopped)


def _releases(request: HttpRequest) -> Iterator[Task]:
    """Say which months have their moment, which were taken off it, and what is on its way."""
    if not request.user.has_perm("articles.publish_article"):
        return
    releases = Release.objects.select_related("issue")
    stopped = releases.filter(publish_at=None).exclude(stopped_because="")
    for release in stopped[:MOST_RELEASES]:
        reason = Truncator(release.stopped_because).chars(LONGEST_REASON)
        told = {"month": _month(release.issue), "reason": reason}
        label = _("Taken off the schedule: %(month)s (%(reason)s)") % told
        yield Task(label, _page(release.issue, "release"))
    for release in releases.scheduled().order_by("publish_at")[:MOST_RELEASES]:
        moment = date_format(localtime(release.publish_at), "DATETIME_FORMAT")
        told = {"month": _month(release.issue), "moment": moment}
        yield Task(_("Goes live: %(month)s, %(moment)s") % told, _page(release.issue, "release"))
    yield from _month_on_its_way()


def _month_on_its_way() -> Iterator[Task]:
    """Say what the newest month that is neither public nor scheduled still lacks."""
    off_schedule = Q(release=None) | Q(release__publish_at=None)
    unseen = ~Q(state=MonthlyIssue.State.PUBLISHED) | Q(published_at__gt=Now())
    issue = MonthlyIssue.objects.filter(off_schedule, unseen).order_by("-month").first()
    if issue is None:
        return
    articles = issue.articles.outside_trash()
    unready = articles.exclude(state__in=[Article.State.PUBLISHED, Article.State.WITHDRAWN])
    told = {"month": _month(issue), "count": unready.count(), "all": articles.count()}
    label = _("In preparation: %(month)s (%(count)s of %(all)s articles not ready)") % told
    yield Task(label, _page(issue, "release"))


def _month(issue: MonthlyIssue) -> str:
    return date_format(issue.month, "YEAR_MONTH_FORMAT")


def _comments(request: HttpRequest) -> Iterator[Task]:
    if _may(request, "view", QueuedComment):
        waiting = QueuedComment.objects.waiting().count()
        yield Task(_("Comments to decide about"), _list(QueuedComment), waiting)
    if _may(request, "view", Takedown):
        state = Takedown.State.REQUESTED
        asked = Takedown.objects.filter(state=state).count()
        yield Task(_("Takedowns asked for"), _list(Takedown, state__exact=state), asked)
        yield from _blocked()
    if _may(request, "change", FigureReport):
        state = FigureReport.State.OPEN
        reported = FigureReport.objects.in_queue().filter(state=state).count()
        where = _list(FigureReport, state__exact=state)
        yield Task(_("Figures reported as wrong"), where, reported)


def _blocked() -> Iterator[Task]:
    """Say how many comments are out of sight for a time, and when the first comes back."""
    blocked = Takedown.objects.filter(state=Takedown.State.BLOCKED, blocked_until__gt=Now())
    first = blocked.order_by("blocked_until").first()
    if first:
        day = date_format(localtime(first.blocked_until), "DATE_FORMAT")
        where = _list(Takedown, state__exact=Takedown.State.BLOCKED)
        label = _("Out of sight for a time, the first until %(day)s") % {"day": day}
        yield Task(label, where, blocked.count())


def _corrections(request: HttpRequest) -> Iterator[Task]:
    if _may(request, "view", RankingCorrection):
        since = timezone.now() - timedelta(days=NEW_CORRECTION_DAYS)
        new = RankingCorrection.objects.filter(created_at__gt=since).count()
        label = _("Figures corrected in the last %(days)d days") % {"days": NEW_CORRECTION_DAYS}
        yield Task(label, _list(RankingCorrection), new)


def _figures(request: HttpRequest) -> Iterator[Task]:
    """Say which figures are proposed, and whoever proposed some what was not accepted of late."""
    if _may(request, "change", Ranking):
        for proposal in FigureProposal.objects.open().select_related("ranking")[:MOST_REVIEWS]:
            about = {"title": proposal.ranking, "who": proposal.proposed_by_name}
            yield Task(_("Proposed figures: %(title)s (%(who)s)") % about, grid_address(proposal))
        return
    lately = Now() - timedelta(days=DAYS_DECLINED)
    declined = FigureProposal.objects.filter(
        state=FigureProposal.State.DECLINED, proposed_by=request.user, decided_at__gt=lately
    )
    if _may(request, "view", Ranking):
        for proposal in declined.select_related("ranking")[:MOST_REVIEWS]:
            about = {"title": proposal.ranking, "reason": proposal.answer}
            label = _("Figures not accepted: %(title)s (%(reason)s)") % about
            yield Task(label, _page(proposal.ranking, "change"))


def _mails(request: HttpRequest) -> Iterator[Task]:
    if request.user.is_superuser:
        given_up = Outbox.objects.filter(outcome=Outbox.Outcome.FAILED).count()
        yield Task(_("Mails given up (see the log)"), reverse("admin:index"), given_up)
