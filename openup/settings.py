"""Every setting, read from the environment; `.env.example` explains each variable.

A missing or malformed variable stops the process with its name and what is expected.
"""

import os
import re
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from openup.settings_file import SettingsFileError, read_settings_file

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

ENV_FILE = BASE_DIR / (os.environ.get("OPENUP_ENV_FILE") or VAR_DIR / ".env")
if not ENV_FILE.exists() and "OPENUP_ENV_FILE" in os.environ:
    raise ImproperlyConfigured(f"OPENUP_ENV_FILE names a file that does not exist: {ENV_FILE}")


def read_variables():
    """Return the variables of the settings file and of the environment, which outranks it."""
    try:
        return (read_settings_file(ENV_FILE) if ENV_FILE.exists() else {}) | os.environ
    except SettingsFileError as error:
        raise ImproperlyConfigured(str(error)) from error


_variables = read_variables()


def read_text(name, default=""):
    return _variables.get(name, default)


def read_list(name):
    """Return what stands between commas."""
    return [part.strip() for part in read_text(name).split(",") if part]


def read_required(name, expected):
    if name not in _variables:
        raise ImproperlyConfigured(f"{name} is not set: expected {expected}")
    return _variables[name]


def read_switch(name, default="0"):
    """Return the on/off variable `name`; a word that is neither stops the process."""
    value = read_text(name, default).strip().lower()
    if value not in {"1", "true", "yes", "on", "0", "false", "no", "off", ""}:
        raise ImproperlyConfigured(f"{name} is malformed: expected 1 or 0")
    return value in {"1", "true", "yes", "on"}


def read_count(name, default, largest, smallest=1):
    expected = f"a whole number from {smallest} to {largest}"
    try:
        value = int(read_text(name, default))
    except ValueError:
        value = None
    if value is None or not smallest <= value <= largest:
        raise ImproperlyConfigured(f"{name} is malformed: expected {expected}")
    return value


def read_folder(name, default):
    """Return a folder for files that are served; never one that holds code, data or keys."""
    value = read_text(name, default=str(default))
    folder = (BASE_DIR / value).resolve()
    if not value.strip() or any(
        kept == folder or folder in kept.parents for kept in (BASE_DIR, VAR_DIR, VAR_DIR / ".env")
    ):
        raise ImproperlyConfigured(
            f"{name} is malformed: expected a folder of its own, such as {default}"
        )
    return folder


# Secrets

SECRET_KEY = read_required("SECRET_KEY", "at least 50 random characters")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5:
    raise ImproperlyConfigured("SECRET_KEY is too weak: expected at least 50 random characters")

# Earlier ones, or the next one: accepted, and never signed with.
SECRET_KEY_FALLBACKS = read_list("SECRET_KEY_FALLBACKS")
if any(len(key) < 50 or len(set(key)) < 5 for key in SECRET_KEY_FALLBACKS):
    raise ImproperlyConfigured(
        "SECRET_KEY_FALLBACKS is too weak: expected keys of at least 50 random characters,"
        " separated by commas"
    )

DIGEST_KEYS_EXPECTED = "`id:64 hex digits`, several separated by commas, the first for new comments"


def read_digest_keys():
    """Return [(key id, 32 bytes)] for the digests of e-mail addresses, the active key first."""
    read_required("EMAIL_DIGEST_KEYS", DIGEST_KEYS_EXPECTED)
    pairs = read_list("EMAIL_DIGEST_KEYS")
    matches = [re.fullmatch(r"([a-z0-9]{1,16}):([0-9a-fA-F]{64})", pair) for pair in pairs]
    keys = [(match[1], bytes.fromhex(match[2])) for match in matches if match]
    if not keys or len(keys) != len(pairs) or len({key_id for key_id, _key in keys}) != len(keys):
        raise ImproperlyConfigured(
            f"EMAIL_DIGEST_KEYS is malformed: expected {DIGEST_KEYS_EXPECTED}"
        )
    return keys


EMAIL_DIGEST_KEYS = read_digest_keys()

MAIL_KEYS_EXPECTED = "44 characters of URL-safe Base64, several keys separated by commas"


def read_mail_keys():
    """Return the Fernet keys that addresses are encrypted with, the active one first."""
    read_required("MAIL_ENCRYPTION_KEYS", MAIL_KEYS_EXPECTED)
    keys = read_list("MAIL_ENCRYPTION_KEYS")
    if not keys or not all(re.fullmatch(r"[A-Za-z0-9_\-]{43}=", key) for key in keys):
        raise ImproperlyConfigured(
            f"MAIL_ENCRYPTION_KEYS is malformed: expected {MAIL_KEYS_EXPECTED}"
        )
    return keys


MAIL_ENCRYPTION_KEYS = read_mail_keys()

# Where the site stands

# A name of letters, digits and hyphens between dots, or an address of IPv6 in brackets.
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
HOST = rf"{LABEL}(?:\.{LABEL})*|\[[0-9A-Fa-f:.]+\]"
SITE_URL_EXPECTED = "the site's address without a path, such as https://www.example.kr"
SITE_URL = read_required("SITE_URL", SITE_URL_EXPECTED).rstrip("/")
try:
    _site = urlsplit(SITE_URL)
    _site_port = _site.port
    SITE_HOST = f"[{_site.hostname}]" if ":" in (_site.hostname or "") else _site.hostname or ""
except ValueError as error:
    raise ImproperlyConfigured(f"SITE_URL is malformed: expected {SITE_URL_EXPECTED}") from error
if (
    _site.scheme not in {"http", "https"}
    or not re.fullmatch(HOST, SITE_HOST)
    or _site.netloc.endswith(":")
    or f"{_site.scheme}://{_site.netloc}" != SITE_URL
    or "@" in _site.netloc
):
    raise ImproperlyConfigured(f"SITE_URL is malformed: expected {SITE_URL_EXPECTED}")

IS_HTTPS = _site.scheme == "https"
LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
IS_LOOPBACK = SITE_HOST in LOOPBACK_HOSTS or bool(re.fullmatch(r"127(\.\d{1,3}){3}", SITE_HOST))
DEBUG = read_switch("DEBUG")
if DEBUG and not IS_LOOPBACK:
    raise ImproperlyConfigured("DEBUG is on: expected off unless SITE_URL is a loopback address")

# Lifts every limit of `comments/identity/rate_limits.py`, so that a benchmark measures the rest.
BENCHMARK_WITHOUT_LIMITS = read_switch("BENCHMARK_WITHOUT_LIMITS")
if BENCHMARK_WITHOUT_LIMITS and not IS_LOOPBACK:
    raise ImproperlyConfigured(
        "BENCHMARK_WITHOUT_LIMITS is on: expected off unless SITE_URL is a loopback address"
    )

ALLOWED_HOSTS = [SITE_HOST, *read_list("ALLOWED_HOSTS")]
if not all(re.fullmatch(HOST, host) for host in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS is malformed: expected host names separated by commas, no scheme, no port,"
        " no wildcard"
    )
if IS_LOOPBACK:
    ALLOWED_HOSTS += LOOPBACK_HOSTS

try:
    TRUSTED_PROXIES = [ip_network(text) for text in read_list("TRUSTED_PROXIES")]
except ValueError as error:
    raise ImproperlyConfigured(
        "TRUSTED_PROXIES is malformed: expected networks such as 127.0.0.1/32,10.0.0.0/8"
    ) from error
if any(network.prefixlen == 0 for network in TRUSTED_PROXIES):
    raise ImproperlyConfigured("TRUSTED_PROXIES is malformed: expected networks, not every address")

SITE_NAME = read_text("SITE_NAME", default="Open UP")
OFFICIAL_BANNER = read_switch("OFFICIAL_BANNER")
SHOW_MOST_READ = read_switch("SHOW_MOST_READ")

# Mail: who it comes from, and where it is handed in

_mail_host = "localhost" if IS_LOOPBACK or SITE_HOST.startswith("[") else SITE_HOST
MAIL_FROM = read_text("MAIL_FROM") or f"no-reply@{_mail_host}"
if not re.fullmatch(rf"[A-Za-z0-9._+\-]{{1,64}}@{LABEL}(?:\.{LABEL})*", MAIL_FROM):
    raise ImproperlyConfigured(
        "MAIL_FROM is malformed: expected an address such as no-reply@example.kr, without a name"
    )
MAIL_DOMAIN = MAIL_FROM.rpartition("@")[2]
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
EMAIL_TIMEOUT = 20
# Who is told of a unit that has failed (manage.py tell_failure); Django mails them nothing itself.
ALERT_MAIL = read_list("ALERT_MAIL")
if not all(re.fullmatch(rf"[^\s@<>,]{{1,64}}@{LABEL}(?:\.{LABEL})*", text) for text in ALERT_MAIL):
    raise ImproperlyConfigured(
        "ALERT_MAIL is malformed: expected addresses such as ops@example.kr, separated by commas"
    )
ADMINS = [("", address) for address in ALERT_MAIL]
EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "

EMAIL_URL_EXPECTED = (
    "smtp+tls://user:password@host:587, smtps://user:password@host:465, smtp://host:25 without a"
    " password, or file:///folder"
)


def read_mail_server():
    """Return Django's settings for the mail server, or the folder, that EMAIL_URL names."""
    malformed = ImproperlyConfigured(f"EMAIL_URL is malformed: expected {EMAIL_URL_EXPECTED}")
    text = read_text("EMAIL_URL")
    if not text:
        if not IS_LOOPBACK:
            raise ImproperlyConfigured(f"EMAIL_URL is not set: expected {EMAIL_URL_EXPECTED}")
        text = f"file://{quote(str(VAR_DIR / 'mail'))}"
    try:
        url, port = urlsplit(text), urlsplit(text).port
    except ValueError:
        raise malformed from None
    if url.query or url.fragment:
        raise malformed
    if url.scheme == "file" and not url.netloc and len(url.path) > 1:
        return {
            "EMAIL_BACKEND": "openup.backends.mail_folder.FolderBackend",
            "EMAIL_FILE_PATH": unquote(url.path),
        }
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if (
        url.scheme not in ports
        or not re.fullmatch(rf"{LABEL}(?:\.{LABEL})*|[0-9a-f:]+", url.hostname or "")
        or url.path not in {"", "/"}
        # A password never travels in the clear.
        or (url.scheme == "smtp" and url.username is not None)
    ):
        raise malformed
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": port or ports[url.scheme],
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_TLS": url.scheme == "smtp+tls",
        "EMAIL_USE_SSL": url.scheme == "smtps",
    }


vars().update(read_mail_server())
# How long the record of a mail that has ended is kept; it names no recipient.
MAIL_RECORD_DAYS = read_count("MAIL_RECORD_DAYS", default=30, largest=3650)

# The server: threads and processes, and how many password hashes they may compute

SERVER_WORKERS = read_count("SERVER_WORKERS", default=1, largest=64)
SERVER_THREADS = read_count("SERVER_THREADS", default=8, largest=256)
HASHES_AT_ONCE = max(1, min((os.cpu_count() or 1) // SERVER_WORKERS, SERVER_THREADS // 2))
# Who writes at once, and who waits (openup/writer_queue.py): one more than hashes, so that no core
# is idle while a comment is stored. deploy/run.py gives the server a thread for each of them.
POSTS_AT_ONCE = min(HASHES_AT_ONCE + 1, max(1, SERVER_THREADS // 2))
POSTS_WAITING = 6 * SERVER_THREADS

# Cached pages, in each process; none while code and templates are being changed
PAGE_CACHE_MEGABYTES = read_count("PAGE_CACHE_MEGABYTES", default=32, largest=65_536, smallest=0)
PAGE_CACHE_BYTES = 0 if DEBUG else PAGE_CACHE_MEGABYTES * 1024 * 1024
# and fragments of pages, some 40 kB each (docs/decisions/rendering.md)
KEPT_PARTS = 0 if DEBUG else read_count("KEPT_PARTS", default=100, largest=10_000, smallest=0)

# Comments: what the operator decides; 0 is never

REPORTS_THAT_HIDE = read_count("REPORTS_THAT_HIDE", default=0, largest=1000, smallest=0)
COMMENTS_CLOSE_AFTER_DAYS = read_count(
    "COMMENTS_CLOSE_AFTER_DAYS", default=0, largest=3650, smallest=0
)

# Numbers for Prometheus: nothing of them stands on the public port

METRICS_HOST = read_text("METRICS_HOST", default="127.0.0.1")
METRICS_PORT = read_count("METRICS_PORT", default=0, largest=65_535, smallest=0)
METRICS_FOLDER = read_folder("METRICS_FOLDER", VAR_DIR / "metrics")

# A function that may ask for a comment to be read first, and what the one that comes along asks
COMMENT_CLASSIFIER = read_text("COMMENT_CLASSIFIER").strip()
COMMENT_CLASSIFIER_URL = read_text("COMMENT_CLASSIFIER_URL").strip()
COMMENT_CLASSIFIER_SECONDS = read_count("COMMENT_CLASSIFIER_SECONDS", default=2, largest=10)
if COMMENT_CLASSIFIER and not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", COMMENT_CLASSIFIER):
    raise ImproperlyConfigured(
        "COMMENT_CLASSIFIER is malformed: expected a function's path such as package.module.name"
    )
if COMMENT_CLASSIFIER == "comments.moderation.classifier.ask_over_http" and not re.fullmatch(
    rf"https?://({HOST})(:\d{{1,5}})?(/[^\s#]*)?", COMMENT_CLASSIFIER_URL
):
    raise ImproperlyConfigured(
        "COMMENT_CLASSIFIER_URL is malformed: expected an address such as http://127.0.0.1:9000/"
    )

# Django

INSTALLED_APPS = [
    "openup.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "markdownx",
    "openup",
    "articles",
    "comments",
]

MIDDLEWARE = [
    "openup.middleware.counted_answers.CountedAnswersMiddleware",
    "openup.middleware.client_address.ClientAddressMiddleware",
    # Before all that answers by itself: a refusal and a redirect carry the headers too.
    "openup.middleware.headers.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "openup.middleware.unavailable.UnavailableMiddleware",
    "openup.middleware.malformed_requests.OddRequestMiddleware",
    "openup.middleware.charset.CharsetMiddleware",
    "openup.middleware.cross_site.CrossSiteMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "openup.middleware.audit.AuditMiddleware",
    "openup.middleware.rate_limited.LimitMiddleware",
    "openup.middleware.old_addresses.OldAddressMiddleware",
]

ROOT_URLCONF = "openup.urls"
WSGI_APPLICATION = "openup.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "openup.context_processors.site",
            ],
        },
    }
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LANGUAGE_CODE = read_text("INTERFACE_LANGUAGE", default="ko")
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise ImproperlyConfigured("INTERFACE_LANGUAGE is malformed: expected ko or en")
# Ours, and Korean for what Django says itself, where its own catalogue reads badly.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale-django"]
FORMAT_MODULE_PATH = ["openup.formats"]
TIME_ZONE = "Asia/Seoul"
USE_TZ = True
APPEND_SLASH = True

# Database

# 0 has no end; manage.py chooses it, since a migration takes as long as it takes.
DATABASE_STATEMENT_SECONDS = read_count("DATABASE_STATEMENT_SECONDS", 10, 3600, smallest=0)
DATABASE_LOCK_TIMEOUT_MS = 5_000

DATABASE_URL_EXPECTED = (
    "sqlite:///path/to/file or postgresql://user:password@host:5432/name, for a primary with"
    " standbys postgresql://user:password@host:5432,host:5432/name"
)
SEVERAL_HOSTS = re.compile(r"(postgres(?:ql)?://(?:[^/]*@)?)([^@/?#]*,[^@/?#]*)(.*)")


def split_database_url(text):
    """Return the parsed address, once for each of its hosts; raise ValueError."""
    match = SEVERAL_HOSTS.fullmatch(text)
    if not match:
        return [urlsplit(text)]
    urls = [urlsplit(f"{match[1]}{host}{match[3]}") for host in match[2].split(",")]
    if not all(url.hostname for url in urls):
        raise ValueError
    return urls


def read_database_url():
    """Return what DATABASE_URL says, in Django's words; what stands behind ? are its OPTIONS."""
    default = f"sqlite:///{quote(str(VAR_DIR / 'openup.sqlite3'))}"
    malformed = ImproperlyConfigured(f"DATABASE_URL is malformed: expected {DATABASE_URL_EXPECTED}")
    try:
        urls = split_database_url(read_text("DATABASE_URL", default))
        ports = [url.port for url in urls]
        url = urls[0]
        options = dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=True))
    except ValueError:
        # Not the parser's error: it may quote a password.
        raise malformed from None
    name = unquote(url.path[1:])
    # The pool is the site's: it has a connection for each thread.
    if not name or url.fragment or "pool" in options:
        raise malformed
    if url.scheme == "sqlite" and not url.netloc and not url.query:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name}
    if url.scheme not in {"postgresql", "postgres"}:
        raise malformed
    # Four slashes lead to the folder of a Unix socket.
    folder, _slash, base = name.rpartition("/")
    host, port = url.hostname or "", url.port or ""
    if len(urls) > 1:
        # As libpq takes them.
        host = ",".join(each.hostname for each in urls)
        port = ",".join(str(number or 5432) for number in ports)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": base if name.startswith("/") else name,
        "HOST": folder if name.startswith("/") else host,
        "PORT": port,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "OPTIONS": options,
    }


def read_database():
    """Return Django's settings for the database that DATABASE_URL names."""
    database = read_database_url()
    options = database.setdefault("OPTIONS", {})
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # Opening the file takes a tenth of the time that a page does.
        database["CONN_MAX_AGE"] = None
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": DATABASE_LOCK_TIMEOUT_MS / 1000,
            # Half a megabyte a thread: the system keeps the file in memory anyway. What is deleted
            # is overwritten; Debian's SQLite does it unasked, others do not.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            " PRAGMA cache_size=-512; PRAGMA secure_delete=ON",
        }
        return database
    database["CONN_HEALTH_CHECKS"] = True
    if "," in database["HOST"]:
        # One of them is the primary. Who does not answer is passed over before the pool gives up.
        options.setdefault("target_session_attrs", "read-write")
        options.setdefault("connect_timeout", 2)
    options.setdefault("connect_timeout", 3)
    # A machine that is gone closes nothing: without these an answer is awaited for two hours.
    options.setdefault("tcp_user_timeout", 10_000)
    options.setdefault("keepalives_idle", 5)
    options.setdefault("keepalives_interval", 5)
    # PostgreSQL takes the last of two: what DATABASE_URL says outranks ours.
    limits = f"-c statement_timeout={DATABASE_STATEMENT_SECONDS}s"
    limits += f" -c lock_timeout={DATABASE_LOCK_TIMEOUT_MS}"
    options |= {
        "options": f"{limits} {options.get('options', '')}".strip(),
        # After a failed try the pool waits ever longer: give up soon, and the next request
        # tries anew, so that a database that is back is used at once.
        "pool": {
            "min_size": 1,
            "max_size": SERVER_THREADS + 2,
            "timeout": 3,
            "reconnect_timeout": 1,
        },
    }
    return database


DATABASES = {"default": read_database()}

# Staff sign-in; public pages have no cookie at all

LOGIN_URL = "admin:login"


def read_provider(name):
    """Return an address of the provider: nobody on the way may read a token."""
    value = read_required(name, "an address such as https://login.example.kr/…")
    url = urlsplit(value)
    if (url.scheme != "https" and url.hostname not in LOOPBACK_HOSTS) or not url.hostname:
        raise ImproperlyConfigured(f"{name} is malformed: expected an address of https")
    return value


LOGIN_REDIRECT_URL = "admin:index"
PASSWORD_HASHERS = ["openup.backends.staff_hasher.StaffHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "openup.staff.sign_in.passwords.LengthValidator"},
    {"NAME": "openup.staff.sign_in.passwords.CommonValidator"},
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]

# Sign-in by a provider of OpenID Connect beside the password (openup/staff/sign_in/openid.py)

OIDC_RP_CLIENT_ID = read_text("OIDC_CLIENT_ID").strip()
if OIDC_RP_CLIENT_ID:
    AUTHENTICATION_BACKENDS += ["openup.staff.sign_in.openid.StaffBackend"]
    OIDC_RP_CLIENT_SECRET = read_required("OIDC_CLIENT_SECRET", "the secret of that client")
    if not OIDC_RP_CLIENT_SECRET:
        raise ImproperlyConfigured("OIDC_CLIENT_SECRET is malformed: expected the client's secret")
    OIDC_ISSUER, *_endpoints = (
        read_provider(f"OIDC_{name}")
        for name in (
            *("ISSUER", "AUTHORIZATION_ENDPOINT", "TOKEN_ENDPOINT", "USERINFO_ENDPOINT"),
            "JWKS_ENDPOINT",
        )
    )
    OIDC_OP_AUTHORIZATION_ENDPOINT, OIDC_OP_TOKEN_ENDPOINT, *_endpoints = _endpoints
    OIDC_OP_USER_ENDPOINT, OIDC_OP_JWKS_ENDPOINT = _endpoints
    OIDC_PROVIDER_NAME = read_text("OIDC_PROVIDER_NAME") or urlsplit(OIDC_ISSUER).hostname
    OIDC_RP_SIGN_ALGO = "RS256"
    OIDC_USE_PKCE = True
    # Staff are made by whoever manages the users, never by a sign-in.
    OIDC_CREATE_USER = False
    OIDC_TIMEOUT = 10

REQUIRE_SECOND_FACTOR = read_switch("REQUIRE_SECOND_FACTOR", "0" if IS_LOOPBACK else "1")
OTP_TOTP_ISSUER = SITE_NAME
# Recovery codes are too long to be guessed: a stranger's tries elsewhere never refuse the owner's.
OTP_STATIC_THROTTLE_FACTOR = 0
PASSWORD_RESET_TIMEOUT = 60 * 60
COOKIE_PREFIX = "__Secure-" if IS_HTTPS else ""
STAFF_PATH = "/manage/"
SESSION_ENGINE = "openup.staff.sign_in.sessions"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}openup-session"
SESSION_COOKIE_PATH = STAFF_PATH
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 60 * 60
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}openup-csrf"
CSRF_COOKIE_PATH = STAFF_PATH
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_AGE = None
CSRF_FAILURE_VIEW = "openup.views.csrf_failure"
CSRF_TRUSTED_ORIGINS = [SITE_URL] if IS_HTTPS else []
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Headers; those Django has no setting for are in `openup/middleware/headers.py`

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
# ClientAddressMiddleware removes the header unless a trusted proxy sent it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# Sizes: the proxy, Django, the forms and the database agree on them

# A comment of 5,000 decomposed syllables takes 135 kB in a form; beyond it there is room for a text
# that is too long, so that its form comes back with it (docs/decisions/request-size.md).
PUBLIC_REQUEST_BYTES = 256 * 1024
STAFF_REQUEST_BYTES = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = STAFF_REQUEST_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
FILE_UPLOAD_HANDLERS = [
    "openup.middleware.charset.CharsetUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Files

MEDIA_STORAGE_EXPECTED = (
    "s3+https://key:secret@host:port/bucket, or nothing for the folder MEDIA_ROOT; signs of key and"
    " secret that have a meaning in addresses are written %XX"
)


def read_media_storage():
    """Return Django's settings for the folder MEDIA_ROOT or the bucket of MEDIA_STORAGE."""
    text = read_text("MEDIA_STORAGE").strip()
    if not text:
        options = {"allow_overwrite": True}
        return {"BACKEND": "openup.backends.media_folder.FolderStorage", "OPTIONS": options}
    malformed = ImproperlyConfigured(
        f"MEDIA_STORAGE is malformed: expected {MEDIA_STORAGE_EXPECTED}"
    )
    try:
        url = urlsplit(text)
        place = f":{url.port}" if url.port else ""
        others = dict(parse_qsl(url.query, strict_parsing=True)) if url.query else {}
    except ValueError:
        # Not the parser's error: it may quote the secret.
        raise malformed from None
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname or ""
    if (
        url.scheme not in {"s3+https", "s3+http"}
        or not re.fullmatch(HOST, host)
        or not (url.username and url.password)
        or not re.fullmatch(r"/[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]", url.path)
        or url.fragment
        or others.keys() - {"region", "ca"}
        or not Path(others.get("ca", ENV_FILE)).exists()
    ):
        raise malformed
    if not find_spec("storages") or not find_spec("boto3"):
        raise ImproperlyConfigured(
            "MEDIA_STORAGE names a bucket, and what speaks to it is not installed: expected the"
            " packages of requirements-s3.txt in the place of requirements.txt"
        )
    return {
        "BACKEND": "openup.backends.media_bucket.BucketStorage",
        "OPTIONS": {
            "endpoint_url": f"{url.scheme.removeprefix('s3+')}://{host}{place}",
            "access_key": unquote(url.username),
            "secret_key": unquote(url.password),
            "bucket_name": url.path[1:],
            "region_name": others.get("region", "us-east-1"),
            "verify": others.get("ca"),
        },
    }


STATIC_URL = "/static/"
STATIC_ROOT = read_folder("STATIC_ROOT", VAR_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_IN_BUCKET = bool(read_text("MEDIA_STORAGE").strip())
STORAGES = {
    "default": read_media_storage(),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "openup.backends.static_storage.MinifiedManifestStorage"
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_URL = "/media/"
MEDIA_ROOT = read_folder("MEDIA_ROOT", VAR_DIR / "media")

# The Markdown editor: its widget only; its URLs are never included (openup/checks/configuration.py)

MARKDOWNX_MARKDOWNIFY_FUNCTION = "articles.content.markdown.preview"
MARKDOWNX_URLS_PATH = "/manage/markdownx/preview/"
MARKDOWNX_UPLOAD_URLS_PATH = "/manage/markdownx/upload/"
MARKDOWNX_UPLOAD_MAX_SIZE = 8 * 1024 * 1024
MARKDOWNX_UPLOAD_CONTENT_TYPES = ["image/jpeg", "image/png", "image/webp"]
MARKDOWNX_SVG_JAVASCRIPT_PROTECTION = True
MARKDOWNX_SKIP_RESIZE = []
MARKDOWNX_MARKDOWN_EXTENSIONS = []
MARKDOWNX_SERVER_CALL_LATENCY = 400
# The textarea behind the editor would be measured with every key, which a long text makes slow.
MARKDOWNX_EDITOR_RESIZABLE = False

# Logs: JSON lines without personal data

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "openup.backends.json_logs.JsonFormatter"}},
    "filters": {
        "redacted": {"()": "openup.backends.redaction.RedactedRecords"},
        "strangers": {"()": "openup.backends.log_levels.StrangersMistakes"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["redacted", "strangers"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "django.server": {"level": "WARNING"},
        # The server's own, with tracebacks of what failed around Django.
        "_granian": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
