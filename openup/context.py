from django.conf import settings
from django.utils.functional import SimpleLazyObject

from articles.models import Category, SitePage


def site(request):
    """Give every page the site's own facts; the lists ask the database when a page draws them."""
    navigation = SimpleLazyObject(lambda: load_navigation(request))
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "official_banner": settings.OFFICIAL_BANNER,
        "canonical_url": settings.SITE_URL + request.path,
        "categories": SimpleLazyObject(lambda: navigation["categories"]),
        "site_pages": SimpleLazyObject(lambda: navigation["site_pages"]),
    }


def load_navigation(request):
    """Return what every page lists; the page cache lends what it has at this version of `site`."""
    known, version = request.META.get("openup.navigation", ({}, None))
    loaded = known.get("loaded")
    if loaded is None or version is None or loaded["version"] != version:
        loaded = known["loaded"] = {
            "version": version,
            "categories": list(Category.objects.all()),
            "site_pages": list(SitePage.objects.defer("body", "body_html")),
        }
    return loaded
