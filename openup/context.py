from django.conf import settings

from articles.models import Category, SitePage


def site(request):
    """Give every page the site's own facts; the lists ask the database when a page draws them."""
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "official_banner": settings.OFFICIAL_BANNER,
        "canonical_url": settings.SITE_URL + request.path,
        "categories": Category.objects.all(),
        "site_pages": SitePage.objects.defer("body", "body_html"),
    }
