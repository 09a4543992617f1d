"""Mails of the staff's reviews: who is asked hears of it, then whoever had asked."""

from contextlib import suppress

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from articles.desk.reviews import reviewers_of
from articles.models import Review
from comments.models import Outbox

REVIEWS_AT_ONCE = 100


def gather_reviews():
    """Queue the mails of the reviews of which nobody has been told yet."""
    untold = Review.objects.filter(is_untold=True)
    for pk in list(untold.order_by("pk").values_list("pk", flat=True)[:REVIEWS_AT_ONCE]):
        with transaction.atomic():
            # Asked again under a lock: another worker may be at it.
            review = untold.select_for_update(skip_locked=True).filter(pk=pk).first()
            if review:
                _queue(review)
                Review.objects.filter(pk=pk).update(is_untold=False)


def _queue(review):
    context = {"path": _path(review), "answer": review.answer}
    if review.answer:
        kind, people = Outbox.Kind.REVIEW_ANSWERED, [review.asked_by]
    else:
        kind, people = Outbox.Kind.REVIEW_ASKED, reviewers_of(review)
    for user in people:
        if user and user.is_active and user.is_staff:
            # Without an address they find it on their first page.
            with suppress(ValidationError):
                Outbox.queue(kind, user.email, context=context)


def _path(review):
    """Return the address of the page on which the review goes on."""
    if review.of_change and hasattr(review.article, "waiting_change"):
        page = "waiting"
    else:
        page = "change" if review.answer else "review"
    return reverse(f"admin:articles_{review.row._meta.model_name}_{page}", args=[review.row.pk])
