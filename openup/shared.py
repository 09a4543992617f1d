"""What a share link shows to who has no account: an article or a month, as readers would see it."""

import re
from contextlib import nullcontext
from functools import wraps

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from articles.admin.revision_views import newest_number
from articles.article_loading import load_any_article
from articles.bundle.data import LoadError
from articles.desk import waiting_changes
from articles.desk.remarks import NamedRemarkForm
from articles.models import Article, Revision, ShareLink
from comments.identity.rate_limits import (
    REMARKS_OF_LINK,
    SHARED_READINGS,
    SHARED_REMARKS,
    network_of,
    spend,
    spend_all,
)
from comments.threads.views import public_form
from openup.staff.previews.article import draw_article
from openup.staff.previews.issue import draw_issue

# Who looks at a link to show what it leads to, or before anybody has followed it.
_MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|scrap|preview|facebookexternalhit|whatsapp|yeti/", re.I
)


def private_address(view):
    """Guard an address that is a key: no copy is kept, nobody lists it or hears of it."""

    @public_form
    @wraps(view)
    def guarded(request, *args, **kwargs):
        # Whoever comes here is nobody of the staff, whatever the request carries.
        request.user = AnonymousUser()
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return guarded


@private_address
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def shared(request, token):
    """Show what the link stands for, and take remarks on it.

    What it stands for no longer is one page for every reason.
    """
    network = network_of(request.client_address)
    spend(SHARED_READINGS, network)
    link = ShareLink.objects.find(token)
    form = NamedRemarkForm(request.POST if request.method == "POST" else None, auto_id="remark_%s")
    try:
        if link is None or is_withdrawn(link.target):
            raise Http404
        if form.is_valid():
            spend_all([(SHARED_REMARKS, network), (REMARKS_OF_LINK, link.pk)])
            number = link.revision_number or newest_number(link.target)
            name = form.cleaned_data["name"]
            form.save(link.target, name=name, revision_number=number, link=link)
            return redirect(f"{request.path}?remark=sent#remark-form")
        response = draw_shared(request, link, form)
    except (Http404, LoadError):
        context = {"kept_text": request.POST.get("text", "")}
        return render(request, "shared_gone.html", context, status=404)
    if is_opening(request):
        link.count_opening()
    return response


def is_opening(request):
    """Tell whether somebody opens the page, as far as a request tells."""
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
    is_machine = _MACHINES.search(request.headers.get("User-Agent", ""))
    return request.method == "GET" and "prefetch" not in purpose and not is_machine


def is_withdrawn(target):
    is_article = isinstance(target, Article)
    return is_article and bool(target.trashed_at or target.state == Article.State.WITHDRAWN)


def draw_shared(request, link, form):
    """Draw what the link shows; raises Http404 and what reading a revision does."""
    context = {
        "shared": link,
        "remark_form": form,
        "remark_action": request.path,
        "remark_done": request.GET.get("remark") == "sent",
    }
    with rows_of(link):
        if link.issue_id:
            return draw_issue(request, link.issue_id, **context)
        article = load_any_article(link.article_id)
        # What is shared is the article alone.
        article.monthly_issue = article.public_issue
        return draw_article(request, article, **context)


def rows_of(link):
    """Return a context in which the rows say what the link shows."""
    target = link.target
    change = waiting_changes.of(target) if link.article_id else None
    if link.revision_number is None:
        if change is None:
            return nullcontext()
        return waiting_changes.rows_saying(waiting_changes.fitted(change))
    revisions = Revision.objects.of(target).select_related("base")
    revision = revisions.filter(number=link.revision_number).first()
    if revision is None:
        raise Http404
    return waiting_changes.rows_of_revision(target, revision)
