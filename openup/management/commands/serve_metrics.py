from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from prometheus_client import start_http_server

from openup.metrics import forget_earlier_runs, make_registry


class Command(BaseCommand):
    help = (
        "Answer Prometheus at METRICS_HOST and METRICS_PORT, in a process of its own beside the"
        " server: what all its processes have counted, and what the database knows."
    )

    def handle(self, **options):
        if not settings.METRICS_PORT:
            raise CommandError("METRICS_PORT is 0: give it the port that Prometheus is to ask.")
        settings.METRICS_FOLDER.mkdir(parents=True, exist_ok=True)
        forget_earlier_runs()
        _server, thread = start_http_server(
            settings.METRICS_PORT, settings.METRICS_HOST, make_registry()
        )
        thread.join()
