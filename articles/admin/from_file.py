"""The page that makes a draft of a manuscript: it shows what was read, then stores it."""

from dataclasses import asdict

from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from articles.admin.from_file_forms import FileForm, ManuscriptForm
from articles.admin.model_admin import require
from articles.bundle.data import ArticleData, IssueData, LoadError, RankingData, SubjectData
from articles.bundle.json_text import from_json, to_json
from articles.manuscripts.outline import ImportedPage
from articles.manuscripts.save_drafts import ISSUE, load_page
from articles.models import Article

SALT = "articles.admin.from_file"
READ_HOURS = 12
MAX_TOLD = 12


def from_file_view(model_admin, request):
    """Take a manuscript, show what was read of it, and make the draft."""
    require(request, model_admin.permission_for("add"))
    if request.method == "POST" and "read" in request.POST:
        return _make_draft(model_admin, request)
    is_sent = request.method == "POST"
    form = FileForm(*([request.POST, request.FILES] if is_sent else []))
    if is_sent and form.is_valid():
        page = form.page
        decisions = ManuscriptForm(page, request.user)
        decisions.initial["read"] = _signed(page)
        return _show_read(model_admin, request, decisions)
    return _show(model_admin, request, form, "from_file.html")


def _make_draft(model_admin, request):
    try:
        page = _from_signed(request.POST["read"])
    except signing.BadSignature:
        messages.error(request, _("What was read is no longer at hand. Choose the file again."))
        return redirect(request.path)
    form = ManuscriptForm(page, request.user, request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                article = _store(form, request.user)
                model_admin.log_addition(request, article, _("Made of a manuscript."))
        except LoadError as error:
            form.add_error(None, error.message)
        else:
            tell_made(request, page)
            return redirect(reverse("admin:articles_article_change", args=[article.pk]))
    return _show_read(model_admin, request, form)


def _store(form, user):
    page, takes_issue = form.chosen_page()
    overwrite = frozenset({ISSUE} if takes_issue else ())
    load_page(page, form.cleaned_data["category"].slug, overwrite, by=user)
    return Article.objects.get(uid=page.article.uid)


def tell_made(request, page):
    messages.success(request, _("The draft was made. Nothing of it is public yet."))
    if page.notes:
        told = [f"{note} “{place}”" if place else note for place, note in placed_notes(page)]
        if len(told) > MAX_TOLD:
            more = _("and %(count)s more") % {"count": len(told) - MAX_TOLD}
            told = [*told[:MAX_TOLD], more]
        lines = format_html_join("", "<br>{}", ((each,) for each in told))
        text = format_html("{}{}", _("Check in the text:"), lines)
        messages.warning(request, text)


def placed_notes(page):
    """Return [(place, sentence)]: where in the manuscript each note speaks of."""
    return [(page.places.get(line, "") if line else "", note) for line, note in page.notes]


def _show_read(model_admin, request, form):
    page = form.page
    existing = Article.objects.filter(uid=page.article.uid).first()
    return _show(
        model_admin,
        request,
        form,
        "from_file_read.html",
        page=page,
        notes=placed_notes(page),
        existing=existing,
        day=page.article.published_at,
    )


def _show(model_admin, request, form, template, **context):
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Make a draft of a manuscript"),
        "opts": model_admin.opts,
        "form": form,
        "media": form.media,
        **context,
    }
    return TemplateResponse(request, f"admin/articles/article/{template}", context)


# From one request to the next


def _signed(page):
    """Return what was read as a signed text: nothing of it is stored before the editor says so."""
    return signing.dumps(
        {
            "article": to_json(page.article),
            "issue": to_json(page.issue) if page.issue else "",
            "rankings": [to_json(each) for each in page.rankings],
            "subjects": [asdict(each) for each in page.subjects],
            "notes": page.notes,
            "plain_tables": dict(page.plain_tables),
            "places": {str(line): text for line, text in page.places.items()},
        },
        salt=SALT,
        compress=True,
    )


def _from_signed(text):
    """Return the page that `_signed` gave; raises BadSignature."""
    data = signing.loads(text, salt=SALT, max_age=READ_HOURS * 60 * 60)
    return ImportedPage(
        from_json(ArticleData, data["article"]),
        from_json(IssueData, data["issue"]) if data["issue"] else None,
        tuple(from_json(RankingData, each) for each in data["rankings"]),
        tuple(
            SubjectData(**{**each, "aliases": tuple(each["aliases"]), "former_slugs": ()})
            for each in data["subjects"]
        ),
        tuple((line, note) for line, note in data["notes"]),
        places={int(line): place for line, place in data["places"].items()},
        plain_tables=data["plain_tables"],
    )
