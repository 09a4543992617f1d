"""Readers tell the staff of a comment; nobody needs an account for it."""

from django.shortcuts import get_object_or_404, render

from comments.identity.rate_limits import REPORTS_PER_NETWORK, TAKEDOWNS_PER_NETWORK, network_of
from comments.models import Comment, Report
from comments.moderation.report_forms import ReportForm, TakedownForm
from comments.threads.views import answer_form, public_form

State = Comment.State


def public_comment(comment_id):
    comments = Comment.objects.public().with_block()
    return get_object_or_404(comments, pk=comment_id, state=State.PUBLISHED)


@public_form
def comment_report(request, comment_id):
    """Take a report; a second one from the same network is thanked for like the first."""
    comment = public_comment(comment_id)
    form = ReportForm(request.POST if request.method == "POST" else None)
    context = {"article": comment.article, "comment": comment, "form": form}
    network = network_of(request.client_address)
    if form.is_valid() and form.spend([(REPORTS_PER_NETWORK, network)]):
        Report(comment=comment, **form.cleaned_data).file(network)
        return render(request, "comments/comment_reported.html", context)
    return answer_form(request, "comments/comment_report.html", context)


@public_form
def takedown_create(request, comment_id):
    """Take a request to take the comment down (정보통신망법 §44의2)."""
    comment = public_comment(comment_id)
    form = TakedownForm(request.POST if request.method == "POST" else None)
    context = {"article": comment.article, "comment": comment, "form": form}
    network = network_of(request.client_address)
    if form.is_valid() and form.spend([(TAKEDOWNS_PER_NETWORK, network)]):
        form.submit(comment)
        return render(request, "comments/takedown_received.html", context)
    return answer_form(request, "comments/takedown_form.html", context)
