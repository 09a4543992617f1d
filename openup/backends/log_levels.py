import logging

MAX_MESSAGE_CHARACTERS = 500


class StrangersMistakes(logging.Filter):
    """Make one line of WARNING of what a request did wrong: ERROR means that we did.

    Django logs a wrong Host, a form that is too large and their kin as errors with a traceback,
    which lets any scanner ring the alarm and fill the disk.
    """

    def filter(self, record):
        if _is_of_a_stranger(record):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.msg, record.args = record.getMessage()[:MAX_MESSAGE_CHARACTERS], ()
            record.exc_info = record.exc_text = None
        return True


def _is_of_a_stranger(record):
    if record.name.startswith("django.security."):
        return True
    if record.name != "django.request":
        return False
    # A crowd of writers is no fault either: it is counted in openup_posts_refused_total.
    return record.status_code < 500 or "openup.crowded" in record.request.META
