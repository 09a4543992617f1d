from django.contrib import admin

from articles.admin.base import StoredModelAdmin
from articles.admin.edit_conflicts import EditConflictForm
from articles.admin.revisions import NotedForm, RevisedAdmin
from articles.admin.trash import TrashedAdmin
from articles.models import Category, SitePage, Tag


@admin.register(Category)
class CategoryAdmin(StoredModelAdmin):
    fields = ["name", "slug", "position"]
    list_display = ["name", "slug", "position"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Tag)
class TagAdmin(StoredModelAdmin):
    fields = ["name", "slug"]
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


class SitePageForm(NotedForm, EditConflictForm):
    pass


@admin.register(SitePage)
class SitePageAdmin(TrashedAdmin, RevisedAdmin, StoredModelAdmin):
    form = SitePageForm
    not_joined = ["slug"]
    fields = ["title", "slug", "position", "body"]
    list_display = ["title", "slug", "position", "updated_at"]
    search_fields = ["title", "slug"]
    prepopulated_fields = {"slug": ["title"]}
