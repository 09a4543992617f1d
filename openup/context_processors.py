from django.conf import settings
from django.utils.functional import SimpleLazyObject

from articles.models import SITE, Category, SitePage
from openup.pagecache.fragments import cached_fragment


def site(request):
    """Give every page the site's own facts; the lists ask the database when a page draws them."""
    navigation = SimpleLazyObject(
        lambda: cached_fragment(request, "navigation", [SITE], load_navigation)
    )
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "official_banner": settings.OFFICIAL_BANNER,
        "canonical_url": settings.SITE_URL + request.path,
        "categories": SimpleLazyObject(lambda: navigation["categories"]),
        "site_pages": SimpleLazyObject(lambda: navigation["site_pages"]),
    }


def load_navigation():
    """Return what every page lists."""
    return {
        "categories": list(Category.objects.all()),
        "site_pages": list(SitePage.objects.defer("body", "body_html")),
    }
