from django.contrib import admin

from openup.staff.sign_in import SignInForm

admin.site.login_form = SignInForm
