from django.contrib import admin

from articles.admin.base import StoredModelAdmin
from articles.models import SITE, Category, PageVersion, SitePage, Tag


@admin.register(Category)
class CategoryAdmin(StoredModelAdmin):
    fields = ["name", "slug", "position"]
    list_display = ["name", "slug", "position"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def raise_page_versions(self, obj):
        PageVersion.raise_for(*obj.page_scopes())


@admin.register(Tag)
class TagAdmin(StoredModelAdmin):
    fields = ["name", "slug"]
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}

    def raise_page_versions(self, obj):
        PageVersion.raise_for(*obj.page_scopes())


@admin.register(SitePage)
class SitePageAdmin(StoredModelAdmin):
    fields = ["title", "slug", "position", "body"]
    list_display = ["title", "slug", "position", "updated_at"]
    search_fields = ["title", "slug"]
    prepopulated_fields = {"slug": ["title"]}

    def raise_page_versions(self, obj):
        PageVersion.raise_for(SITE)
