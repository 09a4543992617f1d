"""Publishing and withdrawing what is stored, without its form."""

from django.core.exceptions import ValidationError
from django.db import transaction

from articles.desk import publishing
from articles.desk.revisions import record, record_found
from articles.models import Article, recheck_releases

State = Article.State


def publish(article, *, by, note="", reason=""):
    """Publish a stored article, at its moment if that is to come; raises ValidationError.

    With a `reason` the errors that a publisher may let pass are let pass, and that is recorded.
    """
    with transaction.atomic():
        record_found(article)
        article.state = State.PUBLISHED
        article.clean()
        article.store()
        errors = publishing.errors_of(article)
        if reason:
            errors = publishing.let_pass(article, errors, by=by, reason=reason)
        if errors:
            raise ValidationError([error.text for error in errors])
        record(article, by=by, note=note or reason)


def withdraw(article, *, by, note=""):
    """Take a published article away from readers; return the releases that this takes off."""
    with transaction.atomic():
        record_found(article)
        article.state = State.WITHDRAWN
        article.store()
        taken_off = recheck_releases(article)
        article.refresh_from_db()
        record(article, by=by, note=note)
        return taken_off
