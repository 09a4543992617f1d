"""Ask the site of this container how it is: `python -m deploy.health` ends with 0 when it is well.

Standard library only: it runs every few seconds.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit

from deploy.run import read_address, read_settings, settings_file

ANSWER_SECONDS = 5


def main():
    values = read_settings(settings_file(os.environ)) | os.environ
    _host, port = read_address(values)
    site = urlsplit(values["SITE_URL"])
    # As the proxy asks: without https it would be sent on.
    headers = {"Host": site.netloc, "X-Forwarded-Proto": site.scheme}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz", headers=headers)
        response = connection.getresponse()
        print(response.status, response.read().decode(errors="replace"))
        return 0 if response.status == 200 else 1
    except (OSError, http.client.HTTPException) as error:
        print(f"/healthz does not answer: {error!r}")
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
