from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from articles.admin.article import ArticleAdmin
from articles.admin.edit_conflicts import EditConflictAdmin, EditConflictForm
from articles.admin.model_admin import StaffModelAdmin
from articles.desk.audit import record
from articles.models import Article, AuditEvent
from openup.staff.refusals import label_of
from openup.staff.sign_in import second_factor

# What the two apps have to say of an article stands in one list.
admin.site.unregister(Article)


@admin.register(Article)
class DeskArticleAdmin(ArticleAdmin):
    list_select_related = [*ArticleAdmin.list_select_related, "thread"]

    def get_list_display(self, request):
        columns = [*super().get_list_display(request)]
        columns.insert(columns.index("readings"), "comment_count")
        return columns

    @admin.display(description=_("comments"), ordering="thread__comment_count")
    def comment_count(self, article):
        thread = getattr(article, "thread", None)
        return thread.comment_count if thread else 0


# The devices' own pages would show their keys.
admin.site.unregister([User, Group, StaticDevice, TOTPDevice])


class UserForm(EditConflictForm, UserChangeForm):
    pass


# What opens more than a name's own permissions.
FLAGS = {"is_active", "is_staff", "is_superuser"}


def rights_of(owner):
    """Return what a user or a group may do, as words for the record."""
    groups = getattr(owner, "groups", None)
    rights = {name for name in FLAGS if getattr(owner, name, False)}
    rights |= {f"group: {group}" for group in groups.all()} if groups else set()
    permissions = owner.user_permissions if groups else owner.permissions
    pairs = permissions.values_list("content_type__app_label", "codename")
    return rights | {f"{app_label}.{codename}" for app_label, codename in pairs}


def record_rights(request, owner, before, after):
    given, taken = sorted(after - before), sorted(before - after)
    if given or taken:
        record(request, AuditEvent.Act.RIGHTS, owner, given=given, taken=taken)


class PermissionLabels:
    """Name permissions in the interface's language: Django keeps their names in English."""

    def formfield_for_manytomany(self, db_field, request=None, **options):
        field = super().formfield_for_manytomany(db_field, request, **options)
        if db_field.related_model is Permission:
            field.queryset = field.queryset.select_related("content_type")
            field.label_from_instance = label_of
        return field


@admin.register(User)
class UserAdmin(PermissionLabels, EditConflictAdmin, StaffModelAdmin, auth_admin.UserAdmin):
    form = UserForm
    # Each sign-in writes it.
    readonly_fields = ["last_login"]
    list_display = [*auth_admin.UserAdmin.list_display, "has_second_factor"]
    actions = ["remove_second_factor"]

    def save_related(self, request, form, formsets, change):
        before = rights_of(User.objects.get(pk=form.instance.pk))
        flags = {name for name in FLAGS if name in form.fields}
        before -= flags
        before |= {name for name in flags if change and form.initial.get(name)}
        super().save_related(request, form, formsets, change)
        record_rights(request, form.instance, before, rights_of(form.instance))

    def get_queryset(self, request):
        app = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return super().get_queryset(request).annotate(has_app=Exists(app))

    @admin.display(description=_("second step"), boolean=True, ordering="has_app")
    def has_second_factor(self, user):
        return user.has_app

    @admin.action(description=_("Take the second step of signing in away"), permissions=["change"])
    def remove_second_factor(self, request, queryset):
        """For who has lost the phone: the next sign-in leads to a new one where it is required."""
        names = []
        for user in queryset:
            if second_factor.remove(user, request.session.session_key):
                self.log_change(request, user, gettext("Took the second step of signing in away."))
                names.append(user.get_username())
        if names:
            text = gettext("These sign in with the password alone now: %(names)s")
            messages.success(request, text % {"names": ", ".join(names)})
        else:
            messages.warning(request, gettext("None of them had a second step."))


@admin.register(Group)
class GroupAdmin(PermissionLabels, EditConflictAdmin, StaffModelAdmin, auth_admin.GroupAdmin):
    def save_related(self, request, form, formsets, change):
        before = rights_of(form.instance)
        super().save_related(request, form, formsets, change)
        record_rights(request, form.instance, before, rights_of(form.instance))
