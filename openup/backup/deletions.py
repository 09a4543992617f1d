"""What was deleted or taken away after a backup, as a later database tells it, is done again.

A row that is missing there tells nothing: its loss may be what the backup is restored from. Rows
are known by key and moment of creation, since after a restore keys are given anew.
"""

import re
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.desk.state_changes import withdraw
from articles.models import Article, ShareLink
from comments.models import Comment, CommentRevision, ReplySubscription, Thread
from comments.moderation.text_folding import digest_text
from comments.threads.text import HTML_VERSION, body_to_html
from openup.backup.other_database import reading

LATER = "later"
KEYS_AT_ONCE = 500


def reapply_deletions(place):
    """Do again what was deleted since, as the database at `place` tells; return {what: count}.

    `place` is what `restore` says that it has moved aside: a folder for SQLite, a schema for
    PostgreSQL; or the port of another PostgreSQL server, which has the database by the same name.
    """
    with reading(LATER, **_place_of(place)):
        steps = {
            "comments deleted": _delete_comments,
            "earlier texts removed": _remove_texts,
            "comments blocked": _block_comments,
            "comments held for review": _hold_comments,
            "notices of replies ended": _end_notices,
            "articles withdrawn": _withdraw_articles,
            "share links revoked": _revoke_links,
            "staff accounts switched off": _switch_off_accounts,
        }
        return {what: step() for what, step in steps.items()}


def describe(counts):
    """Return in words what `reapply_deletions` has done."""
    done = [f"{count} {what}" for what, count in counts.items() if count]
    return ", ".join(done) or "nothing"


def _place_of(place):
    """Return what tells the database at `place` from ours, in Django's words."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        file = Path(place, Path(values["NAME"]).name)
        if not file.is_file():
            raise FileNotFoundError(f"there is no {file}")
        return {"NAME": str(file)}
    if place.isdigit():
        return {"PORT": place}
    if not re.fullmatch(r"\w+", place, re.ASCII):
        raise CommandError(f"{place} is neither a schema nor a port.")
    options = f"{values['OPTIONS'].get('options', '')} -c search_path={place}"
    return {"OPTIONS": values["OPTIONS"] | {"options": options}}


def _delete_comments():
    gone = Comment.objects.using(LATER).filter(state=Comment.State.DELETED)
    keys = _same(Comment.objects.exclude(state=Comment.State.DELETED), gone)
    for comment in _each(Comment, keys):
        comment.delete_by_author()
    return len(keys)


def _remove_texts():
    count = 0
    removed = CommentRevision.objects.using(LATER).filter(removed_at__isnull=False)
    rows = removed.order_by("comment", "version")
    for key, created_at, version in rows.values_list("comment", "comment__created_at", "version"):
        comment = Comment.objects.filter(pk=key, created_at=created_at).first()
        if comment is None or comment.is_deleted:
            continue
        if version >= comment.edit_version:
            _take_later_text(comment)
            count += 1
        elif comment.revisions.filter(version=version, removed_at=None).exists():
            comment.remove_revision(version)
            count += 1
    return count


def _take_later_text(comment):
    """Replace a text that its author has edited and removed since: it must not be read again."""
    later = Comment.objects.using(LATER).get(pk=comment.pk)
    revisions = CommentRevision.objects.using(LATER).filter(comment=comment.pk)
    fields = ("version", "name", "body", "written_at", "removed_at")
    with transaction.atomic():
        Thread.lock(comment.article)
        for values in revisions.filter(version__gte=comment.edit_version).values(*fields):
            comment.revisions.create(**values)
        comment.name, comment.body = later.name, later.body
        comment.body_html, comment.html_version = body_to_html(later.body), HTML_VERSION
        comment.text_digest = digest_text(later.body)
        comment.edited_at, comment.edit_version = later.edited_at, later.edit_version
        comment.save(
            update_fields=[
                *("name", "body", "body_html", "html_version"),
                *("text_digest", "edited_at", "edit_version"),
            ]
        )
        comment.change_what_readers_see()


def _block_comments():
    blocked = Comment.objects.using(LATER).filter(blocked_until__gt=timezone.now())
    until = dict(blocked.values_list("pk", "blocked_until"))
    here = Comment.objects.exclude(state=Comment.State.DELETED)
    keys = [
        key
        for key in _same(here, blocked)
        if here.filter(pk=key).exclude(blocked_until=until[key]).exists()
    ]
    for comment in _each(Comment, keys):
        comment.block(until[comment.pk], by=None, reason=_reason())
    return len(keys)


def _hold_comments():
    out_of_sight = [Comment.State.HELD, Comment.State.HIDDEN]
    gone = Comment.objects.using(LATER).filter(state__in=out_of_sight)
    keys = _same(Comment.objects.filter(state=Comment.State.PUBLISHED), gone)
    for comment in _each(Comment, keys):
        comment.hold(by=None, reason=_reason())
    return len(keys)


def _end_notices():
    """End those of comments that still are there later, where nobody is told of replies."""
    told = ReplySubscription.objects.using(LATER).values_list("comment", flat=True)
    here = Comment.objects.filter(reply_subscription__isnull=False)
    keys = sorted({*_same(Comment.objects.using(LATER), here)} - {*told})
    if keys:
        ReplySubscription.end_for(keys)
    return len(keys)


def _withdraw_articles():
    published = Article.State.PUBLISHED
    gone = Article.objects.using(LATER).exclude(state=published)
    keys = _same(Article.objects.filter(state=published), gone)
    for article in _each(Article, keys):
        withdraw(article, by=None, note=_reason())
    return len(keys)


def _revoke_links():
    gone = ShareLink.objects.using(LATER).filter(revoked_at__isnull=False)
    keys = _same(ShareLink.objects.filter(revoked_at=None), gone)
    for link in _each(ShareLink, keys):
        link.revoke()
    return len(keys)


def _switch_off_accounts():
    users = get_user_model().objects
    gone = users.using(LATER).filter(is_active=False)
    keys = _same(users.filter(is_active=True), gone, "date_joined")
    return users.filter(pk__in=keys).update(is_active=False)


def _same(rows, others, moment="created_at"):
    """Return the keys of `rows` that `others` have too, for a row of the same moment."""
    moments = dict(others.values_list("pk", moment))
    keys, found = sorted(moments), []
    for start in range(0, len(keys), KEYS_AT_ONCE):
        part = rows.filter(pk__in=keys[start : start + KEYS_AT_ONCE])
        found += [key for key, at in part.values_list("pk", moment) if at == moments[key]]
    return sorted(found)


def _each(model, keys):
    for key in keys:
        yield model.objects.get(pk=key)


def _reason():
    return _("Taken away after the backup that was restored.")
