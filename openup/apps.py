from django.apps import AppConfig


class OpenupConfig(AppConfig):
    name = "openup"
    verbose_name = "Open UP"

    def ready(self):
        # They register the start-up checks.
        from openup import checks, database_check  # noqa: F401, PLC0415
