from itertools import groupby

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.base import PartInline
from articles.admin.edit_conflicts import EditConflictFormSet
from articles.admin.rankings.proposals import may_propose
from articles.models import Article, RankingPeriod, RankingTable


class RankingTableForm(forms.ModelForm):
    periods = forms.ModelMultipleChoiceField(
        RankingPeriod.objects.all(),
        label=gettext_lazy("ranking periods"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "ranking-periods"}),
    )

    def clean_periods(self):
        periods = self.cleaned_data["periods"]
        ranking = self.cleaned_data.get("ranking")
        foreign = [
            period.label for period in periods if ranking and period.ranking_id != ranking.pk
        ]
        if foreign:
            raise ValidationError(
                _("These periods belong to another ranking: %(labels)s."),
                params={"labels": ", ".join(foreign)},
            )
        return periods


class RankingTableFormSet(EditConflictFormSet):
    @cached_property
    def period_choices(self):
        periods = RankingPeriod.objects.select_related("ranking").order_by(
            "ranking__title", "ranking", "as_of", "pk"
        )
        return [
            (ranking.title, [(period.pk, period.label) for period in group])
            for ranking, group in groupby(periods, key=lambda period: period.ranking)
        ]

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields["periods"].choices = self.period_choices

    def clean(self):
        super().clean()
        self.refuse_slugs_that_came_meanwhile()
        if self.instance.state == Article.State.PUBLISHED:
            self.check_for_publishing()

    def refuse_slugs_that_came_meanwhile(self):
        """Refuse the slug of a table that somebody else has added since the page opened."""
        shown = [form.instance.pk for form in self.initial_forms if form.instance.pk]
        others = RankingTable.objects.filter(article=self.instance.pk).exclude(pk__in=shown)
        slugs = set(others.values_list("slug", flat=True))
        for form in self.forms:
            if form.cleaned_data.get("slug") in slugs and form not in self.deleted_forms:
                text = _("Somebody else has added a table with this slug: give yours another.")
                form.add_error("slug", text)

    def check_for_publishing(self):
        tables = [
            form
            for form in self.forms
            if form.cleaned_data.get("ranking") and not form.cleaned_data.get("DELETE")
        ]
        for form in tables:
            for period in form.cleaned_data.get("periods") or []:
                self.refuse_what_waits(form, period)

    def refuse_what_waits(self, form, period):
        """Refuse figures whose own moment is later than the article's: it would show them early."""
        moment, shown_at = period.published_at, self.instance.published_at
        if moment and shown_at and moment > max(shown_at, timezone.now()):
            text = _("“%(period)s” is public only from %(when)s, after the article.")
            when = date_format(timezone.localtime(moment), "DATETIME_FORMAT")
            form.add_error("periods", text % {"period": period.label, "when": when})


class RankingTableInline(PartInline, admin.StackedInline):
    model = RankingTable
    form = RankingTableForm
    formset = RankingTableFormSet
    template = "admin/articles/article/rows.html"
    fields = [("slug", "ranking"), "periods", "figures", "caption", ("source_note", "source_url")]
    readonly_fields = ["figures"]

    def get_formset(self, request, obj=None, **kwargs):
        # An inline is made for each request.
        self.may_enter = request.user.has_perm("articles.change_ranking")
        self.may_propose = may_propose(request)
        return super().get_formset(request, obj, **kwargs)

    @admin.display(description=gettext_lazy("figures"))
    def figures(self, table):
        """Lead to where they are entered, or proposed by who may not."""
        if table.pk is None or not (self.may_enter or self.may_propose):
            return "–"
        page, text = "propose", _("Propose figures")
        if self.may_enter:
            page, text = "grid", _("Enter the figures")
        keys = ",".join(str(period.pk) for period in table.periods.all())
        address = reverse(f"admin:articles_ranking_{page}", args=[table.ranking_id])
        return format_html(
            '<a href="{}?periods={}" target="_blank" rel="noopener">{}</a>', address, keys, text
        )
