"""The page on which an editor confirms which articles readers find under an article."""

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.admin.form_fields import AutocompleteSelectMultiple, RowsField
from articles.admin.model_admin import require
from articles.admin.revision_views import object_to_view
from articles.models import CONTENT, Article, PageVersion
from articles.models.review import UNPUBLISHED_STATES

MOST_PROPOSED = 12


class ArticlesField(RowsField):
    def label_from_instance(self, article):
        day = f"{article.published_at:%Y.%m} " if article.published_at else ""
        label = f"{day}{article} ({article.shown_state.label})"
        if shared := getattr(article, "shared", ""):
            label = f"{label} · {shared}"
        return label


class RelatedForm(forms.Form):
    """Those that the page shows, ticked as far as they are confirmed, and others."""

    class Media:
        js = ["manage/manage.js"]

    shown = RowsField(queryset=None, required=False, widget=forms.MultipleHiddenInput)
    related = ArticlesField(
        label=gettext_lazy("Related articles"),
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    others = RowsField(
        label=gettext_lazy("Others"),
        queryset=None,
        required=False,
        help_text=gettext_lazy("Type words of the title or of the text."),
    )

    def __init__(self, article, *args):
        confirmed = list(article.related.outside_trash().with_shown_state().newest())
        proposed = proposals(article)
        keys = [each.pk for each in [*confirmed, *proposed]]
        super().__init__(*args, initial={"related": [each.pk for each in confirmed], "shown": keys})
        every = Article.objects.outside_trash().exclude(pk=article.pk)
        for field in self.fields.values():
            field.queryset = every
        self.fields["related"].choices = [
            (each.pk, self.fields["related"].label_from_instance(each))
            for each in [*confirmed, *proposed]
        ]
        source = Article._meta.get_field("related")
        self.fields["others"].widget = AutocompleteSelectMultiple(source, admin.site)
        self.fields["others"].widget.choices = self.fields["others"].choices


def proposals(article):
    """Return what shares most with an article and is not confirmed, each saying what it shares."""
    alike = Article.objects.outside_trash().with_shown_state().like(article)
    found = list(alike.exclude(related=article)[:MOST_PROPOSED])
    for each in found:
        parts = [
            ngettext("%(count)s subject", "%(count)s subjects", each.shared_subjects)
            % {"count": each.shared_subjects}
            if each.shared_subjects
            else "",
            ngettext("%(count)s tag", "%(count)s tags", each.shared_tags)
            % {"count": each.shared_tags}
            if each.shared_tags
            else "",
        ]
        each.shared = _("shares %(what)s") % {"what": ", ".join(filter(None, parts))}
    return found


def related_view(model_admin, request, object_id):
    article = object_to_view(model_admin, request, object_id)
    require(request, model_admin.permission_for("change"))
    if article.state not in UNPUBLISHED_STATES:
        # Readers see it at once.
        require(request, "articles.publish_article")
    form = RelatedForm(article, *([request.POST] if request.method == "POST" else []))
    if form.is_valid():
        chosen = {*form.cleaned_data["related"], *form.cleaned_data["others"]}
        # What another has confirmed meanwhile was not on the page, and stays.
        dropped = {*form.cleaned_data["shown"]} - chosen
        with transaction.atomic():
            article.related.remove(*dropped)
            article.related.add(*chosen)
            PageVersion.raise_for(CONTENT)
        model_admin.log_change(request, article, _("Confirmed related articles."))
        count = article.related.count()
        text = ngettext("%(count)s related article.", "%(count)s related articles.", count) % {
            "count": count
        }
        messages.success(request, text)
        return redirect(request.path)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Related articles: %(title)s") % {"title": article},
        "opts": model_admin.opts,
        "object": article,
        "form": form,
        "media": form.media,
    }
    return TemplateResponse(request, "admin/articles/article/related.html", context)
