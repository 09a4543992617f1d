from django.apps import AppConfig, apps
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import pre_migrate


class OpenupConfig(AppConfig):
    name = "openup"
    verbose_name = "Open UP"

    def ready(self):
        from openup.backends.redaction import guard_standard_error  # noqa: PLC0415
        from openup.checks import configuration, media  # noqa: F401, PLC0415 - registers the checks
        from openup.checks.squashed_migrations import refuse_too_old  # noqa: PLC0415
        from openup.staff.sign_in import audit  # noqa: F401, PLC0415 - connects its receivers

        guard_standard_error()
        # Told once: for one app alone.
        pre_migrate.connect(refuse_too_old, sender=apps.get_app_config("articles"))


class DeskConfig(admin_apps.AdminConfig):
    # Of the module, which is the site's own app's.
    default = False
    default_site = "openup.staff.desk_site.DeskSite"
