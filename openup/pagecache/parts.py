"""Parts of pages, kept while nothing that they show has changed (docs/decisions/rendering.md).

The page cache lends them to the views, below Django; a view that is lent none makes its parts anew.
"""

import threading
from collections import OrderedDict

from openup.pagecache.validators import DatabaseAway


class KeptParts:
    """The last `most` parts that were used, each with the state of its scopes when it was made."""

    def __init__(self, validators, most):
        self.validators = validators
        self.most = most
        self._parts = OrderedDict()
        self._guard = threading.Lock()

    def get(self, name, scopes, due_scopes, make):
        """Return the part `name` as it is now: the one that is kept, or what `make` returns.

        It is current while the versions of `scopes` stand and no moment of those or of `due_scopes`
        passes. Whatever else it depends on belongs to its name.
        """
        state = self._read_state(scopes, due_scopes)
        with self._guard:
            kept = self._parts.get(name)
            if kept and kept[0] == state:
                self._parts.move_to_end(name)
                return kept[1]
        part = make()
        # Before its first version a scope may change without one.
        if state and None not in state[: len(scopes)]:
            with self._guard:
                self._parts[name] = state, part
                self._parts.move_to_end(name)
                if len(self._parts) > self.most:
                    self._parts.popitem(last=False)
        return part

    def _read_state(self, scopes, due_scopes):
        """Return versions, then moments, read before the part is made: what changes meanwhile makes
        it stale. None while the database is away; whoever makes the part will say so.
        """
        try:
            read = self.validators.read((*scopes, *due_scopes))
        except DatabaseAway:
            return None
        return (*read[: 2 * len(scopes) : 2], *read[1::2])


def kept_part(request, name, scopes, make, *, due_scopes=()):
    """Return a part of the page that is being made, by `KeptParts.get` where parts are lent."""
    parts = request.META.get("openup.parts")
    return parts.get(name, scopes, due_scopes, make) if parts else make()
