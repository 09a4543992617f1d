"""The form for a new comment as every article shows it, drawn once for each language."""

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from articles.addresses import path_of
from comments.threads.forms import CommentForm

ADDRESS = "comments:comment_create"


def draw_empty_form(article):
    """Return the HTML of the form for a new comment on the article."""
    before, after = _pieces(get_language(), article.reviews_comments)
    return mark_safe(f"{before}{path_of(ADDRESS, article.pk)}{after}")  # noqa: S308 - drawn by a template


@lru_cache
def _pieces(_language, is_reviewed):
    """Return what stands before and after the address that the form is sent to."""
    context = {"form": CommentForm(article=None), "article": {"pk": 0}, "is_reviewed": is_reviewed}
    html = render_to_string("comments/_form.html", context)
    before, _address, after = html.partition(path_of(ADDRESS, 0))
    return before, after
