"""Requests in another charset than UTF-8: refused before anything of them is decoded.

Python's decoders are many, some of them quadratic or no text decoders at all, and Django takes
whichever a request names: in its Content-Type, in a form's parts, in a file's name.
"""

import io
import re
from itertools import chain

from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.core.files.uploadhandler import FileUploadHandler
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from articles.content.uploads import MAX_UPLOAD_REQUEST_BYTES

UTF8_NAMES = {"utf-8", "utf8"}
# RFC 9110, section 8.3.1. A name with an asterisk would be decoded (RFC 2231): none is let in.
_NAME = r"[A-Za-z0-9!#$%&'+.^_`|~-]+"
_VALUE = r'"[^"\\]*"|[^\s;"*]*'
_CONTENT_TYPE = re.compile(rf"{_NAME}/{_NAME}\s*(?:;\s*(?:{_NAME}=(?:{_VALUE})\s*)?)*", re.ASCII)
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s;"]*)', re.IGNORECASE)
# Extended parameters (RFC 2231), encoded words (RFC 2047) and Base64: no browser sends any of them,
# and RFC 7578 has no place for them.
_ENCODED = re.compile(
    r"\*\d*\*?\s*=|=\?[^?\s]*\?[bq]\?|^content-transfer-encoding:.*base64",
    re.IGNORECASE | re.ASCII | re.MULTILINE,
)
_REPLACEMENT_SENT = re.compile(rb"%EF%BF%BD|\xef\xbf\xbd", re.IGNORECASE)
# The longest header of a part that Django reads, and it reads it slowly. Only forms with a file are
# sent in parts by browsers, and ours have a few fields.
_HEADER_BYTES = 1_024
MAX_PARTS = 100


def is_readable(content_type):
    """Tell whether a Content-Type, or none, names no charset but UTF-8."""
    charsets = _CHARSET.findall(content_type)
    return not content_type or (
        bool(_CONTENT_TYPE.fullmatch(content_type))
        and UTF8_NAMES.issuperset(map(str.lower, charsets))
    )


class CharsetGuard:
    """A WSGI application that lets no Content-Type reach Django, or a kept page, that it refuses.

    Django decodes the header before its first middleware runs; CharsetMiddleware answers.
    """

    def __init__(self, application, django):
        self.application = application
        self.django = django

    def __call__(self, environ, start_response):
        if is_readable(environ.get("CONTENT_TYPE") or ""):
            return self.application(environ, start_response)
        unread = {"CONTENT_TYPE": "", "CONTENT_LENGTH": "0", "openup.unreadable": True}
        return self.django({**environ, **unread}, start_response)


class CharsetMiddleware:
    """Answer 400 where CharsetGuard says so, or where a form is not UTF-8."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "openup.unreadable" in request.META:
            raise BadRequest("The request names a charset that is not UTF-8.")
        if request.content_type == "application/x-www-form-urlencoded":
            check_form(request)
        return self.get_response(request)


def check_form(request):
    """Refuse an encoded form that is not UTF-8: Django would put U+FFFD in the place of some."""
    try:
        request.body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest("The form is not in UTF-8.") from error
    except UnreadablePostError as error:
        raise BadRequest("The form did not arrive in one piece.") from error
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and len(request.body) < int(length):
        raise BadRequest("The form did not arrive in one piece.")
    fields = chain(request.POST, *(values for _name, values in request.POST.lists()))
    if "".join(fields).count("\ufffd") != len(_REPLACEMENT_SENT.findall(request.body)):
        raise BadRequest("The form is not in UTF-8.")
    check_charset_fields(request.POST, BadRequest)


def check_charset_fields(post, refusal):
    # The field in which a browser tells what it has encoded the form in (HTML, section 4.10.18.4).
    if not UTF8_NAMES.issuperset(map(str.lower, post.getlist("_charset_"))):
        raise refusal("The form says that it is not in UTF-8.")


class CharsetUploadHandler(FileUploadHandler):
    """Refuse a multipart form of which a part is not UTF-8, before Django reads any of them."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        if content_length > MAX_UPLOAD_REQUEST_BYTES:
            raise RequestDataTooBig("The form is larger than any of ours.")
        try:
            body = input_data.read(content_length)
        except UnreadablePostError as error:
            raise MultiPartParserError("The form did not arrive in one piece.") from error
        if len(body) < content_length:
            raise MultiPartParserError("The form did not arrive in one piece.")
        separator = b"--" + boundary
        if body.count(separator) > MAX_PARTS:
            raise TooManyFieldsSent("The form has more parts than any of ours.")
        try:
            for part in body.split(separator):
                check_part(part)
        except UnicodeDecodeError as error:
            raise MultiPartParserError("A part of the form is not in UTF-8.") from error
        others = [handler for handler in self.request.upload_handlers if handler is not self]
        post, files = MultiPartParser(META, io.BytesIO(body), others, encoding).parse()
        check_charset_fields(post, MultiPartParserError)
        return post, files


def check_part(part):
    """Raise where a part names another charset, or holds text that is not UTF-8."""
    end = part.find(b"\r\n\r\n", 0, _HEADER_BYTES + 4)
    header = part[: end if end >= 0 else _HEADER_BYTES].decode()
    is_named = all(name.lower() in UTF8_NAMES for name in _CHARSET.findall(header))
    if not is_named or _ENCODED.search(header):
        raise MultiPartParserError("A part of the form names another charset or encoding.")
    if "filename" not in header.lower():
        part[end:].decode()
