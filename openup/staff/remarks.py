"""Remarks at the desk: those on one article or month, and all that wait for whoever asks."""

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from articles.admin.base import may_publish
from articles.admin.form_fields import row_of_key
from articles.admin.model_admin import PermissionMissing
from articles.admin.revision_views import newest_number, revision_asked_for
from articles.desk.remark_places import passages_of
from articles.desk.remarks import LineRemarkForm, RemarkForm, threads_of
from articles.models import Remark
from comments.identity.rate_limits import REMARKS, spend
from openup.staff.article_or_month import row_to_work_on


@require_http_methods(["GET", "HEAD", "POST"])
@admin.site.admin_view
def remarks(request, model, object_id):
    model_admin, obj = row_to_work_on(request, model, object_id)
    for act in (settle, reopen, delete):
        if act.__name__ in request.POST:
            return act(request, obj)
    is_reply = "reply" in request.POST
    answered = reply(request, obj) if is_reply else {}
    if not isinstance(answered, dict):
        return answered
    passages = passages_of(obj)
    is_sent = request.method == "POST" and not is_reply
    form = LineRemarkForm(passages, *([request.POST] if is_sent else []))
    if form.is_valid():
        spend(REMARKS, request.user.pk)
        user = {"author": request.user, "name": request.user.get_username()}
        remark = form.save(obj, revision_number=shown_number(request, obj), **user)
        messages.success(request, _("The remark is there."))
        return redirect(f"{request.path}#remark-{remark.pk}")
    context = {
        **admin.site.each_context(request),
        "title": _("Remarks: %(name)s") % {"name": obj},
        "opts": model_admin.opts,
        "object": obj,
        "form": form,
        "threads": [(*thread, may_delete(request, thread[0])) for thread in threads_of(obj)],
        "preview": preview_of(obj),
        **answered,
    }
    return TemplateResponse(request, "admin/articles/remarks.html", context)


def preview_of(obj):
    name = {"article": "article_preview", "monthlyissue": "issue_preview"}[obj._meta.model_name]
    return reverse(name, args=[obj.pk])


def shown_number(request, obj):
    """Return the number of the revision that the remark was made upon."""
    asked = request.GET.get("revision", "")
    return revision_asked_for(obj, asked).number if asked else newest_number(obj)


def chosen(request, obj, act):
    remark = row_of_key(obj.remarks.filter(parent=None), request.POST[act])
    if remark is None:
        raise Http404
    return remark


def settle(request, obj):
    remark = chosen(request, obj, "settle")
    remark.settle(by=request.user)
    messages.success(request, _("The remark is settled."))
    return redirect(f"{request.path}#remark-{remark.pk}")


def reopen(request, obj):
    remark = chosen(request, obj, "reopen")
    remark.reopen()
    messages.success(request, _("The remark is open again."))
    return redirect(f"{request.path}#remark-{remark.pk}")


def may_delete(request, remark):
    """Tell whether a settled thread may go: its first writer's, and whoever may publish."""
    is_own = remark.author_id == request.user.pk
    return remark.settled_at is not None and (is_own or may_publish(request))


def delete(request, obj):
    """Delete a settled thread: what was said of somebody need not stay for ever."""
    remark = chosen(request, obj, "delete")
    if not may_delete(request, remark):
        raise PermissionMissing("articles.publish_article")
    remark.delete()
    model_admin = admin.site.get_model_admin(type(obj))
    model_admin.log_change(request, obj, _("Deleted a settled remark."))
    messages.success(request, _("The remark and its answers are deleted."))
    return redirect(request.path)


def reply(request, obj):
    """Store an answer and lead to it, or return what its page says of one that cannot be."""
    remark = chosen(request, obj, "reply")
    text = request.POST.get("answer", "")
    form = RemarkForm({"text": text})
    if not form.is_valid():
        return {"reply_to": remark.pk, "reply_text": text, "reply_errors": form.errors["text"]}
    spend(REMARKS, request.user.pk)
    user = {"author": request.user, "name": request.user.get_username()}
    form.save(obj, parent=remark, revision_number=newest_number(obj), **user)
    messages.success(request, _("The answer is there."))
    return redirect(f"{request.path}#remark-{remark.pk}")


@require_safe
@admin.site.admin_view
def my_remarks(request):
    """List what others say, and is not settled, of what whoever asks has written."""
    found = Remark.objects.for_writer(request.user).threads()
    found = [each for each in found.select_related("article", "issue") if may_read(request, each)]
    context = {
        **admin.site.each_context(request),
        "title": _("Remarks on what I wrote"),
        "rows": [(each, page_of(each)) for each in found],
    }
    return TemplateResponse(request, "admin/articles/my_remarks.html", context)


def may_read(request, remark):
    return admin.site.get_model_admin(type(remark.target)).may(request, "change")


def page_of(remark):
    target = remark.target
    address = reverse("remarks", args=[target._meta.model_name, target.pk])
    return f"{address}#remark-{remark.pk}"


def remark_context(request, obj, number=None):
    """Return what a preview of staff's needs to take remarks of who may leave them.

    It shows the revision `number`, or the newest text.
    """
    if not admin.site.get_model_admin(type(obj)).may(request, "change"):
        return {}
    return {
        "remark_form": RemarkForm(auto_id="remark_%s"),
        "remark_action": reverse("remarks", args=[obj._meta.model_name, obj.pk])
        + (f"?revision={number}" if number else ""),
    }
