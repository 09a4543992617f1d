import os
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django.urls import clear_url_caches, include, path
from markdownx import urls as markdownx_urls

from deploy.processes import ROOT, child_environment
from deploy.run import new_env_file
from openup import urls


def found(tag=None):
    return {message.id for message in run_checks(tags=tag, databases=[])}


@pytest.fixture
def routed_markdownx(monkeypatch):
    extra = path("deep/", include([path("markdownx/", include(markdownx_urls))]))
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, extra])
    clear_url_caches()
    yield
    clear_url_caches()


def test_routes_to_the_views_of_markdownx_stop_the_start(routed_markdownx):
    assert "openup.E001" in found()


def test_the_routes_as_they_are_pass():
    assert "openup.E001" not in found()


@pytest.mark.parametrize("source", ["'unsafe-inline'", "'unsafe-eval'", "https:", "*"])
def test_weaker_content_security_policy_stops_the_start(settings, source):
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**directives, "script-src": [source]}}

    assert "openup.E002" in found()


def test_weaker_password_hasher_stops_the_start(settings):
    settings.SILENCED_SYSTEM_CHECKS = []

    assert "openup.E003" in found()


def test_classifier_that_cannot_be_loaded_stops_the_start(settings):
    settings.COMMENT_CLASSIFIER = "comments.moderation.classifier.nothing"

    assert "openup.E005" in found()


def test_another_markdown_function_stops_the_start(settings):
    settings.MARKDOWNX_MARKDOWNIFY_FUNCTION = "markdownx.utils.markdownify"

    assert "openup.E004" in found()


def test_worker_on_sqlite_loads_nothing_of_what_others_need(tmp_path):
    """Each takes megabytes of every process: PostgreSQL's driver, workbooks, keys, a bucket's."""
    settings_file = tmp_path / "settings.env"
    settings_file.write_text(new_env_file("http://127.0.0.1:8000"))
    env = child_environment(os.environ) | {
        "OPENUP_ENV_FILE": str(settings_file),
        "DATABASE_URL": f"sqlite:///{tmp_path}/site.sqlite3",
        "STATIC_ROOT": str(tmp_path / "static"),
    }
    (tmp_path / "static").mkdir()
    manifest = tmp_path / "static" / f"staticfiles.{ROOT.name}.json"
    manifest.write_text('{"version": "1.1", "paths": {}}')

    done = subprocess.run(
        [sys.executable, "-c", "import sys, openup.wsgi, openup.urls; print(*sys.modules)"],
        check=True, cwd=ROOT, env=env, capture_output=True, text=True,
    )  # fmt: skip

    loaded = set(done.stdout.split())
    assert "openup.pagecache.validators" in loaded
    assert not loaded & {"psycopg", "openpyxl", "cryptography", "botocore"}
