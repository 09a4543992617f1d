"""The article or month that a page of the desk is about, as its address names it."""

from django.apps import apps
from django.contrib import admin
from django.http import Http404
from django.shortcuts import get_object_or_404

from articles.admin.model_admin import require

MODELS = {"article", "monthlyissue"}


def admin_of(model):
    if model not in MODELS:
        raise Http404
    return admin.site.get_model_admin(apps.get_model("articles", model))


def row_to_work_on(request, model, object_id):
    """Return the ModelAdmin and the row, public or not, for whoever may change some of its kind."""
    model_admin = admin_of(model)
    require(request, model_admin.permission_for("change"))
    return model_admin, get_object_or_404(model_admin.get_queryset(request), pk=object_id)
