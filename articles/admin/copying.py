"""The page that copies an article as next month's template."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.model_admin import require
from articles.admin.revision_views import object_to_view
from articles.bundle.data import LoadError
from articles.desk.copying import copy_for_next_month


class CopyForm(forms.Form):
    text = forms.ChoiceField(
        label=gettext_lazy("The text"),
        choices=[
            ("keep", gettext_lazy("Keep it, to be rewritten")),
            ("empty", gettext_lazy("Keep only its headings and the places of its tables")),
        ],
        initial="keep",
        widget=forms.RadioSelect,
    )


def copy_view(model_admin, request, object_id):
    """Ask what of the text goes along, then make the draft and open it."""
    require(request, model_admin.permission_for("add"))
    article = object_to_view(model_admin, request, object_id)
    form = CopyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        keeps_text = form.cleaned_data["text"] == "keep"
        try:
            copy = copy_for_next_month(article, by=request.user, keeps_text=keeps_text)
        except LoadError as error:
            form.add_error(None, error.message)
        else:
            model_admin.log_addition(
                request, copy, _("Copied from “%(title)s”") % {"title": article}
            )
            messages.success(request, _("The copy is a draft: look it over, and save."))
            return redirect(reverse("admin:articles_article_change", args=[copy.pk]))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Copy for next month: %(title)s") % {"title": article},
        "opts": model_admin.opts,
        "object": article,
        "form": form,
    }
    return TemplateResponse(request, "admin/articles/article/copy.html", context)
