"""Readers tell the staff of a comment; nobody needs an account for it."""

from django.shortcuts import get_object_or_404, render

from comments.limits import (
    REPORTS_PER_NETWORK,
    TAKEDOWNS_PER_NETWORK,
    LimitReached,
    network_of,
    spend,
)
from comments.models import Comment, Report
from comments.report_forms import ReportForm, TakedownForm
from comments.views import public_form

State = Comment.State


def public_comment(comment_id):
    comments = Comment.objects.public().with_block()
    return get_object_or_404(comments, pk=comment_id, state=State.PUBLISHED)


@public_form
def comment_report(request, comment_id):
    """Take a report; a second one from the same network is thanked for like the first."""
    comment = public_comment(comment_id)
    form = ReportForm(request.POST if request.method == "POST" else None)
    if is_taken(request, form, REPORTS_PER_NETWORK):
        network = network_of(request.client_address)
        Report(comment=comment, **form.cleaned_data).file(network)
        return answer(request, "comments/comment_reported.html", comment, form)
    return answer(request, "comments/comment_report.html", comment, form)


@public_form
def takedown_create(request, comment_id):
    """Take a request to take the comment down (정보통신망법 §44의2)."""
    comment = public_comment(comment_id)
    form = TakedownForm(request.POST if request.method == "POST" else None)
    if is_taken(request, form, TAKEDOWNS_PER_NETWORK):
        form.submit(comment)
        return answer(request, "comments/takedown_received.html", comment, form)
    return answer(request, "comments/takedown_form.html", comment, form)


def is_taken(request, form, limit):
    """Tell whether the form was sent, is good, and its network has not sent too many."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        spend(limit, network_of(request.client_address))
    except LimitReached as refusal:
        form.refuse(refusal)
        return False
    return True


def answer(request, template, comment, form):
    context = {"article": comment.article, "comment": comment, "form": form}
    status = 429 if form.retry_after else 422 if form.errors else 200
    response = render(request, template, context, status=status)
    if form.retry_after:
        response["Retry-After"] = str(form.retry_after)
    return response
