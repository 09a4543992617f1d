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

    def get(self, name, scopes, make):
        """Return the part `name` as it is now: the one that is kept, or what `make` returns.

        It is current while the versions of `scopes` stand and none of their moments passes.
        Whatever else it depends on belongs to its name.
        """
        state = self._read_state(scopes)
        with self._guard:
            kept = self._parts.get(name)
            if kept and kept[0] == state:
                self._parts.move_to_end(name)
                return kept[1]
        part = make()
        # Before its first version a scope may change without one.
        if state and None not in state[::2]:
            with self._guard:
                self._parts[name] = state, part
                self._parts.move_to_end(name)
                if len(self._parts) > self.most:
                    self._parts.popitem(last=False)
        return part

    def _read_state(self, scopes):
        """Return each scope's version and moment, read before the part is made: what changes
        meanwhile makes it stale. None while the database is away; whoever makes the part says so.
        """
        try:
            return self.validators.read(tuple(scopes))
        except DatabaseAway:
            return None


def kept_part(request, name, scopes, make):
    """Return a part of the page that is being made, by `KeptParts.get` where parts are lent."""
    parts = request.META.get("openup.parts")
    return parts.get(name, scopes, make) if parts else make()
