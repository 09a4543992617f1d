"""Bring about what waits for a moment, before a page is given out that is made after it.

Most of what is planned needs nobody: queries ask the database's clock. A waiting change replaces
the rows themselves, and whoever is first to see that its moment has passed lets it.
"""

import threading

from django.db import DatabaseError, close_old_connections

from articles.desk.waiting_changes import publish_due
from articles.models import CONTENT
from openup.pagecache.validators import DatabaseAway


class Moments:
    """Knows the newest planned moment that this process has seen pass."""

    def __init__(self):
        self._seen = None
        self._guard = threading.Lock()

    def bring_about(self, scopes, validator):
        """Return whether a moment had passed: the validator is then to be read anew."""
        moment = validator[scopes.index(CONTENT)][1]
        if moment == self._seen:
            return False
        # Whoever comes meanwhile waits: nobody is given the page of before.
        with self._guard:
            if moment != self._seen:
                try:
                    _publish_due()
                finally:
                    # Whatever came of it: the mail worker tries again, and readers do not wait.
                    self._seen = moment
        return True


def _publish_due():
    # Django's own handling of connections begins and ends with its requests.
    close_old_connections()
    try:
        publish_due()
    except DatabaseError as error:
        raise DatabaseAway(error) from error
    finally:
        close_old_connections()
