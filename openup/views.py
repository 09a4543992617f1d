"""Pages that show both apps, and the error pages."""

import sys

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.db.models import Prefetch
from django.http import Http404, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from articles.article_loading import load_article, with_figures
from articles.models import (
    CONVERSATION,
    Article,
    ArticleReading,
    MonthlyIssue,
    RankingEntry,
    RankingTable,
)
from articles.month_line import month_line
from articles.open_data.provenance import absolute
from articles.open_data.serializers import article_data
from articles.open_data.views import data_response
from articles.page_caching import FOR_ONE_READER, NUMBER, cached_page, uncached_page
from comments.identity.rate_limits import network_of, wait_in_words
from comments.models import Comment
from comments.threads.anchors import item_links
from comments.threads.pages import NEWEST, answer_with, article_page, counts_by_anchor
from comments.threads.serializers import thread_data
from openup import version
from openup.article_page import find_frame
from openup.former_addresses import redirect_from_former_address
from openup.middleware.old_addresses import redirect_from_old_address
from openup.reading_counter import readings
from openup.staff.refusals import TITLES as REFUSALS
from openup.staff.refusals import is_for_staff, needed_permission, refusal_page

LATEST_ARTICLES = 7
LATEST_COMMENTS = 5
MOST_READ = 5
MOST_READ_DAYS = 30
RETRY_AFTER_SECONDS = 5


@cached_page(CONVERSATION)
def home(request):
    articles = list(with_figures(Article.objects.published().for_listing())[:LATEST_ARTICLES])
    newest_table = (
        RankingTable.objects.filter(Article.objects.is_published("article"))
        .select_related("ranking")
        .prefetch_related("periods", Prefetch("periods__entries", RankingEntry.objects.named()))
        .order_by("-article__published_at", "-article_id", "pk")
        .first()
    )
    context = {
        "lead": articles[0] if articles else None,
        "lead_table": newest_table,
        "sparks": newest_table.sparks() if newest_table else {},
        "articles": articles[1:],
        "issue": MonthlyIssue.objects.published().prefetch_related("items").first(),
        "most_read": ArticleReading.most_read(MOST_READ_DAYS, MOST_READ)
        if settings.SHOW_MOST_READ
        else [],
        "comments": Comment.objects.latest()[:LATEST_COMMENTS],
    }
    return render(request, "home.html", context)


@cached_page(
    "article:{article_id}", query={"page": NUMBER, "order": NEWEST, "done": FOR_ONE_READER}
)
def article_detail(request, article_id, slug=""):
    page = article_page(article_id, request.GET)
    frame = find_frame(request, article_id, page)
    if slug != frame.slug:
        query = request.META.get("QUERY_STRING", "")
        return redirect(frame.path + (f"?{query}" if query else ""), permanent=True)
    return answer_with(page, HttpResponse(frame.around(page)))


@cached_page("article:{article_id}", query={"page": NUMBER})
def article_json(request, article_id, slug):
    """Send the article, its tables and a page of its thread as data (docs/data.md)."""
    article = load_article(article_id)
    path = reverse("article_json", args=[article.pk, article.slug])
    if slug != article.slug:
        query = request.META.get("QUERY_STRING", "")
        response = redirect(path + (f"?{query}" if query else ""), permanent=True)
        response["Access-Control-Allow-Origin"] = "*"
        return response
    page = article_page(article_id, {"page": request.GET.get("page", "")})
    data = article_data(article, article.public_issue)
    return answer_with(page, data_response({**data, "comments": thread_data(page, absolute(path))}))


@csrf_exempt
@uncached_page
@require_POST
def article_read(request, article_id):
    """Count a reading; the request says nothing of who reads, and nothing of it is kept."""
    readings.add(article_id, network_of(request.client_address))
    return HttpResponse(status=204)


@cached_page(CONVERSATION)
def monthly_issue_detail(request, year, month):
    issues = MonthlyIssue.objects.published()
    issue = get_object_or_404(issues.for_page(), month__year=year, month__month=month)
    issue.note_read_at(issue.read_at)
    lead = issue.lead_article
    counts = counts_by_anchor(items_of=issue.lead_article_id)
    context = {
        "issue": issue,
        "articles": issue.articles.published().for_listing(),
        "previous": issues.filter(month__lt=issue.month).order_by("-month").first(),
        "next": issues.filter(month__gt=issue.month).order_by("month").first(),
        "item_links": item_links(issue, lead, counts),
        "line": month_line(year, month),
    }
    return render(request, "articles/monthly_issue_detail.html", context)


@uncached_page
def health(request):
    """Answer 200 when the database answers, else 503; say what runs to whom it concerns."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    told = version.lines() if version.may_know(request.client_address) else []
    return HttpResponse("".join(f"{line}\n" for line in ["ok", *told]), content_type="text/plain")


# Errors. None of these pages reads the database, but for the address of an old page, and for what
# is refused to staff.


def bad_request(request, exception=None):
    too_large = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
    return error_page(request, 413 if isinstance(exception, too_large) else 400)


def permission_denied(request, exception=None):
    if is_for_staff(request):
        return error_page(request, 403, needed=needed_permission(request, exception))
    return error_page(request, 403)


def csrf_failure(request, reason=""):
    return error_page(request, 403)


def no_such_page(request, **address):
    raise Http404


def page_not_found(request, exception=None):
    response = redirect_from_old_address(request) or redirect_from_former_address(request)
    if response:
        return response
    return error_page(request, 410 if is_in_trash(request) else 404)


def is_in_trash(request):
    """Tell whether a reader's address is one of an article that has been deleted."""
    match = request.resolver_match
    key = match.kwargs.get("article_id") if match and not is_for_staff(request) else None
    return key is not None and Article.objects.in_trash().filter(pk=key).exists()


def server_error(request):
    """Answer 500, or 503 when it is the database that is away."""
    # InternalError: a standby that only reads, in the moments of a failover.
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError | InternalError):
        return unavailable(request)
    return error_page(request, 500)


def too_many_requests(request, retry_after):
    response = error_page(request, 429, wait=wait_in_words(retry_after))
    response["Retry-After"] = str(retry_after)
    return response


def unavailable(request):
    response = error_page(request, 503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def crowded(request):
    """Say that too many are writing, and that the text is not lost."""
    response = error_page(request, 503, is_crowded=True)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def typed_text(request):
    """Return the text of the form that was on its way, or "" where the request cannot be read."""
    try:
        return request.POST.get("body") or request.POST.get("text", "")
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        return ""


def error_page(request, status, **context):
    """Return the page of an error; text that was on its way is shown, so that it is not lost."""
    context |= {"kept_text": typed_text(request)}
    if status in REFUSALS and is_for_staff(request):
        response = refusal_page(request, status, context)
    else:
        response = render(request, f"{status}.html", context, status=status)
    add_never_cache_headers(response)
    return response
