from django.apps import AppConfig


class OpenupConfig(AppConfig):
    name = "openup"
    verbose_name = "Open UP"

    def ready(self):
        from openup.checks import configuration  # noqa: F401, PLC0415 - registers the start-up checks
