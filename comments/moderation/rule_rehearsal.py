"""A rule tried on earlier comments: what it would have held, before it may hold any."""

from collections import defaultdict

from django.utils import timezone

from comments.models import Comment
from comments.models.moderation.rule import rehearsal_span

REHEARSED_AT_MOST = 10_000
SAMPLES = 20
ADDRESSES_AT_ONCE = 500

State = Comment.State


class PastHistory:
    """The answers of `StoredHistory` for comments that are walked through, oldest first."""

    def __init__(self, comments):
        self.comment = None
        self.shown = known_before(comments)
        self.by_address, self.by_text = defaultdict(list), defaultdict(list)

    def add(self, comment):
        """Take the comment in, once the rule has been asked about it."""
        self.by_text[comment.text_digest].append(comment.created_at)
        if comment.email_digest:
            self.by_address[comment.email_digest].append(comment.created_at)
            self.shown[comment.email_digest] += comment.state == State.PUBLISHED

    def shown_count(self):
        return self.shown[self.comment.email_digest]

    def same_text_count(self, span):
        return count_since(self.by_text[self.comment.text_digest], self.comment.created_at - span)

    def recent_count(self, span):
        moments = self.by_address[self.comment.email_digest]
        return count_since(moments, self.comment.created_at - span)


def count_since(moments, since):
    """Count the moments not before `since` in an ascending list."""
    count = 0
    for moment in reversed(moments):
        if moment < since:
            break
        count += 1
    return count


def known_before(comments):
    """Return {digest: how many of its comments appeared before the first of `comments`}."""
    counts = defaultdict(int)
    if not comments:
        return counts
    digests = sorted({comment.email_digest for comment in comments if comment.email_digest})
    for start in range(0, len(digests), ADDRESSES_AT_ONCE):
        rows = Comment.objects.filter(
            email_digest__in=digests[start : start + ADDRESSES_AT_ONCE],
            state=State.PUBLISHED,
            created_at__lt=comments[0].created_at,
        ).values_list("email_digest", flat=True)
        for digest in rows:
            counts[digest] += 1
    return counts


def rehearse(rule):
    """Try the rule on the comments of the last 90 days, keep the outcome with it and return it.

    Shape: {"at": ISO moment, "compared": n, "is_cut": bool, "caught": n, "by_state": {state: n},
    "samples": [[pk, reason]], newest first}. At most the newest 10,000 comments are compared.
    """
    found = earlier_comments()
    comments = found[-REHEARSED_AT_MOST:]
    history = PastHistory(comments)
    caught = []
    for comment in comments:
        history.comment = comment
        if reason := rule.reason_for(comment, history):
            caught.append((comment.pk, comment.state, reason))
        history.add(comment)
    states = [state for _pk, state, _reason in caught]
    rule.rehearsal = {
        "at": timezone.now().isoformat(),
        "compared": len(comments),
        "is_cut": len(found) > len(comments),
        "caught": len(caught),
        "by_state": {state: states.count(state) for state in State.values if state in states},
        "samples": [[pk, reason] for pk, _state, reason in reversed(caught[-SAMPLES:])],
    }
    rule.rehearsed_definition = rule.definition
    rule.save(update_fields=["rehearsal", "rehearsed_definition"])
    return rule.rehearsal


def earlier_comments():
    """Return the newest comments of guests within 90 days, oldest first, one more than compared."""
    since = timezone.now() - rehearsal_span()
    newest = (
        Comment.objects.filter(created_at__gte=since, staff=None)
        .exclude(state=State.DELETED)
        .only("name", "body", "state", "created_at", "email_digest", "text_digest")
        .order_by("-created_at", "-pk")[: REHEARSED_AT_MOST + 1]
    )
    return list(newest)[::-1]
