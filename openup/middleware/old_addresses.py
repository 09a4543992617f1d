"""Addresses of the old site that lead to articles."""

import string
from urllib.parse import quote

from django.shortcuts import redirect

from articles import old_addresses
from articles.models import Article, LegacyPath

# Parameters of our own that no view reads.
OURS = {"comment"}


def redirect_from_old_address(request):
    """Return the redirect to the article that the address led to, or None."""
    address = address_of(request)
    old = LegacyPath.objects.find(address)
    return redirect_to_article(old, is_exact=old.path == address) if old else None


def address_of(request):
    # Bytes that a client did not encode are letters of Latin-1 here (PEP 3333).
    query = request.META.get("QUERY_STRING", "").encode("latin-1")
    return old_addresses.join(request.path, quote(query, safe=string.printable))


def redirect_to_article(old, *, is_exact):
    article = Article.objects.published().filter(pk=old.article_id).first()
    # Browsers keep a permanent one for good: another address may still be entered for this.
    return redirect(article, permanent=is_exact) if article else None


def may_be_old(query, known):
    """Tell whether a query has parameters that neither a page (`known`) nor its links have."""
    return bool(old_addresses.names(query) - known - OURS)


class OldAddressMiddleware:
    """Lead from an old address with the path of a page of ours (`/?p=7`) to its article.

    The path of such a page names nothing but itself. Any other old address is no page of ours, and
    `page_not_found` has it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        is_public = hasattr(view, "cache_scopes")
        if not is_public or kwargs or request.method not in {"GET", "HEAD"}:
            return None
        known = getattr(view, "cache_query", frozenset())
        if not may_be_old(request.META.get("QUERY_STRING", ""), known):
            return None
        old = LegacyPath.objects.filter(path=address_of(request)).first()
        return redirect_to_article(old, is_exact=True) if old else None
