"""What an article's form says of its way to the readers: the next step, and what to know of it."""

from django.contrib import messages
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from articles.admin.base import may_publish
from articles.models import Article, MonthlyIssue, ShownState

State = Article.State


def next_step(request, article):
    """Return {state, label, later} of the step that comes next, or None where it is to save."""
    # As it is stored: a form that is refused has put what was typed into the row.
    state = article.shown_state if article else ShownState.DRAFT
    if state not in {ShownState.DRAFT, ShownState.RETURNED, ShownState.IN_REVIEW}:
        return None
    if may_publish(request):
        # The script puts in the moment that stands in the form.
        later = _("Publish at {when}")
        return {"state": State.PUBLISHED.value, "label": _("Publish"), "later": later}
    if state != ShownState.IN_REVIEW:
        return {"state": State.IN_REVIEW.value, "label": _("Ask for review"), "later": ""}
    return None


def moment(at):
    return date_format(timezone.localtime(at), "Y.m.d H:i")


def remarks(article):
    """Return [(level, text)]: what the editor should know about an article just saved."""
    found = [
        (
            messages.WARNING,
            _("No line places the ranking table “%(caption)s”: it comes after the text.")
            % {"caption": table.caption},
        )
        for table in article.ranking_tables.exclude(slug__in=article.placed_table_slugs())
    ]
    if article.state != Article.State.PUBLISHED:
        return found
    issue = article.monthly_issue
    if issue and issue.state != MonthlyIssue.State.PUBLISHED:
        text = format_html(
            '{} <a href="{}">{}</a>',
            _("Readers do not see the monthly issue: it is not published yet."),
            reverse("admin:articles_monthlyissue_change", args=[issue.pk]),
            issue.title,
        )
        found.append((messages.WARNING, text))
    now = timezone.now()
    if article.withdrawn_at and article.withdrawn_at <= now:
        text = _("The article is not public: the moment of its withdrawal has passed.")
        found.append((messages.WARNING, text))
    elif article.published_at > now:
        when = {"when": moment(article.published_at)}
        found.append((messages.INFO, _("The article publishes itself at %(when)s.") % when))
    return found
