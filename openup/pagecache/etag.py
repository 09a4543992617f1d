"""The ETag of a page: a stamp that only we can give, and only to a page that exists.

It holds the page's address, the build and the validator that the page was made under. So whoever
shows the current stamp of an address has the current page: it was given out, and nothing that the
page is made of has changed since. A page that is withdrawn, moved or not yet public has none:
each of these raises a version or waits for a moment, and errors and redirects get no stamp.
"""

import hmac

from django.conf import settings

PURPOSE = b"openup.pagecache.etag"


class Stamps:
    """Gives the strong part of ETags; the same on every machine with the same keys and build."""

    def __init__(self, build):
        key = hmac.digest(settings.SECRET_KEY.encode(), PURPOSE, "sha256")
        self._keyed = hmac.new(key, build.encode(), "sha256")

    def make(self, address, validator):
        stamp = self._keyed.copy()
        # `repr` keeps the parts apart, whatever stands in an address.
        stamp.update(repr((address.path, address.query, validator)).encode())
        return f'"{stamp.hexdigest()[:32]}"'
