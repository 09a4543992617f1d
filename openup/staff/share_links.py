"""The page on which links for who has no account are made, listed and revoked."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from articles.admin.form_fields import row_of_key
from articles.admin.revision_views import revision_asked_for
from articles.models import Revision, ShareLink
from articles.models.share_link import LONGEST_DAYS
from comments.identity.rate_limits import SHARE_LINKS, spend
from openup.staff.article_or_month import row_to_work_on

MOST_REVISIONS = 50


class ShareLinkForm(forms.ModelForm):
    revision_number = forms.TypedChoiceField(
        label=gettext_lazy("What it shows"), required=False, coerce=int, empty_value=None
    )

    class Meta:
        model = ShareLink
        fields = ["purpose", "revision_number", "days"]
        widgets = {
            "purpose": forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
            "days": forms.NumberInput(attrs={"min": 1, "max": LONGEST_DAYS}),
        }

    def __init__(self, revisions, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["revision_number"].choices = [
            ("", _("Always the newest")),
            *((each.number, _("Revision %(name)s") % {"name": each}) for each in revisions),
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@admin.site.admin_view
@sensitive_variables("token", "address")
def share_links(request, model, object_id):
    model_admin, obj = row_to_work_on(request, model, object_id)
    if "revoke" in request.POST:
        return revoke(request, obj)
    revisions = list(Revision.objects.of(obj).for_listing()[:MOST_REVISIONS])
    asked = request.GET.get("revision", "")
    initial = {}
    if asked:
        chosen = revision_asked_for(obj, asked)
        initial["revision_number"] = chosen.number
        revisions += [] if chosen in revisions else [chosen]
    sent = [request.POST] if request.method == "POST" else []
    form = ShareLinkForm(revisions, *sent, initial=initial)
    address = ""
    if form.is_valid():
        spend(SHARE_LINKS, request.user.pk)
        link = form.save(commit=False)
        setattr(link, obj.review_field, obj)
        link.by, link.by_name = request.user, request.user.get_username()
        token = link.issue_token()
        model_admin.log_change(request, obj, _("Made a link for who has no account."))
        # Shown this once: no redirect could carry it, and nothing keeps it.
        address = settings.SITE_URL + reverse("shared", args=[token])
        form = ShareLinkForm(revisions)
    context = {
        **admin.site.each_context(request),
        "title": _("Links for who has no account: %(name)s") % {"name": obj},
        "opts": model_admin.opts,
        "object": obj,
        "form": form,
        "address": address,
        "links": obj.share_links.all(),
    }
    return TemplateResponse(request, "admin/articles/share_links.html", context)


def revoke(request, obj):
    link = row_of_key(obj.share_links, request.POST["revoke"])
    if link is None:
        raise Http404
    if link.is_open:
        link.revoke()
        model_admin = admin.site.get_model_admin(type(obj))
        model_admin.log_change(request, obj, _("Revoked a link for who has no account."))
    messages.success(request, _("The link shows nothing any more."))
    return redirect(request.path)
