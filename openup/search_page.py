"""The search's page. It knows both apps: a comment's text is shown from the comment's own row."""

import re

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page

from articles.content.text import normalise_line
from articles.models import Article, Category, SearchDocument
from articles.page_caching import uncached_page
from articles.search import tokens
from articles.search.queries import Query, find
from articles.search.suggestions import suggested
from comments.models import Comment

# A search that finds no more may be misspelt.
FEW_RESULTS = 2
YEAR = re.compile(r"(?:19|2[0-9])[0-9]{2}")


# Nothing of it is secret, so what a stranger has it say beside that tells nothing when compressed.
@uncached_page
@gzip_page
def search(request):
    """Show what a reader's words find; words and filters stand in the address."""
    query = asked(request.GET)
    hits = find(query, request.GET.get("after", ""))
    first = Article.objects.first_day()
    this_year = timezone.localdate().year
    looser = tokens.loosened(query.text)
    is_first_page = "after" not in request.GET
    finds_little = query.needles and is_first_page and len(hits.documents) <= FEW_RESULTS
    meant = suggested(query.text) if finds_little else ""
    words = [word for word in dict.fromkeys(looser.split()) if len(word) > 1]
    context = {
        "query": query,
        "kinds": SearchDocument.Kind.choices,
        "years": range(this_year, (timezone.localdate(first).year if first else this_year) - 1, -1),
        "results": list(results(hits.documents, tokens.pattern(query.needles))),
        "is_further": not is_first_page,
        "meant": meant and (meant, search_address(meant)),
        "next_page": hits.after and f"?{urlencode(request.GET.dict() | {'after': hits.after})}",
        "wider": query.is_narrowed and search_address(query.text),
        "looser": looser != query.text and (looser, search_address(looser)),
        "single_words": [(word, search_address(word)) for word in words if word != looser],
    }
    return render(request, "search.html", context)


def asked(parameters):
    """Return the query of a search address; a filter that is none of ours is passed over."""
    kind, year = parameters.get("kind", ""), parameters.get("year", "")
    slug = parameters.get("category", "")
    return Query(
        normalise_line(parameters.get("q", ""))[: tokens.MAX_QUERY_CHARACTERS],
        kind=kind if kind in SearchDocument.Kind.values else "",
        category_id=Category.objects.filter(slug=slug).values_list("pk", flat=True).first()
        if slug
        else None,
        year=int(year) if YEAR.fullmatch(year) else None,
    )


def search_address(words):
    return f"{reverse('search')}?{urlencode({'q': words})}"


def results(documents, pattern):
    """Yield what the page shows of each hit, its words marked."""
    keys = [each.object_id for each in documents if each.kind == SearchDocument.Kind.COMMENT]
    # As they are now, whatever the index says. `find` has asked for their articles, document by
    # document; asked once more here, PostgreSQL may begin with every article there is.
    readable = Comment.objects.unblocked().filter(state=Comment.State.PUBLISHED)
    comments = dict(readable.filter(pk__in=keys).values_list("pk", "body"))
    for document in documents:
        title, text = document.title, document.text
        if document.kind == SearchDocument.Kind.COMMENT:
            if document.object_id not in comments:
                continue
            title = _("Comment on: %(article)s") % {"article": document.article.full_title}
            text = comments[document.object_id]
        yield {
            "moment": document.moment,
            "kind": document.get_kind_display(),
            "url": document.url,
            "title": tokens.marked(title, pattern),
            "excerpt": tokens.excerpt(text, pattern),
        }
