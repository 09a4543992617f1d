"""What a public page is made of, declared beside its view; `openup/pagecache` reads it.

Every public route declares one of the two (tests/openup/test_page_caching.py):

    @cached_page("article:{article_id}", query={"page": NUMBER})
    def article_detail(request, article_id): ...

    @uncached_page
    def comment_edit(request, comment_id): ...
"""

import re
from functools import wraps

from django.utils.cache import add_never_cache_headers

from articles.models.page_version import CONTENT, SITE

# What a parameter may be in the address of a kept page.
NUMBER = "[1-9][0-9]{0,14}"
DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
# A parameter whose every value makes an answer to one reader, kept by nobody.
FOR_ONE_READER = "(?!)"


def cached_page(*scopes, query=None):
    """Declare that the view's page is current until the version of one of `scopes` changes.

    A scope may hold parts of the address: "article:{article_id}". Two belong to every page, so that
    an editorial change has to know of none: `content`, and `site`, what navigation and footer show.
    `query` has the parameters that the page depends on, each with the expression that its whole
    value matches; the view never sees another one, nor a cookie, nor who asks: the page is made
    once, for everyone.

    Only an answer 200 is kept, and nothing that any made-up address gets, for it would crowd out
    what is read: a page with another value of a parameter says here that it is not to be cached,
    and so does a view itself where it has nothing to show.
    """
    values = {name: re.compile(value, re.ASCII) for name, value in (query or {}).items()}

    def declare(view):
        @wraps(view)
        def page(request, *args, **kwargs):
            response = view(request, *args, **kwargs)
            asked = request.GET.items() if values else ()
            if not all(values[name].fullmatch(value) for name, value in asked if name in values):
                add_never_cache_headers(response)
            return response

        page.cache_scopes = (*scopes, CONTENT, SITE)
        page.cache_query = frozenset(values)
        return page

    return declare


def uncached_page(view):
    """Declare that the view's answer depends on who asks, or changes something: nobody keeps it,
    unless it says itself for how long, as an uploaded picture does.
    """

    @wraps(view)
    def page(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    page.cache_scopes = None
    return page
