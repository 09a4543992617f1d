from contextlib import contextmanager, nullcontext

from django import forms
from django.apps import apps
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from articles.admin.edit_conflicts import EditConflictAdmin, EditConflictForm, own_fields
from articles.admin.form_fields import FORM_FIELDS
from articles.admin.model_admin import StaffModelAdmin
from articles.admin.publishing import CheckedAdmin, ReasonedForm
from articles.admin.revisions import NotedForm, RevisedAdmin
from articles.models import Release, WorkingCopy, recheck_releases, take_off_releases
from articles.models.review import UNPUBLISHED_STATES


class PublishedModelForm(ReasonedForm, NotedForm, EditConflictForm):
    """Offer the published states to publishers only; the admin sets `may_publish`."""

    may_publish = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "state" in self.fields and not self.may_publish:
            choices = self.fields["state"].choices
            self.fields["state"].choices = [
                (value, label) for value, label in choices if value in UNPUBLISHED_STATES
            ]

    def clean(self):
        super().clean()
        if not self.may_save():
            raise ValidationError(_("This has been published; only publishers change it."))

    def may_save(self):
        is_new = self.instance.pk is None
        return is_new or self.may_publish or self.instance.state in UNPUBLISHED_STATES


class StoredModelAdmin(EditConflictAdmin, StaffModelAdmin):
    """Save by the model's own `store`, and make stale what showed a row that is deleted."""

    class Media:
        js = ["manage/manage.js", forms.Script("manage/working_copy.js", defer=True)]

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        context = {"show_save_and_add_another": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def construct_change_message(self, request, form, formsets, add=False):
        """Name fields as the catalogue does, which translates the history when it is read."""
        message = super().construct_change_message(request, form, formsets, add)
        with override(None):
            names = {
                str(capfirst(field.verbose_name)): str(field.verbose_name)
                for model in [self.model, *(formset.model for formset in formsets or [])]
                for field in own_fields(model)
            }
        for part in message:
            for change in part.values():
                if "fields" in change:
                    change["fields"] = [names.get(label, label) for label in change["fields"]]
        return message

    def get_deleted_objects(self, objs, request):
        """Leave out the rows that only link; they have no name to show."""
        listed, counts, *others = super().get_deleted_objects(objs, request)
        models = set(apps.get_models(include_auto_created=True)) - set(apps.get_models())
        links = [model._meta for model in models]
        prefixes = tuple(f"{capfirst(link.verbose_name)}: " for link in links)
        hidden = {str(link.verbose_name_plural) for link in links}
        counts = {name: count for name, count in counts.items() if str(name) not in hidden}
        return without_lines(listed, prefixes), counts, *others

    def save_model(self, request, obj, form, change):
        obj.store()

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        WorkingCopy.objects.drop(request.user, request.POST.get("working_copy", ""))

    def delete_model(self, request, obj):
        with transaction.atomic():
            self.let_go(request, obj)
            obj.delete()

    def delete_queryset(self, request, queryset):
        with transaction.atomic():
            for obj in queryset:
                self.let_go(request, obj)
            queryset.delete()

    def let_go(self, request, obj):
        """Make stale what showed `obj`, which is about to be deleted."""
        self.raise_page_versions(obj)

    def raise_page_versions(self, obj):
        obj.raise_page_versions()

    def telling_taken_off(self, request, obj):
        """Return a context after which it is told which releases of `obj` it has taken off."""
        return nullcontext()


class ReleasedModelAdmin(StoredModelAdmin):
    """What may be part of a release: it is checked after each save, and taken off when it goes."""

    def get_object(self, request, object_id, from_field=None):
        obj = super().get_object(request, object_id, from_field)
        if obj and request.method == "POST":
            # Before the form locks the row itself: two saves then never wait crosswise.
            Release.objects.scheduled().holding(obj).lock()
        return obj

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        self.check_publishing(request, form)
        form.instance.raise_page_versions()
        if releases := recheck_releases(form.instance):
            tell_taken_off(request, releases)
            # What comes after speaks of the row as it now is.
            form.instance.refresh_from_db()

    def check_publishing(self, request, form):
        """Refuse what has been stored, where it may not be public as it is."""

    @contextmanager
    def telling_taken_off(self, request, obj):
        scheduled = list(Release.objects.scheduled().holding(obj))
        yield
        for release in scheduled:
            release.refresh_from_db()
        tell_taken_off(request, [each for each in scheduled if not each.is_scheduled])

    def let_go(self, request, obj):
        because = _("“%(name)s” has been deleted.") % {"name": obj}
        tell_taken_off(request, take_off_releases(obj, because))
        super().let_go(request, obj)


def tell_taken_off(request, releases):
    """Say that the releases are no longer scheduled, why, and where they are mended."""
    for release in releases:
        text = _("The release of %(month)s has been taken off the schedule; nothing goes live.")
        month = date_format(release.issue.month, "YEAR_MONTH_FORMAT")
        because = " ".join(release.stopped_because.split("\n"))
        text = f"{text % {'month': month}} {because}"
        if may_publish(request):
            address = reverse("admin:articles_monthlyissue_release", args=[release.issue_id])
            text = format_html('{} <a href="{}">{}</a>', text, address, _("Open the release"))
        messages.error(request, text)


def without_lines(lines, prefixes):
    """Return nested lists of lines without those that begin with one of `prefixes`."""
    kept = []
    for line in lines:
        if isinstance(line, list):
            if inner := without_lines(line, prefixes):
                kept.append(inner)
        elif not line.startswith(prefixes):
            kept.append(line)
    return kept


class PublishedModelAdmin(CheckedAdmin, RevisedAdmin, ReleasedModelAdmin):
    """Keep publishing, and all that is published, to those who may publish."""

    publisher_fields = []

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        form.may_publish = may_publish(request)
        return form

    def get_readonly_fields(self, request, obj=None):
        return [] if may_publish(request) else self.publisher_fields

    def missing_permission(self, request, action):
        missing = super().missing_permission(request, action)
        return missing or (None if may_publish(request) else "articles.publish_article")

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)


def may_publish(request):
    return request.user.has_perm("articles.publish_article")


def _may_touch(request, obj):
    return obj is None or obj.state in UNPUBLISHED_STATES or may_publish(request)


class PartInline:
    """Parts of a whole, under the permissions on the whole, which the admin asks for first."""

    extra = 0
    formfield_overrides = FORM_FIELDS

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request, obj=None):
        return True

    def has_change_permission(self, request, obj=None):
        return True

    def has_delete_permission(self, request, obj=None):
        return True
