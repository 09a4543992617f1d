"""What all admins of this site share: who may do what, and an answer to whatever is sent."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG, SEARCH_VAR
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.admin.edit_conflicts import key_name
from articles.admin.form_fields import (
    FORM_FIELDS,
    MAX_KEY,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
    is_key,
)
from articles.content.text import EARLIEST_YEAR, LATEST_YEAR, is_plausible
from articles.desk.audit import record
from articles.models import AuditEvent

MAX_FILTER_CHARACTERS = 300
# Each word is looked for in each column: SQLite refuses a condition of a thousand of them.
MAX_SEARCH_WORDS = 20
MAX_SEARCH_CHARACTERS = 300

# Rows that nobody adds, changes or deletes by a form (a ModelAdmin's `permissions`).
READ_ONLY = {"add": None, "change": None, "delete": None}


class PermissionMissing(PermissionDenied):
    """Names the `permission` that it takes, None where nobody may."""

    def __init__(self, permission):
        super().__init__()
        self.permission = permission


def require(request, permission):
    if not request.user.has_perm(permission):
        raise PermissionMissing(permission)


class BoundedPaginator(Paginator):
    """Counts no further than anybody turns pages: what is beyond is found by the list's filters."""

    MOST_ROWS = 10_000

    @cached_property
    def count(self):
        return self.object_list.order_by()[: self.MOST_ROWS].count()

    @property
    def may_have_more(self):
        return self.count == self.MOST_ROWS


class StaffModelAdmin(admin.ModelAdmin):
    # {"add", "change", "delete", "view": the permission it takes, None where nobody may}, as far as
    # they are not the model's own.
    permissions = {}
    # Look-ups that links on other pages use, beside those of the filters.
    linked_lookups = []
    formfield_overrides = FORM_FIELDS

    # Who may do what

    def permission_for(self, action):
        codename = get_permission_codename(action, self.opts)
        return self.permissions.get(action, f"{self.opts.app_label}.{codename}")

    def may(self, request, action):
        permission = self.permission_for(action)
        return permission is not None and request.user.has_perm(permission)

    def missing_permission(self, request, action):
        """Return the permission that whoever asks lacks for `action`, or None."""
        return None if self.may(request, action) else self.permission_for(action)

    def has_add_permission(self, request):
        return self.may(request, "add")

    def has_change_permission(self, request, obj=None):
        return self.may(request, "change")

    def has_delete_permission(self, request, obj=None):
        return self.may(request, "delete")

    def has_view_permission(self, request, obj=None):
        return self.may(request, "view") or self.may(request, "change")

    def has_module_permission(self, request):
        return any(self.get_model_perms(request).values())

    # What a list is asked for

    def lookup_allowed(self, lookup, value, request):
        """Allow what the list's own filters ask for: any other column could tell its secret."""
        if lookup in self.linked_lookups:
            return is_key(value)
        filters = [each[0] if isinstance(each, tuple) else each for each in self.list_filter]
        filters = [getattr(each, "parameter_name", each) for each in filters]
        for name in [*filters, self.date_hierarchy]:
            if name and lookup.startswith(name):
                operator = lookup.removeprefix(name)
                if operator in ANSWERABLE:
                    return ANSWERABLE[operator](value)
        return False

    def to_field_allowed(self, request, to_field):
        """Allow the key, which is all that relations of ours refer to."""
        return to_field == key_name(self.model)

    def get_search_results(self, request, queryset, search_term):
        if is_too_long(search_term):
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(self, request, extra_context=None):
        if is_too_long(request.GET.get(SEARCH_VAR, "")):
            limit = {"words": MAX_SEARCH_WORDS, "characters": MAX_SEARCH_CHARACTERS}
            text = _("Search for at most %(words)s words, %(characters)s characters together.")
            messages.error(request, text % limit)
        if ERROR_FLAG in request.GET:
            text = _("The address asked for what this list does not have: here is all of it.")
            messages.warning(request, text)
        return super().changelist_view(request, extra_context)

    def response_action(self, request, queryset, **options):
        if not all(map(is_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            text = _("Nothing was done: a chosen row is none of this list. Choose again.")
            messages.error(request, text)
            return None
        return super().response_action(request, queryset, **options)

    # What was done, for the record

    def log_addition(self, request, obj, message):
        entry = super().log_addition(request, obj, message)
        record(request, AuditEvent.Act.ADD, obj)
        return entry

    def log_change(self, request, obj, message):
        entry = super().log_change(request, obj, message)
        record(request, AuditEvent.Act.CHANGE, obj, done=entry.get_change_message())
        return entry

    def log_deletions(self, request, queryset):
        for row in queryset:
            record(request, AuditEvent.Act.DELETE, row)
        return super().log_deletions(request, queryset)

    # What a form is opened or sent with

    def get_object(self, request, object_id, from_field=None):
        # An address may name the column and leave it empty, where Django looks for one of no name.
        found_by = from_field or None
        return super().get_object(request, object_id, found_by) if is_key(object_id) else None

    def view_on_site(self, obj):
        """Lead to the page that readers find, where they find one."""
        has_page = hasattr(obj, "get_absolute_url") and getattr(obj, "is_public", True)
        return obj.get_absolute_url() if has_page else None

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if "_saveasnew" in request.POST:
            # No form of ours has that button, and Django fails where its form has a fault.
            request.POST = request.POST.copy()
            del request.POST["_saveasnew"]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_changeform_initial_data(self, request):
        """Begin with the values that the address gives, as far as their fields accept them."""
        initial = super().get_changeform_initial_data(request)
        refused = []
        for name, field in self.get_form(request).base_fields.items():
            if name in initial:
                try:
                    field.clean(initial[name])
                except ValidationError:
                    del initial[name]
                    refused.append(str(capfirst(field.label)))
        if refused:
            text = _("The address gives what cannot stand in a field: %(names)s.")
            messages.warning(request, text % {"names": ", ".join(refused)})
        return initial

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", AutocompleteSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", AutocompleteSelectMultiple(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def is_too_long(search_term):
    return len(search_term) > MAX_SEARCH_CHARACTERS or len(search_term.split()) > MAX_SEARCH_WORDS


def is_short(value):
    """Tell whether a text is no longer than any of a filter's, or a number that a row may have."""
    try:
        return abs(int(value)) <= MAX_KEY
    except ValueError:
        return len(value) <= MAX_FILTER_CHARACTERS


def is_yes_or_no(value):
    return value in {"True", "False", "1", "0"}


def is_moment(value):
    try:
        moment = parse_datetime(value) or parse_date(value)
    except ValueError:
        return False
    return moment is not None and is_plausible(moment)


def is_number_in(numbers):
    return lambda value: is_key(value) and int(value) in numbers


# {what the admin's filters put behind a column's name: whether a database can be asked for a value}
ANSWERABLE = {
    "": is_short,
    "__exact": is_short,
    "__id__exact": is_key,
    "__isnull": is_yes_or_no,
    "__isempty": is_yes_or_no,
    "__gte": is_moment,
    "__lt": is_moment,
    "__year": is_number_in(range(EARLIEST_YEAR, LATEST_YEAR + 1)),
    "__month": is_number_in(range(1, 13)),
    "__day": is_number_in(range(1, 32)),
}
