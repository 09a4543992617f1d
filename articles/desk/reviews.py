"""Asking others to look at a text before readers see it, and their answers.

See docs/decisions/reviews.md.
"""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from articles.desk import waiting_changes
from articles.desk.revisions import record, record_found
from articles.models import Article, Release, Review, Revision, ShownState
from articles.models.review import UNPUBLISHED_STATES

PUBLISH = "articles.publish_article"
LONGEST_NOTE = Revision._meta.get_field("note").max_length

Answer = Review.Answer


class NotNowError(Exception):
    """Says in words why it cannot be asked or answered any more."""


# Who


def may_publish():
    """Return those who may publish, and so may be asked."""
    users = get_user_model().objects.with_perm(PUBLISH, backend=BACKEND)
    return users.filter(is_staff=True).order_by("username")


BACKEND = "django.contrib.auth.backends.ModelBackend"


def groups_that_publish():
    codename = PUBLISH.partition(".")[2]
    return Group.objects.filter(permissions__codename=codename).order_by("name")


def reviewers_of(review):
    """Return those who are asked and can answer now: where nobody named can, all who may."""
    others = may_publish().exclude(pk=review.asked_by_id)
    named = others.filter(Q(pk__in=review.reviewers.all()) | Q(groups=review.group_id)).distinct()
    return named if named.exists() else others


def who_acts(row):
    """Return who has to act next on an article or a month, as words; "" where nobody has."""
    shown, review = row.shown_state, row.newest_review()
    change = getattr(row, "waiting_change", None)
    if shown == ShownState.PUBLISHED and change is None:
        return ""
    if review and review.answer == Answer.RETURNED:
        return review.asked_by_name
    waits = shown == ShownState.IN_REVIEW or (change and not change.publish_at)
    if not waits:
        return ""
    return named_in(review) if review and review.is_open else _("whoever may publish")


def named_in(review):
    """Return whom a review asks, as words; nobody by name where there is none."""
    if review is None:
        return _("whoever may publish")
    names = [
        user.get_username()
        if user.is_active
        else _("%(name)s (account closed)") % {"name": user.get_username()}
        for user in review.reviewers.all()
    ]
    if review.group:
        names.append(_("group %(name)s") % {"name": review.group.name})
    return ", ".join(names) or _("whoever may publish")


# Asking


def lock(row):
    """Return the row, held until the end of the transaction, its releases before it."""
    Release.objects.scheduled().holding(row).lock()
    row = type(row).objects.select_for_update(no_key=True).filter(pk=row.pk).first()
    if row is None or getattr(row, "trashed_at", None):
        raise NotNowError(_("It has been deleted meanwhile."))
    return row


def change_to_review(row):
    """Return the change that waits for a public article, None where the row itself is reviewed.

    Raises NotNowError where readers see it and nothing waits.
    """
    if row.state in UNPUBLISHED_STATES:
        return None
    change = waiting_changes.of(row) if isinstance(row, Article) else None
    if change is None:
        raise NotNowError(_("It has been published or withdrawn: there is nothing to review."))
    return change


def ask(row, *, by, reviewers, group, note):
    """Submit what is stored of a row, or the change that waits for it; raises NotNowError.

    What was asked about it before is taken back.
    """
    with transaction.atomic():
        row = lock(row)
        change = change_to_review(row)
        if change and change.publish_at:
            raise NotNowError(change.status)
        record_found(row)
        for review in _open_of(row):
            review.end(Answer.TAKEN_BACK, by=review.asked_by)
        if change:
            change.stop("")
        elif row.state == "draft":
            _set_state(row, "in_review", by, note)
        review = Review.objects.create(
            **{row.review_field: row},
            of_change=change is not None,
            revision=text_to_review(row, change),
            asked_by=by,
            asked_by_name=by.get_username(),
            note=note,
            group=group,
        )
        review.reviewers.set(reviewers)
        return review


def take_back(row, *, by):
    """Make what was submitted a draft again; raises NotNowError."""
    with transaction.atomic():
        row = lock(row)
        if row.state != "in_review":
            raise NotNowError(_("It is not in review any more."))
        for review in _open_of(row):
            review.end(Answer.TAKEN_BACK, by=by)
        _set_state(row, "draft", by, "")


def text_to_review(row, change):
    return change.revision if change else Revision.objects.of(row).stored().newest()


def _open_of(row):
    return Review.objects.open().filter(**{row.review_field: row})


def _set_state(row, state, by, note):
    record_found(row)
    row.state = state
    row.save(update_fields=["state"])
    record(row, by=by, note=one_line(note))


def one_line(text):
    """Return a text as a revision's note."""
    return " ".join(text.split())[:LONGEST_NOTE]


# Answering


def state_seen(row, change):
    """Return what stands for all that an answer depends on, as a reviewer has seen it."""
    revision, review = text_to_review(row, change), row.newest_review()
    number = revision.number if revision else 0
    return f"{number}/{review.pk if review else 0}/{review.answer if review else ''}"


def check_seen(row, change, seen):
    """Raise NotNowError, in words, where something else is to be answered than was seen."""
    now = state_seen(row, change)
    if seen == now:
        return
    review = row.newest_review()
    if review and review.answer and seen.partition("/")[2] != now.partition("/")[2]:
        about = {"who": review.answered_by_name, "what": review.get_answer_display()}
        raise NotNowError(_("%(who)s has answered meanwhile: %(what)s.") % about)
    raise NotNowError(_("Somebody has saved or submitted it meanwhile: look at it once more."))


def answer(row, answer, *, by, remark, seen):
    """Approve what is in review, or return it, as far as it is as it was seen; or NotNowError."""
    with transaction.atomic():
        row = lock(row)
        change = change_to_review(row)
        check_seen(row, change, seen)
        if change is None and row.state == "draft":
            raise NotNowError(_("It is not in review any more."))
        if asker_of(row, change) == by:
            raise NotNowError(_("You have asked for this yourself: somebody else answers it."))
        conclude(row, answer, by=by, remark=remark)
        if answer == Answer.RETURNED and change:
            change.stop(remark)
        elif answer == Answer.RETURNED:
            _set_state(row, "draft", by, remark)


def asker_of(row, change):
    """Return who answers for what is in review, or None: who has asked, else who has saved it."""
    review = row.newest_review()
    if review and review.answer not in {Answer.TAKEN_BACK, Answer.PUBLISHED}:
        return review.asked_by
    revision = text_to_review(row, change)
    return revision and revision.author


def conclude(row, answer, *, by, remark=""):
    """Note an answer with the revision that it is about, also where nobody has asked by name."""
    record_found(row)
    change = change_to_review(row)
    revision = text_to_review(row, change)
    review = _open_of(row).first()
    if review is None:
        asker = asker_of(row, change)
        review = Review(
            **{row.review_field: row},
            of_change=change is not None,
            revision=revision,
            asked_by=None if asker == by else asker,
            asked_by_name=asker.get_username() if asker else revision.author_name,
        )
    review.end(answer, by=by, remark=remark, revision=revision)


def changed_since(row, review):
    """Return the number of the newest text where it is not what was asked about or answered."""
    change = waiting_changes.of(row) if review.of_change else None
    newest = text_to_review(row, change)
    looked_at = review.answered_revision or review.revision
    return newest.number if newest and newest.number != looked_at.number else None
