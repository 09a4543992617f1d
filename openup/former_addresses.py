"""Leads from the address that a category, a tag, a series or a site page had before."""

from django.shortcuts import redirect
from django.urls import reverse

from articles.models import Category, FormerAddress, Ranking, SitePage, Tag

# {what a page's URL name begins with: what readers find there}
PAGES = {
    "category": Category.objects.all,
    "tag": Tag.objects.all,
    "ranking": Ranking.objects.published,
    "site_page": SitePage.objects.all,
}
_FILES = ("_json", "_csv", "_xlsx")


def redirect_from_former_address(request):
    """Return the redirect to the same page under the slug of now, or None."""
    match = request.resolver_match
    if not match or match.app_name != "articles" or "slug" not in match.kwargs:
        return None
    name, _mark, _page = match.url_name.rpartition("_")
    if name not in PAGES:
        return None
    rows = PAGES[name]()
    former = FormerAddress.objects.filter(
        model=rows.model._meta.model_name, slug=match.kwargs["slug"]
    ).first()
    row = rows.filter(pk=former.object_id).first() if former else None
    if row is None:
        return None
    address = reverse(match.view_name, kwargs={**match.kwargs, "slug": row.slug})
    query = request.META.get("QUERY_STRING", "")
    # Not for good: the slug may be another's, or this one's again.
    response = redirect(f"{address}?{query}" if query else address)
    if match.url_name.endswith(_FILES):
        response["Access-Control-Allow-Origin"] = "*"
    return response
