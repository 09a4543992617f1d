"""Run everything that CI runs: `make test`; with names of parts as arguments, only those.

Standard library only, since it installs what the tests need.
"""

import ctypes.util
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deploy.environment import (
    DEV_LOCK,
    VENV,
    VENV_PYTHON,
    check_python,
    check_writable,
    ensure_environment,
)
from deploy.processes import (
    ROOT,
    Stop,
    child_environment,
    no_permission,
    run,
    say,
    stop_on_signals,
)
from deploy.run import new_env_file
from tests.postgresql import find_programs, running_server

APPS = ["openup", "articles", "comments"]
# One way of gathering, so that a second one changes nothing.
MAKEMESSAGES = ["makemessages", "--locale", "ko", "--no-location", "--no-wrap"]
MAKEMESSAGES += ["--ignore", "tests", "--ignore", "var", "--ignore", "static-src"]
MAKEMESSAGES += ["--verbosity", "0"]
BROTLI_MODULE = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")
# Debian leaves /usr/sbin out of the path of those who are not root.
PROGRAM_FOLDERS = os.environ.get("PATH", "") + ":/usr/sbin"
CATALOGUE = Path("locale", "ko", "LC_MESSAGES", "django.po")
# Korean for Django's own sentences, which nothing gathers.
DJANGO_CATALOGUES = [
    Path("locale-django", "ko", "LC_MESSAGES", f"{domain}.po") for domain in ("django", "djangojs")
]
# Settings that a person's own shell may hold; the tests choose theirs.
SETTINGS = {
    *("ALERT_MAIL", "ALLOWED_HOSTS", "BENCHMARK_WITHOUT_LIMITS", "COMMENTS_CLOSE_AFTER_DAYS"),
    *("COMMENT_CLASSIFIER", "COMMENT_CLASSIFIER_SECONDS", "COMMENT_CLASSIFIER_URL"),
    *("DATABASE_STATEMENT_SECONDS", "DATABASE_URL", "DEBUG", "EMAIL_DIGEST_KEYS"),
    "REPORTS_THAT_HIDE",
    *("EMAIL_URL", "INTERFACE_LANGUAGE", "MAIL_ENCRYPTION_KEYS", "MAIL_FROM", "MAIL_RECORD_DAYS"),
    *("MEDIA_ROOT", "MEDIA_STORAGE", "METRICS_FOLDER", "METRICS_HOST", "METRICS_PORT"),
    *(
        "OFFICIAL_BANNER",
        "OIDC_AUTHORIZATION_ENDPOINT",
        "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET",
        "OIDC_ISSUER",
        "OIDC_JWKS_ENDPOINT",
        "OIDC_PROVIDER_NAME",
        "OIDC_TOKEN_ENDPOINT",
        "OIDC_USERINFO_ENDPOINT",
        "KEPT_PARTS",
        "OPENUP_ENV_FILE",
        "PAGE_CACHE_MEGABYTES",
        "REQUIRE_SECOND_FACTOR",
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
    ),
    *("SERVER_THREADS", "SERVER_WORKERS", "SHOW_MOST_READ", "SITE_NAME", "SITE_URL", "STATIC_ROOT"),
    "TRUSTED_PROXIES",
}


def require(name, command, env):
    if run(command, env) != 0:
        raise Stop(f"{name} failed; its messages are above.")


# System packages


def find_chromium():
    """Return the headless shell, which needs half a whole Chromium's time, or what is there."""
    names = ["chromium-headless-shell", "chromium", "chromium-browser"]
    return next(filter(None, map(shutil.which, names)), None)


def has_korean_font():
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=ko"], capture_output=True, check=True).stdout)


def missing_packages():
    """Return the names of the system packages that the tests still need."""
    release = Path("/etc/os-release")
    is_ubuntu = release.exists() and "ID=ubuntu" in release.read_text()
    present = {
        "python3-venv": importlib.util.find_spec("ensurepip"),
        "gettext": shutil.which("msgfmt"),
        "postgresql": find_programs(),
        "chromium-browser" if is_ubuntu else "chromium-headless-shell": find_chromium(),
        "nginx": shutil.which("nginx", path=PROGRAM_FOLDERS),
        "pgbouncer": shutil.which("pgbouncer", path=PROGRAM_FOLDERS),
        "libnginx-mod-http-brotli-static": BROTLI_MODULE.exists(),
        "openssl": shutil.which("openssl"),
        "fontconfig": shutil.which("fc-list"),
        "fonts-noto-cjk": has_korean_font(),
        # Playwright's own program.
        "libatomic1": ctypes.util.find_library("atomic"),
    }
    return [name for name, found in present.items() if not found]


def install_system_packages(env, folder):
    install(missing_packages(), env)


def install_bench_tools(env, folder):
    install([] if shutil.which("wrk") else ["wrk"], env)


def install_deploy_tools(env, folder):
    """What the machines of tests/deployed are made of, and what watches the site."""
    present = {
        "etcd-client": shutil.which("etcdctl"),
        "etcd-server": shutil.which("etcd"),
        "patroni": shutil.which("patroni"),
        "prometheus": shutil.which("promtool"),
        "prometheus-alertmanager": shutil.which("amtool"),
        "prometheus-blackbox-exporter": shutil.which("prometheus-blackbox-exporter"),
        "prometheus-node-exporter": shutil.which("prometheus-node-exporter"),
        "ceph-common": shutil.which("ceph"),
        "ceph-mgr": shutil.which("ceph-mgr"),
        "ceph-mon": shutil.which("ceph-mon"),
        "ceph-osd": shutil.which("ceph-osd"),
        "radosgw": shutil.which("radosgw"),
        "systemd-container": shutil.which("systemd-nspawn"),
        "curl": shutil.which("curl"),
        "procps": shutil.which("pgrep"),
        "pebble": shutil.which("pebble"),
        "certbot": shutil.which("certbot"),
        "pgbackrest": shutil.which("pgbackrest"),
        "age": shutil.which("age"),
        "mmdebstrap": shutil.which("mmdebstrap"),
    }
    # Where systemd runs, the package starts a daemon and changes the firewall: yours to install.
    if not Path("/run/systemd/system").exists():
        present["docker.io"] = shutil.which("dockerd", path=PROGRAM_FOLDERS)
        present["docker-compose"] = shutil.which("docker-compose")
    install([name for name, found in present.items() if not found], env)


def install(missing, env):
    if not missing:
        return
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Stop(f"System packages are missing: `sudo {' '.join(install)}`")
    apt_env = env | {"DEBIAN_FRONTEND": "noninteractive"}
    require("apt-get update", ["apt-get", "update", "--quiet"], apt_env)
    require("apt-get install", install, apt_env)


def install_environment(env, folder):
    ensure_environment(DEV_LOCK, env)


def programs_to_start():
    """Return what the tests start later, as commands that end at once."""
    node = next(VENV.glob("lib/python*/site-packages/playwright/driver/node"), "playwright")
    return [
        [shutil.which("nginx", path=PROGRAM_FOLDERS) or "nginx", "-v"],
        [(find_programs() or Path()) / "postgres", "--version"],
        [node, "--version"],
        [VENV_PYTHON, "-m", "tests.browser.chromium"],
    ]


def check_programs(env, folder):
    """Start each program once, so that a library it lacks is named before the first test."""
    failures = []
    for command in programs_to_start():
        try:
            output_of(command, env | {"CHROMIUM": find_chromium() or "chromium"})
        except Stop as reason:
            failures.append(explain(str(reason)))
    if failures:
        raise Stop("\n\n".join(failures))


def explain(failure):
    """Return what the dynamic linker says of a program that did not start, or its first lines."""
    told = re.findall(r"\S+: error while loading shared libraries: .*", failure)
    return "\n".join(dict.fromkeys(told) or [line[:200] for line in failure.splitlines()[:20]])


# What reads the code


def lint(env, folder):
    templates = sorted(ROOT.glob("templates/**/*.html"))
    templates += [path for app in APPS for path in sorted((ROOT / app).glob("templates/**/*.html"))]
    tool = [VENV_PYTHON, "-m"]
    require("ruff check", [*tool, "ruff", "check", "."], env)
    require("ruff format", [*tool, "ruff", "format", "--check", "."], env)
    djade = [VENV_PYTHON.with_name("djade"), "--check", "--target-version", "5.2"]
    require("djade", [*djade, *templates], env)
    require("mypy", [*tool, "mypy"], env)


def check_migrations(env, folder):
    command = [VENV_PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"]
    require("makemigrations --check", command, env)


def check_deployment(env, folder):
    """Check the settings of a site in production; loopback ones would not do."""
    production = env | {
        "EMAIL_URL": "smtp+tls://openup:password@mail.example.kr",
        "SITE_URL": "https://www.example.kr",
        "TRUSTED_PROXIES": "127.0.0.1/32",
    }
    command = [VENV_PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    require("check --deploy", command, production)


def output_of(command, env):
    """Return what a program prints."""
    parts = [str(part) for part in command]
    try:
        done = subprocess.run(parts, check=False, capture_output=True, env=env, text=True)
    except OSError as error:
        raise Stop(f"{parts[0]} failed:\n{error}") from error
    if done.returncode != 0:
        raise Stop(f"{parts[0]} failed:\n{done.stderr}")
    return done.stdout


def check_catalogue(env, folder):
    """Gather the strings anew, in a copy: each has its Korean text, and the .mo is current."""
    copy = folder / "catalogue"
    copy.mkdir()
    shutil.copy(ROOT / "manage.py", copy)
    for name in (*APPS, "templates", "static", "locale", "locale-django"):
        shutil.copytree(ROOT / name, copy / name)
    if run([VENV_PYTHON, copy / "manage.py", *MAKEMESSAGES], env, cwd=copy) != 0:
        raise Stop("makemessages failed; its messages are above.")
    for state in ("untranslated", "only-fuzzy"):
        found = output_of(["msgattrib", f"--{state}", "--no-obsolete", copy / CATALOGUE], env)
        if "\nmsgid " in found.partition("\n\n")[2]:
            raise Stop(f"The Korean catalogue has strings that are {state}:\n{found}")
    for catalogue in (CATALOGUE, *DJANGO_CATALOGUES):
        compiled = folder / "compiled.mo"
        output_of(["msgfmt", "--check", "--output-file", compiled, ROOT / catalogue], env)
        committed = (ROOT / catalogue).with_suffix(".mo")
        if output_of(["msgunfmt", compiled], env) != output_of(["msgunfmt", committed], env):
            raise Stop(
                f"{committed.relative_to(ROOT)} is not what {catalogue} says: run `make messages`."
            )


def write_catalogue(env, folder):
    """Gather the strings into the Korean catalogue and compile it."""
    compilemessages = ["compilemessages", "--locale", "ko", "--ignore", ".venv", "--verbosity", "0"]
    require("makemessages", [VENV_PYTHON, "manage.py", *MAKEMESSAGES], env)
    require("compilemessages", [VENV_PYTHON, "manage.py", *compilemessages], env)


# What asks a public service


def audit(env, folder):
    """Stop when a package has a known weakness, or when one could not be looked up."""
    command = [VENV_PYTHON, "-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip"]
    command += ["--progress-spinner", "off", "--requirement", ROOT / "requirements-s3.txt"]
    parts = [str(part) for part in command]
    done = subprocess.run(parts, check=False, capture_output=True, env=env, text=True)
    if done.stdout:
        say(done.stdout.rstrip())
    if done.returncode == 0:
        return say(done.stderr.rstrip())
    if done.stdout:
        raise Stop("Packages have known weaknesses; they are listed above.")
    last = done.stderr.strip().rpartition("\n")[2]
    raise Stop(
        "The packages could not all be looked up, so nothing is known about them: "
        f"check the network and HTTPS_PROXY, then run `make audit` again.\n{last}"
    )


# What runs the code


# One more than processors: a test waits for its database, its browser or its server a third of its
# time. Who has run out of tests takes over some of another's.
AT_ONCE = ["-n", str(min(len(os.sched_getaffinity(0)), 8) + 1), "--dist", "worksteal"]

# What runs as a whole site.
SERVED = ["tests/browser", "tests/deployed"]


def pytest(env, database_url, *options):
    command = [VENV_PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    require("pytest", command, env | {"DATABASE_URL": database_url})


def on_sqlite(env, folder, tests):
    pytest(env, f"sqlite:///{folder}/tests.sqlite3", *AT_ONCE, "-m", tests)


def on_postgresql(env, folder, tests):
    with running_server(env) as database_url:
        pytest(env, database_url, *AT_ONCE, "-m", tests)


def test_on_sqlite(env, folder):
    on_sqlite(env, folder, "sqlite and not browser and not deployed")


def test_on_postgresql(env, folder):
    on_postgresql(env, folder, "postgresql and not browser and not deployed")


def test_all_on_sqlite(env, folder):
    on_sqlite(env, folder, "not browser and not deployed")


def test_all_on_postgresql(env, folder):
    on_postgresql(env, folder, "not browser and not deployed")


def test_in_browser(env, folder):
    """Run the installation of the guide beside the browser: it mostly waits.

    `make deploy-check` tries its slower sides too.
    """
    browser = env | {"CHROMIUM": find_chromium()}
    database_url = f"sqlite:///{folder}/browser.sqlite3"
    pytest(browser, database_url, *AT_ONCE, "--dist", "loadgroup", "-m", "not slow", *SERVED)


def test_in_browser_on_postgresql(env, folder):
    with running_server(env) as database_url:
        pytest(env | {"CHROMIUM": find_chromium()}, database_url, *AT_ONCE, "tests/browser")


def check_whole_deployment(env, folder):
    # A machine or an image takes minutes to make where much else runs.
    patience = ["-o", "faulthandler_timeout=900"]
    pytest(env, f"sqlite:///{folder}/deployed.sqlite3", *patience, "tests/deployed")


def draw_pictures(env, folder):
    browser = env | {"CHROMIUM": find_chromium()}
    only = ["-o", "python_files=guide_pictures.py", "tests/browser/guide_pictures.py"]
    pytest(browser, f"sqlite:///{folder}/pictures.sqlite3", *only)


PARTS = {
    "system": ("System packages", install_system_packages),
    "environment": ("Python environment", install_environment),
    "programs": ("Programs that the tests start", check_programs),
    "lint": ("Code: ruff, djade, mypy", lint),
    "migrations": ("Migrations are complete", check_migrations),
    "deployment": ("Settings of a production site", check_deployment),
    "catalogue": ("Korean catalogue", check_catalogue),
    "sqlite": ("Tests on SQLite", test_on_sqlite),
    "postgresql": ("Tests on PostgreSQL", test_on_postgresql),
    "browser": ("Tests in Chromium, and behind nginx", test_in_browser),
}
# Only when asked for by name.
PARTS_APART = {
    "all-on-sqlite": ("Every test on SQLite", test_all_on_sqlite),
    "all-on-postgresql": ("Every test on PostgreSQL", test_all_on_postgresql),
    "browser-on-postgresql": ("Tests in Chromium on PostgreSQL", test_in_browser_on_postgresql),
    "audit": ("Known weaknesses of the packages", audit),
    "bench-tools": ("What the benchmarks need besides", install_bench_tools),
    "deploy-tools": ("What the whole deployment needs besides", install_deploy_tools),
    "deploy-check": ("The whole deployment", check_whole_deployment),
    "pictures": ("Pictures of the editors' guide", draw_pictures),
    "messages": ("Writing the Korean catalogue", write_catalogue),
}


def test_environment(environ, folder):
    """Return an environment that neither the caller's settings nor var/.env can change."""
    for name in ("media", "static"):
        (folder / name).mkdir()
    settings_file = folder / "settings.env"
    settings_file.write_text(new_env_file("http://127.0.0.1:8000"))
    env = child_environment(environ)
    kept = [name for name in env if name not in SETTINGS and not name.startswith("PG")]
    return {name: env[name] for name in kept} | {
        "OPENUP_ENV_FILE": str(settings_file),
        "DATABASE_URL": f"sqlite:///{folder}/checks.sqlite3",
        "EMAIL_URL": f"file://{folder}/mail",
        "MEDIA_ROOT": str(folder / "media"),
        "STATIC_ROOT": str(folder / "static"),
    }


def run_parts(names):
    check_writable(ROOT, VENV)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="openup-tests-") as folder:
        env = test_environment(dict(os.environ), Path(folder))
        for name in names:
            title, part = (PARTS | PARTS_APART)[name]
            say(f"\n=== {title}")
            part_began = time.monotonic()
            try:
                part(env, Path(folder))
            except Stop as reason:
                raise Stop(f"{reason}\n\nFAILED: {title}") from reason
            say(f"--- {title}: passed in {time.monotonic() - part_began:.1f} s")
    say(f"\nAll {len(names)} parts passed in {time.monotonic() - began:.0f} s: {', '.join(names)}")


def main():
    stop_on_signals()
    names = sys.argv[1:] or list(PARTS)
    known = [*PARTS, *PARTS_APART]
    unknown = [name for name in names if name not in known]
    try:
        check_python()
        if unknown:
            raise Stop(f"No such part: {', '.join(unknown)}. There are {', '.join(known)}.")
        run_parts(names)
    except Stop as reason:
        print(f"\n{reason}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"\n{no_permission(error.filename)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
