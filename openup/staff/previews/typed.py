"""What is typed into an article's form, saved or not, as the very page that readers would get.

It is stored, drawn by what draws every article, and taken back: nothing of it is ever committed,
and no page becomes stale.
"""

from copy import copy

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.admin.model_admin import PermissionMissing
from articles.admin.publishing import checks_context
from articles.admin.waiting.admin import make_room
from articles.article_loading import load_any_article
from articles.content.headings import reading_minutes, with_anchors
from articles.content.markdown import preview, with_lines
from articles.content.text import has_visible, normalise
from articles.desk import publishing
from articles.desk.publishing_checks import ERROR
from articles.models import Article, Category, LegacyPath, MonthlyIssue, MonthlyIssueItem
from comments.identity.rate_limits import (
    EDITOR_CHECKS,
    EDITOR_PREVIEWS,
    LimitReached,
    spend,
)
from openup.staff.editor import fragment, is_writer, slow_down
from openup.staff.previews.article import draw_article

MOST_ITEMS = 200


@require_POST
def typed_preview(request, article_id=None):
    """Draw the page; with `?checks`, what the checks find in it.

    A script asks, so nobody is led to a sign-in.
    """
    if not is_writer(request):
        return fragment(_("You are signed out, or may not write articles."), 403)
    try:
        limit = EDITOR_CHECKS if "checks" in request.GET else EDITOR_PREVIEWS
        spend(limit, request.user.pk)
    except LimitReached as error:
        return slow_down(fragment, error)
    with transaction.atomic():
        stored = _store(request, article_id)
        checks = checks_context(stored, publishing.findings_of(stored))
        if "checks" in request.GET:
            page = render(request, "admin/articles/_checks.html", {"checks": checks}).content
        else:
            errors = [row for row in checks["rows"] if row[0].level == ERROR]
            faults = [finding.text for finding, waiver in errors if not waiver]
            article = load_any_article(stored.pk)
            page = draw_article(request, article, faults=faults, is_typed=True).content
        transaction.set_rollback(True)
    return HttpResponse(page)


@require_POST
def typed_items(request, issue_id=None):
    """Answer a script with what the checks find in a month's items as they are typed."""
    model_admin = admin.site.get_model_admin(MonthlyIssue)
    if not admin.site.has_permission(request) or not model_admin.may(request, "change"):
        return fragment(_("You are signed out, or may not write articles."), 403)
    try:
        spend(EDITOR_CHECKS, request.user.pk)
    except LimitReached as error:
        return slow_down(fragment, error)
    now = timezone.now()
    issue = get_object_or_404(MonthlyIssue, pk=issue_id) if issue_id else None
    known = issue or MonthlyIssue(month=now.date().replace(day=1))
    findings = publishing.findings_in_items(known, _typed_items(request.POST), now, [known])
    context = {"checks": checks_context(issue, findings)}
    return render(request, "admin/articles/_checks.html", context)


def _typed_items(fields):
    """Yield (row, item) of the rows of a month's form in which something stands."""
    names = ("category", "headline", "body")
    for row in range(MOST_ITEMS):
        if f"items-{row}-body" not in fields:
            return
        values = {name: normalise(fields.get(f"items-{row}-{name}", "")) for name in names}
        if f"items-{row}-DELETE" not in fields and any(map(has_visible, values.values())):
            yield row, MonthlyIssueItem(**values)


def _store(request, article_id):
    """Store what the form says, as far as it is right, with what a row cannot be without."""
    model_admin = admin.site.get_model_admin(Article)
    stored = get_object_or_404(Article, pk=article_id) if article_id else None
    may = model_admin.has_change_permission if stored else model_admin.has_add_permission
    request.is_in_article_form = True
    if not may(request, *([stored] if stored else [])):
        raise PermissionMissing("articles.change_article" if stored else "articles.add_article")
    is_waiting = stored is not None and "waiting" in request.GET
    published_at = stored.published_at if stored else None
    if is_waiting:
        make_room(stored)
    former = copy(stored) if stored else Article()
    form = model_admin.get_form(request, stored, change=bool(stored))(request.POST, instance=stored)
    # What is wrong keeps its former value: a draft is looked at long before it is right.
    form.is_valid()
    article = form.instance
    for field in article._meta.concrete_fields:
        # The model's own validators find fault with what stands in the row already.
        if field.name in form.errors:
            setattr(article, field.attname, getattr(former, field.attname))
    if is_waiting:
        # The form of what waits does not ask for it.
        article.published_at = published_at
    article.title = article.title or _("(no title yet)")
    article.slug = article.slug or "preview"
    article.state, article.withdrawn_at = Article.State.DRAFT, None
    if not article.category_id:
        article.category = Category.objects.first() or Category.objects.create(name="–", slug="-")
    try:
        html = with_lines(article.body)
    except ValidationError:
        html = preview(article.body)
    article.body_html = with_anchors(article.placing_pictures(html))
    article.reading_minutes = reading_minutes(article.body_html)
    # Not its own `store()`, which makes pages stale.
    article.save()
    article.tags.set(form.cleaned_data.get("tags", []))
    article.note_mentions()
    for formset, _inline in model_admin.get_formsets_with_inlines(request, stored):
        if formset.model is not LegacyPath:
            _store_rows(formset(request.POST, instance=article), article)
    return article


def _store_rows(formset, article):
    formset.is_valid()
    for form in formset.forms:
        if not form.is_valid() or not (form.has_changed() or form.instance.pk):
            continue
        row = form.save(commit=False)
        if form.cleaned_data.get("DELETE"):
            if row.pk:
                row.delete()
            continue
        row.article = article
        try:
            with transaction.atomic():
                row.save()
                form.save_m2m()
        except IntegrityError:
            # A second table of the same name, of which the form itself tells.
            continue
