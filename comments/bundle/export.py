"""The threads of the site as lines, in an order that is the same for the same threads."""

from collections.abc import Iterator

from django.conf import settings

from articles.models import Article
from comments.bundle.data import (
    CommentLine,
    EntryAnchor,
    ItemAnchor,
    Outcome,
    Revision,
    ThreadLine,
)
from comments.models import Comment, Thread

AT_ONCE = 500


def threads(articles) -> Iterator[ThreadLine | CommentLine]:
    """Yield the threads of `articles`: a line for each thread, then one for each of its comments.

    Nothing tells who wrote a comment: no address, no digest, no hash. Memory is constant.
    """
    written = articles.filter(comments__isnull=False).distinct().order_by("uid")
    for article in written.values("pk", "uid", "slug", "title").iterator():
        pinned = Comment.objects.filter(
            pk__in=Thread.objects.filter(pk=article["pk"]).values("pinned")
        )
        yield ThreadLine(
            uid=article["uid"],
            path=Article(pk=article["pk"], slug=article["slug"]).get_absolute_url(),
            slug=article["slug"],
            title=article["title"],
            pinned=next(map(id_of, pinned), ""),
        )
        for comment in comments_of(article["pk"]).iterator(chunk_size=AT_ONCE):
            yield comment_line(comment)


def comments_of(article_id):
    """Return an article's comments in the order of writing in each branch, parents first."""
    return (
        Comment.objects.filter(article=article_id)
        .without_pair()
        .defer("body_html", "parent__body", "parent__body_html")
        .select_related(
            "parent",
            "staff",
            "figure_report",
            "ranking_entry__period__ranking",
            "ranking_entry__subject",
            "issue_item__issue",
        )
        .prefetch_related("revisions")
        .order_by("root_number", "reply_number")
    )


def id_of(comment) -> str:
    """Return the id that a comment brought along, or the one that this site gives it."""
    return comment.imported_from or f"{own_source()}:{comment.pk}"


def own_source() -> str:
    # The address of IPv6 in brackets has colons of its own.
    return settings.SITE_HOST.replace(":", "-")


def comment_line(comment) -> CommentLine:
    return CommentLine(
        id=id_of(comment),
        parent=id_of(comment.parent) if comment.parent_id else "",
        created_at=comment.created_at,
        name=comment.name,
        body=comment.body,
        state=comment.state,
        kind=comment.kind,
        edited_at=comment.edited_at,
        version=comment.edit_version,
        answered_version=comment.answered_version,
        about=about(comment),
        outcome=outcome(comment),
        staff=staff_name(comment),
        blocked_until=comment.blocked_until,
        revisions=tuple(
            Revision(each.version, each.written_at, each.name, each.body, each.removed_at)
            for each in comment.revisions.all()
        ),
    )


def about(comment) -> EntryAnchor | ItemAnchor | None:
    if entry := comment.ranking_entry:
        return EntryAnchor(entry.period.ranking.slug, entry.period.as_of, entry.subject.slug)
    if item := comment.issue_item:
        return ItemAnchor(item.issue.month, item.position)
    return None


def outcome(comment) -> Outcome | None:
    if not comment.is_figure_report:
        return None
    report = comment.figure_report
    return Outcome(report.state, report.answer, report.decided_at)


def staff_name(comment) -> str:
    """Return the name of the account, or a word for it where that is an address."""
    if not comment.staff_id:
        return ""
    name = comment.staff.get_username()
    return f"staff-{comment.staff_id}" if "@" in name else name
