from django.contrib import admin, messages
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from articles.admin.model_admin import StaffModelAdmin, require
from comments.admin.comment import ReasonForm
from comments.models import CommentRevision, ModerationEvent


@admin.register(CommentRevision)
class CommentRevisionAdmin(StaffModelAdmin):
    """Earlier texts, which a comment's own page shows; here staff wipe one."""

    def has_module_permission(self, request):
        return False

    def get_urls(self):
        address = "<key:comment_id>/<key:version>/remove/"
        view = self.admin_site.admin_view(self.remove_view)
        return [path(address, view, name="comments_commentrevision_remove")]

    def remove_view(self, request, comment_id, version):
        """Ask for the reason, then wipe the text and leave an event."""
        require(request, "comments.moderate_comment")
        revision = get_object_or_404(
            CommentRevision.objects.select_related("comment__article"),
            comment=comment_id,
            version=version,
        )
        form = ReasonForm(
            ModerationEvent.Action.REMOVE_REVISION,
            request.POST if request.method == "POST" else None,
        )
        if not revision.removed_at and form.is_valid():
            reason = form.cleaned_data["reason"]
            revision.comment.remove_revision(version, by=request.user, reason=reason)
            messages.success(request, _("The earlier text was removed."))
            return redirect("admin:comments_comment_change", comment_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Remove an earlier text"),
            "opts": revision.comment._meta,
            "media": self.media,
            "revision": revision,
            "form": form,
        }
        return TemplateResponse(request, "admin/comments/comment/remove_revision.html", context)
