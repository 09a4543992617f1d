"""Ask a WSGI application as a server does, below Django's test client."""

import io
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes


class Response(NamedTuple):
    status: int
    headers: list
    body: bytes

    def header(self, name):
        """Return the one header called `name`, or None; several are a fault."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) < 2, (name, values)
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode()


def ask(
    application,
    path,
    method="GET",
    *,
    scheme="http",
    peer="127.0.0.1",
    body=b"",
    content_type="",
    **headers,
):
    """Return the application's answer; headers are keywords such as `accept_encoding`."""
    path, _mark, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(quote(path, safe="/%")).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "REMOTE_ADDR": peer,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    started = []

    def start_response(status, headers, exc_info=None):
        started[:] = [int(status.split()[0]), list(headers)]

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return Response(*started, body)
