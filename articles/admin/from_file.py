"""The page that makes a draft of a manuscript: it shows what was read, then stores it."""

import threading
from dataclasses import asdict, replace
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.model_admin import require
from articles.bundle.data import ArticleData, BundleError, IssueData, RankingData, SubjectData
from articles.bundle.data_to_rows import LoadError, month_day
from articles.bundle.json_text import from_json, to_json
from articles.content.text import normalise_line
from articles.content.uploads import MAX_FILE_BYTES, one_picture
from articles.manuscripts.outline import ImportedPage
from articles.manuscripts.save_drafts import ISSUE, load_page, with_stored_pictures
from articles.models import Article, Category, MonthlyIssue, Ranking

# Reading one takes seconds and up to 200 MB.
one_manuscript = threading.Lock()
MAX_WAIT_SECONDS = 3
SALT = "articles.admin.from_file"
READ_HOURS = 12
MAX_TOLD = 12
ENTER_FIGURES = (
    "articles.add_ranking",
    "articles.change_ranking",
    "articles.add_rankingsubject",
)


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("manuscript"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".hwpx,.docx,.html,.htm,.txt,.md"}),
        help_text=gettext_lazy(
            ".hwpx, .docx, .html, .txt or .md, up to 8 MB. Choose it, or drop it here."
        ),
    )

    def clean_file(self):
        """Read the file into `page`; its pictures are stored with it."""
        # mammoth and lxml take some megabytes in each worker, for few requests.
        from articles.manuscripts.readers import read_content  # noqa: PLC0415

        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            limit = {"limit": MAX_FILE_BYTES // 1024**2}
            raise forms.ValidationError(_("The file is larger than %(limit)s MB.") % limit)
        if not one_manuscript.acquire(timeout=MAX_WAIT_SECONDS):
            raise forms.ValidationError(
                _("Another manuscript is being read. Try again in a moment.")
            )
        try:
            page = read_content(file.name, file.read())
            with one_picture:
                self.page = with_stored_pictures(page)
        except BundleError as error:
            raise forms.ValidationError(error.message) from error
        except OSError as error:
            raise forms.ValidationError(
                _("The server could not store the pictures. Try again in a moment.")
            ) from error
        finally:
            one_manuscript.release()
        return file


class ManuscriptForm(forms.ModelForm):
    """What an editor decides of a manuscript: its head, and what becomes of tables and issue."""

    read = forms.CharField(widget=forms.HiddenInput)

    class Meta:
        model = Article
        fields = ["kicker", "title", "byline", "category"]

    def __init__(self, page, user, *args, **kwargs):
        article = page.article
        initial = {
            "kicker": article.kicker,
            "title": article.title,
            "byline": article.byline or Article._meta.get_field("byline").default,
            "category": Category.objects.first(),
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.page = page
        self.may_enter_figures = user.has_perms(ENTER_FIGURES)
        self.rankings = [
            self._add_ranking(number, table) for number, table in enumerate(article.tables)
        ]
        self.issue = self._add_issue(page.issue, user) if page.issue else None

    # The ranking tables

    def _add_ranking(self, number, table):
        """Add the fields of a table; return (its name, its fields' names)."""
        ranking = next(each for each in self.page.rankings if each.slug == table.ranking)
        series = _like(ranking) if self.may_enter_figures else []
        choices = [
            (str(each.pk), _("Existing series: %(title)s") % {"title": each.title})
            for each in series
        ]
        if self.may_enter_figures:
            choices.append(("new", _("New series: %(title)s") % {"title": ranking.title}))
        choices.append(("plain", _("An ordinary table of the text")))
        same = [each for each in series if ranking.slug == each.slug or ranking.title == each.title]
        self.fields[f"series_{number}"] = forms.ChoiceField(
            label=gettext_lazy("The table becomes"),
            choices=choices,
            initial=str(same[0].pk) if same else choices[len(series)][0],
            widget=forms.RadioSelect,
        )
        periods = [(period.as_of.isoformat(), period.label) for period in ranking.periods]
        self.fields[f"periods_{number}"] = forms.MultipleChoiceField(
            label=gettext_lazy("Periods of the ranking"),
            choices=periods,
            initial=[value for value, _label in periods],
            widget=forms.CheckboxSelectMultiple,
            help_text=gettext_lazy(
                "A period that the series has already is shown as it stands there."
            ),
        )
        return table.caption, self[f"series_{number}"], self[f"periods_{number}"]

    # The month's issue

    def _add_issue(self, issue, user):
        known = MonthlyIssue.objects.filter(month=month_day(issue.month)).first()
        may_take = user.has_perm(
            "articles.add_monthlyissue" if known is None else "articles.change_monthlyissue"
        )
        is_public = known is not None and known.state != MonthlyIssue.State.DRAFT
        if is_public and not user.has_perm("articles.publish_article"):
            may_take = False
        has_items = known is not None and known.items.exists()
        take = _("The items replace those of the month’s issue, which becomes a draft")
        if not has_items:
            take = _("The items become the month’s issue, as a draft")
        choices = [("text", _("The items stay in the article’s text"))]
        if may_take:
            choices.insert(0, ("month", take))
        self.fields["issue"] = forms.ChoiceField(
            label=issue.title,
            choices=choices,
            initial="text" if has_items or not may_take else "month",
            widget=forms.RadioSelect,
        )
        return self["issue"]

    def chosen_page(self):
        """Return the page as it is to be stored, and whether its issue replaces the month's."""
        page = self.page
        for number, table in enumerate(page.article.tables):
            chosen = self.cleaned_data[f"series_{number}"]
            dates = self.cleaned_data[f"periods_{number}"]
            page = (
                _as_plain(page, table)
                if chosen == "plain"
                else _as_series(page, table, chosen, dates)
            )
        takes_issue = self.cleaned_data.get("issue") == "month"
        if page.issue and not takes_issue:
            page = _with_issue_in_text(page)
        article = replace(
            page.article,
            uid=_free_uid(page.article.uid),
            kicker=self.cleaned_data["kicker"],
            title=self.cleaned_data["title"],
            byline=self.cleaned_data["byline"],
            # A draft has a text; of a document that is all references the title stands there.
            body=page.article.body or self.cleaned_data["title"],
            kogl=Article._meta.get_field("kogl").default
            if page.article.kogl == "none"
            else page.article.kogl,
            slug="",
        )
        return replace(page, article=article), takes_issue


def _like(ranking):
    """Return the stored series with the headings of a manuscript's, the likeliest first."""
    headings = [_folded(column.heading) for column in ranking.columns]
    return [
        each
        for each in Ranking.objects.order_by("title", "pk")
        if [_folded(column["heading"]) for column in each.columns] == headings
    ]


def _folded(text):
    return normalise_line(text).replace(" ", "").casefold()


def _free_uid(uid):
    return f"{uid[:50]}-{uuid4().hex[:8]}" if Article.objects.filter(uid=uid).exists() else uid


def _as_series(page, table, chosen, dates):
    """Return the page with a table's ranking as a new series, or as the periods of a stored one."""
    ranking = next(each for each in page.rankings if each.slug == table.ranking)
    periods = tuple(each for each in ranking.periods if each.as_of.isoformat() in dates)
    if chosen == "new":
        slug, number = ranking.slug, 2
        while Ranking.objects.filter(slug=slug).exists():
            slug, number = f"{ranking.slug[:76]}-{number}", number + 1
        series = replace(ranking, slug=slug, periods=periods)
    else:
        stored = Ranking.objects.get(pk=chosen)
        columns = tuple(
            replace(column, heading=known["heading"])
            for column, known in zip(ranking.columns, stored.columns, strict=True)
        )
        series = replace(ranking, slug=stored.slug, columns=columns, periods=periods)
    shown = replace(table, ranking=series.slug, periods=tuple(each.as_of for each in periods))
    return replace(
        page,
        article=replace(
            page.article,
            tables=tuple(shown if each is table else each for each in page.article.tables),
        ),
        rankings=tuple(series if each is ranking else each for each in page.rankings),
    )


def _as_plain(page, table):
    """Return the page with a ranking's table as an ordinary one of its text."""
    lines = [page.plain_tables.get(table.slug, "")]
    if f"[[ranking:{table.slug}]]" in page.article.body:
        lines.insert(0, table.caption)
    lines.append(table.source_note)
    article = replace(
        page.article,
        body=page.article.body.replace(
            f"[[ranking:{table.slug}]]", "\n\n".join(filter(None, lines))
        ),
        tables=tuple(each for each in page.article.tables if each.slug != table.slug),
    )
    rankings = tuple(each for each in page.rankings if each.slug != table.ranking)
    named = {
        entry.subject for each in rankings for period in each.periods for entry in period.entries
    }
    subjects = tuple(each for each in page.subjects if each.slug in named)
    return replace(page, article=article, rankings=rankings, subjects=subjects)


def _with_issue_in_text(page):
    """Return the page with its month's items as a section of its text."""
    lines = [f"## {page.issue.title}", ""]
    for item in page.issue.items:
        lines.append(f"- ({item.category}) {item.headline}")
        lines += [f"    {line}" if line else "" for line in item.body.split("\n") if item.body]
    is_stored = MonthlyIssue.objects.filter(month=month_day(page.issue.month)).exists()
    article = replace(
        page.article,
        body="\n".join([page.article.body, "", *lines]).strip("\n"),
        monthly_issue=page.issue.month if is_stored else "",
        leads_month=False,
    )
    return replace(page, article=article, issue=None)


# From one request to the next


def _sealed(page):
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


def _unsealed(text):
    """Return the page that `_sealed` gave; raises BadSignature."""
    said = signing.loads(text, salt=SALT, max_age=READ_HOURS * 60 * 60)
    return ImportedPage(
        from_json(ArticleData, said["article"]),
        from_json(IssueData, said["issue"]) if said["issue"] else None,
        tuple(from_json(RankingData, each) for each in said["rankings"]),
        tuple(
            SubjectData(**{**each, "aliases": tuple(each["aliases"]), "former_slugs": ()})
            for each in said["subjects"]
        ),
        tuple((line, note) for line, note in said["notes"]),
        places={int(line): place for line, place in said["places"].items()},
        plain_tables=said["plain_tables"],
    )


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
        decisions.initial["read"] = _sealed(page)
        return _show_read(model_admin, request, decisions)
    return _show(model_admin, request, form, "from_file.html")


def _make_draft(model_admin, request):
    try:
        page = _unsealed(request.POST["read"])
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
    twin = Article.objects.filter(uid=page.article.uid).first()
    return _show(
        model_admin,
        request,
        form,
        "from_file_read.html",
        page=page,
        notes=placed_notes(page),
        twin=twin,
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
