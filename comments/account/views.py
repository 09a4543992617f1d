"""The commenter's desk: all that one address has written, opened by a link mailed to it.

Whoever holds the token in the address acts; there is no cookie. Nothing tells strangers whether an
address is known: asking for a link always does the same, and the worker decides what to send.
"""

import re
from functools import wraps

from django.core.paginator import Paginator
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.decorators.debug import sensitive_variables

from comments.account.forms import DeskEditForm, LinkForm, PasswordForm
from comments.identity import credentials
from comments.identity.rate_limits import (
    DESK_ACTS,
    DESK_PASSWORDS,
    editing,
    network_of,
    spend,
)
from comments.models import (
    Comment,
    EditConflict,
    MailLink,
    Outbox,
    ReplySubscription,
    Subscriber,
    Thread,
)
from comments.threads.views import answer_form, public_form

COMMENTS_PER_PAGE = 20
# What the list of comments says was just done, and to which of them: 0 for all.
OUTCOME = re.compile("(edited|deleted|password|notices|silence)-([0-9]{1,15})", re.ASCII)
Purpose = MailLink.Purpose


class Desk:
    """What an open desk gives access to: the comments of one address."""

    def __init__(self, key, link):
        self.key = key
        self.link = link
        self.address = link.plain_address
        self.digests = credentials.digests(self.address)

    @property
    def comments(self):
        return (
            Comment.objects.filter(email_digest__in=self.digests)
            .select_related("article", "reply_subscription")
            .defer("article__body", "article__body_html")
            .order_by("-created_at", "-pk")
        )

    @cached_property
    def subscriber(self):
        return Subscriber.objects.filter(email_digest__in=self.digests).first()

    def url(self, name, *arguments):
        return reverse(f"comments:{name}", args=[self.key, *arguments])

    def answer(self, outcome, comment_id=None):
        """Lead back to the list, which says what was done to the comment, or to all."""
        return redirect(f"{self.url('mine_list')}?done={outcome}-{comment_id or 0}#done")


def private(view):
    """Guard an address with a token in it: it is never kept, and no other page hears of it."""

    @public_form
    @wraps(view)
    def guarded(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        return response

    return guarded


def desk_view(view):
    """Let in who holds the key of an open desk; others read that it is closed, with their text."""

    @private
    @wraps(view)
    @sensitive_variables("key", "link", "desk")
    def opened(request, key, *args, **kwargs):
        link = MailLink.find(key, Purpose.DESK)
        if link is None:
            context = {"kept_text": request.POST.get("body", "")}
            return render(request, "comments/mine_closed.html", context, status=410)
        desk = Desk(key, link)
        if request.method == "POST":
            spend(DESK_ACTS, desk.address)
        return view(request, desk, *args, **kwargs)

    return opened


# The way in


@private
def mine(request):
    """Ask for the link."""
    form = LinkForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.submit(network_of(request.client_address))
        return redirect("comments:mine_sent")
    return answer_form(request, "comments/mine.html", {"form": form})


@private
def mine_sent(request):
    return render(request, "comments/mine_sent.html")


@private
@sensitive_variables()
def mine_open(request, token):
    """Show the mailed link's page, as often as a mail program looks ahead; POST uses it up."""
    link = MailLink.find(token, Purpose.OPEN_DESK)
    if link and request.method == "POST":
        with transaction.atomic():
            # Whoever comes second with the same link gets nothing.
            key = MailLink.issue(Purpose.DESK, link.plain_address) if link.use_up() else None
        if key:
            return redirect("comments:mine_list", key)
        link = None
    if link is None:
        return render(request, "comments/mine_closed.html", status=410)
    return render(request, "comments/mine_open.html")


# Inside


@desk_view
def mine_list(request, desk):
    page = Paginator(desk.comments, COMMENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"desk": desk, "page": page}
    if match := OUTCOME.fullmatch(request.GET.get("done", "")):
        done = next((comment for comment in page if comment.pk == int(match[2])), None)
        context |= {"outcome": match[1], "done": done}
    return render(request, "comments/mine_list.html", context)


@desk_view
def mine_edit(request, desk, comment_id):
    comment = get_object_or_404(desk.comments, pk=comment_id, state=Comment.State.PUBLISHED)
    initial = {"name": comment.name, "body": comment.body, "version": comment.edit_version}
    form = DeskEditForm(request.POST if request.method == "POST" else None, initial=initial)
    context = {"desk": desk, "comment": comment, "form": form}
    if form.is_valid() and form.spend(editing(comment.pk)):
        try:
            comment.edit(**form.cleaned_data, reasons=form.reasons_to_hold(comment))
            return desk.answer("edited", comment.pk)
        except EditConflict:
            comment = get_object_or_404(desk.comments, pk=comment_id, state=Comment.State.PUBLISHED)
            form.accept_version(comment.edit_version)
            context |= {"comment": comment, "has_conflict": True}
    return answer_form(request, "comments/mine_edit.html", context)


@desk_view
def mine_password(request, desk, comment_id=None):
    """Set the password anew, of one comment or of all."""
    # The digest is asked for again by the update itself: a comment wiped meanwhile has none.
    comments = Comment.objects.filter(email_digest__in=desk.digests)
    if comment_id is not None:
        comments = comments.filter(pk=comment_id)
        get_object_or_404(comments)
    form = PasswordForm(request.POST if request.method == "POST" else None, address=desk.address)
    if form.is_valid() and form.spend([(DESK_PASSWORDS, desk.address)]):
        form.submit(comments)
        return desk.answer("password", comment_id)
    context = {"desk": desk, "form": form, "comment_id": comment_id}
    return answer_form(request, "comments/mine_password.html", context)


@desk_view
def mine_delete(request, desk, comment_id):
    comment = get_object_or_404(desk.comments, pk=comment_id)
    if request.method == "POST":
        comment.delete_by_author()
        return desk.answer("deleted")
    return render(request, "comments/mine_delete.html", {"desk": desk, "comment": comment})


@desk_view
def mine_notices(request, desk, comment_id=None):
    """Begin or end the notices of replies to one comment, or end all; the address is proved."""
    if request.method != "POST":
        return redirect("comments:mine_list", desk.key)
    if comment_id is None:
        Subscriber.objects.filter(email_digest__in=desk.digests).delete()
        return desk.answer("silence")
    comment = get_object_or_404(desk.comments, pk=comment_id)
    if request.POST.get("want") == "1":
        ReplySubscription.begin(desk.address, comment)
        return desk.answer("notices", comment_id)
    ReplySubscription.end_for([comment])
    return desk.answer("silence", comment_id)


@desk_view
def mine_download(request, desk):
    """Answer with everything that the address has written, as a JSON file."""
    spend(DESK_ACTS, desk.address)
    comments = desk.comments.prefetch_related("revisions")
    data = {
        "exported_at": timezone.now(),
        "email": desk.address,
        "comments": [comment_data(request, comment) for comment in comments],
    }
    options = {"ensure_ascii": False, "indent": 2}
    response = JsonResponse(data, json_dumps_params=options)
    response["Content-Disposition"] = 'attachment; filename="my-comments.json"'
    return response


def comment_data(request, comment):
    article = comment.article
    return {
        "id": comment.pk,
        "url": request.build_absolute_uri(comment.get_permalink()),
        "article": {
            "title": article.full_title,
            "url": request.build_absolute_uri(article.get_absolute_url()),
        },
        "in_reply_to": comment.parent_id,
        "state": comment.state,
        "name": comment.name,
        "text": comment.body,
        "written_at": comment.created_at,
        "edited_at": comment.edited_at,
        "hears_of_replies": hasattr(comment, "reply_subscription"),
        "earlier_texts": [
            {
                "name": revision.name,
                "text": revision.body,
                "written_at": revision.written_at,
                "removed_at": revision.removed_at,
            }
            for revision in comment.revisions.all()
        ],
    }


@desk_view
def mine_erase(request, desk):
    """Erase everything: comments, earlier texts, notices, mails on their way, the desk itself."""
    if request.method != "POST":
        return render(request, "comments/mine_erase.html", {"desk": desk})
    desk.comments.erase()
    with transaction.atomic():
        Subscriber.objects.filter(email_digest__in=desk.digests).delete()
        Outbox.objects.waiting().filter(recipient_digest__in=desk.digests).delete()
        desk.link.use_up()
    return render(request, "comments/mine_erased.html")


@desk_view
def mine_leave(request, desk):
    if request.method == "POST":
        desk.link.use_up()
        return redirect("comments:mine")
    return redirect("comments:mine_list", desk.key)


# Notices of replies


@private
@sensitive_variables()
def notices_confirm(request, token):
    """Begin the notices that were asked for with the comment, once the address confirms."""
    link = MailLink.find(token, Purpose.CONFIRM)
    is_done = False
    if link and request.method == "POST":
        with transaction.atomic():
            Thread.lock(link.comment.article)
            link.comment.refresh_from_db(fields=["email_digest"])
            # A comment that was deleted meanwhile is nobody's any more.
            is_own = credentials.digest_matches(link.comment.email_digest, link.plain_address)
            is_done = link.use_up() and is_own
            if is_done:
                ReplySubscription.begin(link.plain_address, link.comment)
    if link is None or (request.method == "POST" and not is_done):
        return render(request, "comments/mine_closed.html", status=410)
    context = {"comment": link.comment, "is_done": is_done}
    return render(request, "comments/notices_confirm.html", context)


@private
def notices_stop(request, token):
    """End all notices of a subscriber; a mail program posts here by itself (RFC 8058)."""
    subscribers = Subscriber.objects.filter(stop_token=token)
    if request.method == "POST":
        subscribers.delete()
    context = {"is_done": not subscribers.exists()}
    return render(request, "comments/notices_stop.html", context)
