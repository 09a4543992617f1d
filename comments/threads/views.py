from functools import partial, wraps
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db.models.functions import Now
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from articles.models import CONVERSATION, Article
from articles.page_caching import FOR_ONE_READER, NUMBER, cached_page, uncached_page
from comments.identity.rate_limits import editing, network_of
from comments.models import Comment, EditConflict, SubmissionConflict, SubmissionDeleted
from comments.models.revision import VERSIONS_PER_PAGE
from comments.models.thread import page_of
from comments.threads.anchors import FIGURES, about_address, entry_choices, find_anchor
from comments.threads.forms import CommentEditForm, CommentForm, FigureReportForm, PairForm
from comments.threads.history import history_page
from comments.threads.pages import answer_with, branch_page, read_page_number
from comments.threads.rendering import draw_branches

State = Comment.State

# Put together once: every post asks it.
_PUBLISHED = Article.objects.published().defer("body", "body_html")
# Of what is said about one row; the thread has the rest.
SAID_SHOWN = 20


def public_form(view):
    """Guard a form that anyone may send: nothing of its answer is kept, and it is not large.

    It needs no CSRF token: it acts on the pair in the request alone, and CrossSiteMiddleware
    refuses cross-site posts.
    """

    @csrf_exempt
    @uncached_page
    @wraps(view)
    def guarded(request, *args, **kwargs):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.PUBLIC_REQUEST_BYTES:
            raise RequestDataTooBig
        return view(request, *args, **kwargs)

    return guarded


@public_form
def comment_create(request, article_id):
    """Post a comment; asked for with an anchor, show what is said about it and the form."""
    article = get_object_or_404(_PUBLISHED, pk=article_id)
    fields = request.POST if request.method == "POST" else request.GET
    anchor = find_anchor(article, fields.get("about", ""))
    is_report = fields.get("kind") == Comment.Kind.FIGURE_ERROR
    if request.method != "POST" and not (anchor or is_report):
        is_choice = fields.get("about") == FIGURES and article.takes_comments
        if is_choice and (choices := entry_choices(article)):
            context = {"article": article, "choices": choices}
            return render(request, "comments/figure_choice.html", context)
        return redirect(article.get_absolute_url() + "#comment-form")
    make_form = FigureReportForm if is_report else CommentForm
    return post_comment(request, article, make_form=make_form, anchor=anchor)


@public_form
def comment_reply(request, comment_id):
    parents = Comment.objects.public().with_block()
    parent = get_object_or_404(parents, pk=comment_id, state=State.PUBLISHED)
    if parent.is_blocked:
        return answer_blocked(request, parent)
    return post_comment(request, parent.article, parent)


def post_comment(request, article, parent=None, anchor=None, make_form=CommentForm):
    """Show the form for a comment on `article` or what it shows, or for a reply; or post it."""
    form = make_form(
        request.POST if request.method == "POST" else None,
        article=article,
        parent=parent,
        anchor=anchor,
        initial={"submission_key": partial(get_random_string, 32)},
    )
    if not article.takes_comments and (request.method == "POST" or not anchor):
        # The page says so in the form's place and gives back what was typed.
        form.refusal_status = 403
    elif form.is_valid():
        try:
            if comment := form.submit(network_of(request.client_address)):
                is_mailed = form.cleaned_data["is_notified"]
                return answer_writer(request, comment, "mailed" if is_mailed else "posted")
        except SubmissionConflict:
            form.add_error("body", _("This comment has already been sent with another text."))
        except SubmissionDeleted:
            form.offer_anew()
        except EditConflict:
            form.refuse(409, _("The comment that you are replying to has gone."))
    context = {"article": article, "parent": parent, "form": form, "anchor": anchor}
    if anchor:
        context |= {
            "said": Comment.objects.latest().about(anchor).filter(article=article)[:SAID_SHOWN],
            "comment_address": about_address(article, anchor.key),
            "report_address": about_address(article, anchor.key, kind=FigureReportForm.kind.value),
        }
    return answer_form(request, "comments/comment_form.html", context)


# Its article is not in the address, so it is made anew with every change of any thread.
@cached_page(CONVERSATION, query={"page": NUMBER, "done": FOR_ONE_READER})
def comment_detail(request, comment_id):
    """Lead a comment's short address to its place; a root with a long branch is a page itself."""
    shown = Comment.objects.public().drawn().with_block().without_pair().annotate(read_at=Now())
    comment = get_object_or_404(shown, pk=comment_id)
    if comment.branch_page > 1:
        root = Comment.objects.only("pk").get(
            article=comment.article, root_number=comment.root_number, reply_number=0
        )
        query = f"page={comment.branch_page}&comment={comment.pk}"
        if done := request.GET.get("done"):
            return redirect(f"{root.get_permalink()}?{query}&{urlencode({'done': done})}#done")
        return redirect(f"{root.get_permalink()}?{query}#comment-{comment.pk}")
    page = branch_page(comment, request.GET) if not comment.parent_id else None
    if not page or page.last == 1:
        return redirect(comment)
    article = comment.article
    article.read_at = comment.read_at
    takes_replies = article.takes_comments and comment.is_readable
    context = {
        "article": article,
        "root": comment,
        "page": page,
        "branches": mark_safe(draw_branches(page, article)),  # noqa: S308 - escaped there
        **page.series(comment.get_permalink()),
        "form": CommentForm(article=article, parent=comment) if takes_replies else None,
    }
    return answer_with(page, render(request, "comments/comment_detail.html", context))


# No search engine takes up what its writer has changed since: _base.html says noindex.
@cached_page(CONVERSATION, query={"page": NUMBER})
def comment_history(request, comment_id):
    comments = Comment.objects.public().with_block().without_pair()
    comment = get_object_or_404(comments, pk=comment_id, state=State.PUBLISHED, is_blocked=False)
    page = history_page(comment, read_page_number(request.GET.get("page", "")))
    context = {"article": comment.article, "comment": comment, "history": page}
    return answer_with(page, render(request, "comments/comment_history.html", context))


@public_form
def comment_revision_remove(request, comment_id, version):
    """Ask for the comment's pair and wipe one of its earlier texts."""
    comment = get_object_or_404(
        Comment.objects.public(), pk=comment_id, state__in=[State.PUBLISHED, State.HIDDEN]
    )
    revision = get_object_or_404(comment.revisions, version=version, removed_at=None)
    form = PairForm(request.POST if request.method == "POST" else None)
    context = {"article": comment.article, "comment": comment, "revision": revision, "form": form}
    if form.is_valid() and form.opens(comment, network_of(request.client_address)):
        comment.remove_revision(version)
        # As with a new comment, past every cache.
        query = f"page={page_of(version, VERSIONS_PER_PAGE)}&comment={comment.pk}"
        history = reverse("comments:comment_history", args=[comment.pk])
        return redirect(f"{history}?{query}#version-{version}")
    return answer_form(request, "comments/comment_revision_remove.html", context)


@public_form
def comment_edit(request, comment_id):
    comments = Comment.objects.public().with_block()
    comment = get_object_or_404(comments, pk=comment_id, state=State.PUBLISHED)
    if comment.is_blocked:
        return answer_blocked(request, comment)
    initial = {"name": comment.name, "body": comment.body, "version": comment.edit_version}
    form = CommentEditForm(request.POST if request.method == "POST" else None, initial=initial)
    context = {"article": comment.article, "comment": comment, "form": form}
    if (
        form.is_valid()
        and form.opens(comment, network_of(request.client_address))
        and form.spend(editing(comment.pk))
    ):
        try:
            comment.edit(
                body=form.cleaned_data["body"],
                name=form.cleaned_data["name"],
                version=form.cleaned_data["version"],
                reasons=form.reasons_to_hold(comment),
            )
            return answer_writer(request, comment, "edited")
        except EditConflict:
            comment = get_object_or_404(comments, pk=comment_id, state=State.PUBLISHED)
            form.accept_version(comment.edit_version)
            context |= {"comment": comment, "has_conflict": True}
    return answer_form(request, "comments/comment_edit.html", context)


@public_form
def comment_delete(request, comment_id):
    comments = Comment.objects.public().with_block()
    comment = get_object_or_404(comments, pk=comment_id, state__in=[State.PUBLISHED, State.HIDDEN])
    form = PairForm(request.POST if request.method == "POST" else None)
    context = {"article": comment.article, "comment": comment, "form": form}
    if form.is_valid() and form.opens(comment, network_of(request.client_address)):
        comment.delete_by_author()
        return redirect(comment.get_outcome_url("deleted"))
    return answer_form(request, "comments/comment_delete.html", context)


def answer_writer(request, comment, outcome):
    """Lead the writer to the comment's place, which says `outcome`, or say why it is not there."""
    if comment.is_visible:
        return redirect(comment.get_outcome_url(outcome))
    context = {"article": comment.article, "comment": comment, "outcome": outcome}
    return render(request, "comments/comment_held.html", context)


def answer_blocked(request, comment):
    """Say until when a takedown keeps the text out of sight; its author may still delete it."""
    context = {"article": comment.article, "comment": comment}
    return render(request, "comments/comment_blocked.html", context, status=403)


def answer_form(request, template, context):
    """Show a form (again), with everything typed kept but the password."""
    form = context["form"]
    status = form.refusal_status or (422 if request.method == "POST" else 200)
    response = render(request, template, context | {"status": status}, status=status)
    if form.retry_after:
        response["Retry-After"] = str(form.retry_after)
    return response
