"""Staff write in their own name: answers, notes to one another, and what stands above a thread."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.model_admin import require
from articles.fields import LineFormField
from articles.models import Article
from comments.models import Comment, EditConflict
from comments.threads.forms import BodyField, CommentEditForm
from comments.threads.text import MAX_NAME_CHARACTERS


class AnswerForm(forms.Form):
    """A comment of the staff: a name that readers see, and the text."""

    name = LineFormField(
        label=gettext_lazy("Name that readers see"),
        max_length=MAX_NAME_CHARACTERS,
        help_text=gettext_lazy("A badge beside it says that it is the staff's."),
    )
    body = BodyField(
        label=gettext_lazy("Text"),
        error_messages={"required": gettext_lazy("Write something.")},
        help_text=gettext_lazy("Up to 5,000 characters of plain text."),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    accept_version = CommentEditForm.accept_version


class NoteForm(forms.Form):
    text = LineFormField(
        label=gettext_lazy("Note for the other moderators"),
        max_length=300,
        widget=forms.TextInput(attrs={"size": 60}),
    )


def answer_view(request, comment_id, model_admin):
    """Answer a comment in the staff's name."""
    require(request, "comments.answer_comment")
    parent = get_object_or_404(Comment.objects.select_related("article"), pk=comment_id)
    if not parent.is_readable:
        messages.warning(request, _("Readers do not see this comment, so it takes no answer."))
        if model_admin.has_view_permission(request, parent):
            return redirect("admin:comments_comment_change", parent.pk)
        return redirect("article_preview", parent.article_id)
    return write(request, model_admin, parent.article, parent)


def write_view(request, article_id, model_admin):
    """Write below an article in the staff's name."""
    require(request, "comments.answer_comment")
    article = get_object_or_404(Article.objects.published(), pk=article_id)
    return write(request, model_admin, article, None)


def write(request, model_admin, article, parent):
    initial = {"name": request.user.get_full_name() or settings.SITE_NAME}
    form = AnswerForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        comment = Comment(
            article=article,
            parent=parent,
            staff=request.user,
            name=form.cleaned_data["name"],
            body=form.cleaned_data["body"],
        )
        try:
            comment = comment.post()
        except EditConflict:
            form.add_error(None, _("The comment that you are replying to has gone."))
        else:
            messages.success(request, _("The comment has been posted."))
            return redirect("admin:comments_comment_change", comment.pk)
    title = _("Answer as staff") if parent else _("Write a comment as staff")
    return answer_page(request, model_admin, title, form, article, parent)


def edit_view(request, comment_id, model_admin):
    """Edit a comment of the staff; that of a commenter is its own writer's alone."""
    comment = get_object_or_404(Comment.objects.select_related("article"), pk=comment_id)
    require(request, permission_to_edit(request, comment))
    if not comment.staff_id or not comment.is_visible:
        raise Http404
    initial = {"name": comment.name, "body": comment.body, "version": comment.edit_version}
    form = AnswerForm(request.POST if request.method == "POST" else None, initial=initial)
    now = None
    if form.is_valid():
        fields = form.cleaned_data
        try:
            comment.edit(body=fields["body"], name=fields["name"], version=fields["version"])
        except EditConflict:
            comment.refresh_from_db()
            now = comment if comment.is_visible else None
            form.accept_version(comment.edit_version)
            form.add_error(
                None,
                _(
                    "Somebody else has changed it since you opened it. Nothing of yours is lost: it"
                    " stands below. Send it once more to put it in the place of the other text."
                ),
            )
        else:
            messages.success(request, _("The comment has been changed."))
            return redirect("admin:comments_comment_change", comment.pk)
    title = _("Edit the staff's comment")
    return answer_page(request, model_admin, title, form, comment.article, now)


def permission_to_edit(request, comment):
    """Return what it takes to edit the staff's comment: another's is a moderator's to edit."""
    is_own = comment.staff_id in {None, request.user.pk}
    return "comments.answer_comment" if is_own else "comments.moderate_comment"


def answer_page(request, model_admin, title, form, article, parent):
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "media": model_admin.media,
        "article": article,
        "parent": parent,
        "form": form,
    }
    return TemplateResponse(request, "admin/comments/answer.html", context)


def note_view(request, comment_id):
    """Leave a note with a comment for the other moderators."""
    require(request, "comments.moderate_comment")
    comment = get_object_or_404(Comment, pk=comment_id)
    form = NoteForm(request.POST)
    if form.is_valid():
        comment.note(form.cleaned_data["text"], by=request.user)
        messages.success(request, _("The note has been kept."))
    else:
        messages.error(request, _("Note: %(error)s") % {"error": form.errors["text"][0]})
    return redirect("admin:comments_comment_change", comment.pk)


def pin_view(request, comment_id):
    """Show a comment above its thread, in the place of another one."""
    return set_pin(request, comment_id, Comment.pin, _("The comment is pinned."))


def unpin_view(request, comment_id):
    return set_pin(request, comment_id, Comment.unpin, _("The comment is no longer pinned."))


def set_pin(request, comment_id, operation, done):
    require(request, "comments.moderate_comment")
    comment = get_object_or_404(Comment.objects.select_related("article"), pk=comment_id)
    if operation(comment, by=request.user):
        messages.success(request, done)
    else:
        messages.warning(request, _("This does not apply to the comment as it is now."))
    return redirect("admin:comments_comment_change", comment.pk)
