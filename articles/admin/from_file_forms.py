"""The forms that take a manuscript, and what an editor decides of it."""

import threading
from dataclasses import replace

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.bundle.data import BundleError
from articles.bundle.data_to_rows import month_day
from articles.content.uploads import MAX_FILE_BYTES, one_picture
from articles.manuscripts import choices
from articles.manuscripts.outline import NO_LICENCE
from articles.manuscripts.save_drafts import with_stored_pictures
from articles.models import Article, Category, MonthlyIssue, Ranking

# Reading one takes seconds and up to 200 MB.
one_manuscript = threading.Lock()
MAX_WAIT_SECONDS = 3
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

    @property
    def head(self):
        return [self[name] for name in self.Meta.fields]

    # The ranking tables

    def _add_ranking(self, number, table):
        """Add the fields of a table; return (its name, its fields' names)."""
        ranking = self._ranking_of(table)
        series = choices.series_like(ranking) if self.may_enter_figures else []
        options = [
            (str(each.pk), _("Existing series: %(title)s") % {"title": each.title})
            for each in series
        ]
        if self.may_enter_figures:
            options.append(("new", _("New series: %(title)s") % {"title": ranking.title}))
        options.append(("plain", _("An ordinary table of the text")))
        same = [each for each in series if ranking.slug == each.slug or ranking.title == each.title]
        self.fields[f"series_{number}"] = forms.ChoiceField(
            label=gettext_lazy("The table becomes"),
            choices=options,
            initial=str(same[0].pk) if same else options[len(series)][0],
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

    def _ranking_of(self, table):
        return next(each for each in self.page.rankings if each.slug == table.ranking)

    # The month's issue

    def _add_issue(self, issue, user):
        known = MonthlyIssue.objects.filter(month=month_day(issue.month)).first()
        may_take = user.has_perm(
            "articles.add_monthlyissue" if known is None else "articles.change_monthlyissue"
        )
        is_public = known is not None and known.state == MonthlyIssue.State.PUBLISHED
        if is_public and not user.has_perm("articles.publish_article"):
            may_take = False
        has_items = known is not None and known.items.exists()
        take = _("The items replace those of the month’s issue, which becomes a draft")
        if not has_items:
            take = _("The items become the month’s issue, as a draft")
        options = [("text", _("The items stay in the article’s text"))]
        if may_take:
            options.insert(0, ("month", take))
        self.fields["issue"] = forms.ChoiceField(
            label=issue.title,
            choices=options,
            initial="text" if has_items or not may_take else "month",
            widget=forms.RadioSelect,
        )
        return self["issue"]

    def chosen_page(self):
        """Return the page as it is to be stored, and whether its issue replaces the month's."""
        page = self.page
        for number, table in enumerate(page.article.tables):
            ranking = self._ranking_of(table)
            chosen = self.cleaned_data[f"series_{number}"]
            dates = self.cleaned_data[f"periods_{number}"]
            if chosen == "plain":
                page = choices.as_plain(page, table, ranking)
            else:
                series = None if chosen == "new" else Ranking.objects.get(pk=chosen)
                page = choices.as_series(page, table, ranking, series, dates)
        takes_issue = self.cleaned_data.get("issue") == "month"
        if page.issue and not takes_issue:
            page = choices.with_issue_in_text(page)
        article = replace(
            page.article,
            uid=choices.free_uid(page.article.uid),
            kicker=self.cleaned_data["kicker"],
            title=self.cleaned_data["title"],
            byline=self.cleaned_data["byline"],
            # A draft has a text; of a document that is all references the title stands there.
            body=page.article.body or self.cleaned_data["title"],
            kogl=Article._meta.get_field("kogl").default
            if page.article.kogl == NO_LICENCE
            else page.article.kogl,
            slug="",
        )
        return replace(page, article=article), takes_issue
