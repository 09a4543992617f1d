from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from comments.models.comment import Comment, CommentQuerySet
from comments.models.moderation.report import Report
from comments.models.moderation.takedown import Takedown

State = Comment.State


class QueueQuerySet(CommentQuerySet):
    def waiting(self):
        """Keep what a moderator has to decide about: held, reported, or asked to be taken down.

        A report of a wrong figure that is held is none of theirs: the data stewards' list has it.
        """
        # The data stewards decide about wrong figures, and let those that wait appear.
        held = (
            Comment.objects.filter(state=State.HELD, kind=Comment.Kind.COMMENT)
            .order_by()
            .values("pk")
        )
        reported = Report.objects.open().order_by().values("comment")
        takedowns = Takedown.objects.to_look_at().order_by().values("comment")
        waiting = self.filter(pk__in=held.union(reported, takedowns)).exclude(state=State.DELETED)
        # Out of sight until then: nothing is to be done before.
        waiting = waiting.exclude(blocked_until__gt=Now())
        return waiting.annotate(
            is_reported=Exists(Report.objects.open().filter(comment=OuterRef("pk"))),
            is_asked_down=Exists(Takedown.objects.to_look_at().filter(comment=OuterRef("pk"))),
        )

    def of_sort(self, sort):
        """Keep one sort of what waits: "held", "reported" or "takedown"; all for another word."""
        conditions = {
            "held": Q(state=State.HELD),
            "reported": Q(is_reported=True),
            "takedown": Q(is_asked_down=True),
        }
        return self.filter(conditions.get(sort, Q()))

    def sort_counts(self):
        return self.aggregate(
            all=Count("pk"),
            held=Count("pk", filter=Q(state=State.HELD)),
            reported=Count("pk", filter=Q(is_reported=True)),
            takedown=Count("pk", filter=Q(is_asked_down=True)),
        )

    def for_queue(self):
        """Load what the queue shows, the most pressing first: takedowns, reports, then held."""
        return (
            self.with_block()
            .select_related("article", "parent")
            .defer("article__body", "article__body_html", "body_html", "password")
            .defer("parent__body_html", "parent__email_digest", "parent__password")
            .prefetch_related("reports", "takedowns", "moderation_events__moderator")
            .order_by(F("is_asked_down").desc(), F("is_reported").desc(), "created_at", "pk")
        )


class QueuedComment(Comment):
    """A comment as the moderators' queue shows it."""

    objects = QueueQuerySet.as_manager()

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("comment to decide about")
        verbose_name_plural = _("moderation queue")

    @property
    def open_reports(self):
        return [report for report in self.reports.all() if report.closed_by_id is None]

    @property
    def open_takedowns(self):
        return [takedown for takedown in self.takedowns.all() if takedown.is_open]

    @property
    def ended_blocks(self):
        return [each for each in self.takedowns.all() if each.state == Takedown.State.ENDED]

    @property
    def notes(self):
        return [event for event in self.moderation_events.all() if event.is_note]


def writer_counts(comments):
    """Return {pk: (comments, hidden ones)} of each one's writer, itself among them.

    Counted by the address's digest, which is shown to nobody.
    """
    digests = {comment.email_digest for comment in comments} - {""}
    rows = (
        Comment.objects.filter(email_digest__in=digests)
        .values("email_digest")
        .annotate(total=Count("pk"), hidden=Count("pk", filter=Q(state=State.HIDDEN)))
        .values_list("email_digest", "total", "hidden")
        .order_by()
    )
    counts = {digest: (total, hidden) for digest, total, hidden in rows}
    return {
        comment.pk: counts[comment.email_digest]
        for comment in comments
        if comment.email_digest in counts
    }
