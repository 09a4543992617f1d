"""Fragments of pages, cached while nothing they show has changed (docs/decisions/rendering.md).

The page cache lends them to the views, below Django; a view that is lent none makes its own anew.
"""

import threading
from collections import OrderedDict

from openup.pagecache.validators import DatabaseAway


class Fragments:
    """The last `most` fragments that were used, each with the validator it was made under."""

    def __init__(self, validators, most):
        self.validators = validators
        self.most = most
        self._fragments = OrderedDict()
        self._guard = threading.Lock()

    def get(self, name, scopes, make):
        """Return the fragment `name` as it is now: the cached one, or what `make` returns.

        It is current while the versions of `scopes` stand and none of their moments passes.
        Whatever else it depends on belongs to its name.
        """
        # Read before the fragment is made: what changes meanwhile makes it stale.
        validator = self._read(scopes)
        with self._guard:
            cached = self._fragments.get(name)
            if cached and cached[0] == validator:
                self._fragments.move_to_end(name)
                return cached[1]
        fragment = make()
        # Before its first version a scope may change without one.
        if validator and all(version is not None for version, _moment in validator):
            with self._guard:
                self._fragments[name] = validator, fragment
                self._fragments.move_to_end(name)
                if len(self._fragments) > self.most:
                    self._fragments.popitem(last=False)
        return fragment

    def _read(self, scopes):
        """Return the validator, or None while the database is away: whoever makes the fragment
        says so.
        """
        try:
            return self.validators.read(tuple(scopes))
        except DatabaseAway:
            return None


def cached_fragment(request, name, scopes, make):
    """Return a fragment of the page being made, by `Fragments.get` where they are lent."""
    fragments = request.META.get("openup.fragments")
    return fragments.get(name, scopes, make) if fragments else make()
