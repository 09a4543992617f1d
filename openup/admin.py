from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User

from articles.admin.edit_conflicts import EditConflictAdmin, EditConflictForm
from articles.admin.model_admin import StaffModelAdmin
from openup.staff.sign_in import SignInForm

admin.site.login_form = SignInForm
admin.site.unregister([User, Group])


class UserForm(EditConflictForm, UserChangeForm):
    pass


@admin.register(User)
class UserAdmin(EditConflictAdmin, StaffModelAdmin, auth_admin.UserAdmin):
    form = UserForm
    # Each sign-in writes it.
    readonly_fields = ["last_login"]


@admin.register(Group)
class GroupAdmin(EditConflictAdmin, StaffModelAdmin, auth_admin.GroupAdmin):
    pass
