"""Changes of public articles that wait for review and their moment.

See docs/decisions/waiting-changes.md.
"""

import math
from contextlib import contextmanager
from copy import copy
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.bundle.data import LoadError
from articles.bundle.data_to_rows import store
from articles.bundle.rows_to_data import whole_data
from articles.content.text import is_plausible
from articles.desk import publishing
from articles.desk.joining import MINE, join
from articles.desk.restoring import fitted_article
from articles.desk.revisions import DamagedRevisionError, data_of, record_found, record_proposed
from articles.models import Article, Release, Review, Revision, WaitingChange

SHORTEST_PAUSE_SECONDS = 0.05


def lock(article_id):
    """Return an article's waiting change, or None, held until the end of the transaction.

    As before a save: the releases first, then the article's row.
    """
    Release.objects.scheduled().holding(Article(pk=article_id)).lock()
    Article.objects.select_for_update(no_key=True).filter(pk=article_id).first()
    return WaitingChange.objects.select_for_update().filter(article=article_id).first()


def of(article):
    """Return what waits for an article, with its revisions, or None."""
    changes = WaitingChange.objects.select_related("revision__base", "replaces__base")
    return changes.filter(article=article).first()


def propose(article, data, *, by, note, replaces=None):
    """Let `data` wait as the article's next text, in place of what waited.

    It replaces what readers see now, or nothing but the revision `replaces`. Return the change, or
    None where readers see that text already. Whoever had agreed to what waited has not agreed to
    this.
    """
    with transaction.atomic():
        change = lock(article.pk) or WaitingChange(article=article)
        record_found(article)
        if _text_of(data) == _text_of(whole_data(article)):
            return None
        change.replaces = replaces or Revision.objects.of(article).stored().newest()
        change.revision = record_proposed(article, data, by=by, note=note)
        change.publish_at, change.approved_by, change.stopped_because = None, None, ""
        change.save()
        return change


def _text_of(data):
    """Return an article's data without whether and when it is public: decisions of their own."""
    return replace(data, state="", published_at=None, withdrawn_at=None, leads_month=False)


# What is in its way


def obstacles(change):
    """Return why the change cannot replace what readers see now, as sentences."""
    article = change.article
    if article.state != Article.State.PUBLISHED or article.is_withdrawn_at(timezone.now()):
        return [_("The article is not public.")]
    try:
        data, replaced = data_of(change.revision), data_of(change.replaces)
    except DamagedRevisionError as error:
        return [error.message]
    stored = whole_data(article)
    found = []
    if _text_of(stored) != _text_of(replaced):
        found.append(
            _("What readers see has changed since this was written: open it, and save it again.")
        )
    if change.publish_at:
        found += _lost_right(change.approved_by)
    _fitted, missing = fitted_article(article, stored, data)
    text = _("No longer there: %(what)s %(names)s")
    return found + [text % {"what": what, "names": names} for what, names in missing]


def _lost_right(user):
    if user is not None and user.has_perm("articles.publish_article"):
        return []
    return [_("Who set its moment may no longer publish.")]


# What becomes of it. Whoever calls holds the locks.


def publish(change, *, by, moment=None, reason=""):
    """Replace the public text by the change, whole, by the way a revision is written back.

    With a `reason`, the user `by` lets pass what the checks call errors (at `moment`, or now).

    Return those; raises LoadError, and then nothing has been replaced.
    """
    article = Article.objects.get(pk=change.article_id)
    with transaction.atomic():
        if found := obstacles(change):
            raise LoadError((), " ".join(found))
        number = change.revision.number
        note = change.revision.note or _("Revision %(number)s has replaced it") % {"number": number}
        about = {"by": by, "note": note, "restored_number": number}
        store(fitted(change), Revision.Kind.PUBLISHED, reason=note, **about)
        article.refresh_from_db()
        errors = publishing.errors_of(article, moment)
        waived = errors if reason else []
        left = publishing.let_pass(article, errors, by=by, reason=reason) if reason else errors
        if left:
            raise LoadError((), publishing.sentences(left))
        change.delete()
        Review.objects.settle(article, by=by)
        return waived


def schedule(change, moment, *, by, reason=""):
    """Let the change replace the public text at `moment`; raises ValidationError or LoadError."""
    change.publish_at, change.approved_by = None, None
    if moment <= timezone.now() or not is_plausible(moment):
        raise ValidationError(_("Give a moment that is still to come."))
    if change.article.is_withdrawn_at(moment):
        raise ValidationError(_("The article is withdrawn by then."))
    with transaction.atomic():
        # Tried at once, so that what is in its way is known before its moment.
        with transaction.atomic():
            waived = publish(copy(change), by=by, moment=moment, reason=reason)
            transaction.set_rollback(True)
        publishing.let_pass(change.article, waived, by=by, reason=reason)
        change.schedule(moment, by=by)


def publish_due():
    """Let every change whose moment has come replace its public text.

    What is in the way of one is kept with it, and it waits without a moment.
    """
    for article_id in list(WaitingChange.objects.due().values_list("article", flat=True)):
        with transaction.atomic():
            change = lock(article_id)
            # Another process may have been faster, or somebody may have moved it on.
            if change and WaitingChange.objects.due().filter(pk=change.pk).exists():
                _publish_or_stop(change)


def seconds_to_next():
    """Return how long it is until a change may be due, at least SHORTEST_PAUSE_SECONDS."""
    moments = WaitingChange.objects.scheduled().order_by("publish_at")
    moment = moments.values_list("publish_at", flat=True).first()
    if moment is None:
        return math.inf
    # The database's clock, which decides, may be behind ours.
    return max((moment - timezone.now()).total_seconds(), SHORTEST_PAUSE_SECONDS)


def _publish_or_stop(change):
    try:
        with transaction.atomic():
            publish(change, by=change.approved_by)
    except LoadError as error:
        change.stop(error.message)
    except IntegrityError:
        change.stop(_("The database refused it."))


# Looking at it


@contextmanager
def rows_saying(data):
    """Let an article's rows say `data` for as long as the block lasts; nothing is committed.

    Raises LoadError before the block where they cannot.
    """
    with transaction.atomic():
        store(data, Revision.Kind.PROPOSED, reason="")
        yield
        transaction.set_rollback(True)


def rows_of_revision(obj, revision):
    """Return a context in which the rows of `obj` say what a revision holds, as far as they can.

    Raises LoadError, here or when it is entered.
    """
    data = data_of(revision)
    if isinstance(obj, Article):
        data, _missing = fitted_article(obj, whole_data(obj), data)
    return rows_saying(data)


def fitted(change):
    """Return what waits as data, as far as what they name exists; raises DamagedRevisionError."""
    stored = whole_data(Article.objects.get(pk=change.article_id))
    return fitted_article(change.article, stored, data_of(change.revision))[0]


def continued(change):
    """Return what waits as data to be gone on with, joined with what the public text has become.

    Return it with the places where both have changed the same, and where it says what waits; None
    in their place if nothing had to be joined. Raises DamagedRevisionError.
    """
    stored = whole_data(change.article)
    sides = data_of(change.replaces), stored, data_of(change.revision)
    if _text_of(sides[0]) == _text_of(stored):
        return fitted(change), None
    clashes = join(*sides).clashes
    joined = join(*sides, {clash.name: MINE for clash in clashes}).data
    return fitted_article(change.article, stored, joined)[0], clashes
