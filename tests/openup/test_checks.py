import pytest
from django.core.checks import run_checks
from django.urls import clear_url_caches, include, path
from markdownx import urls as markdownx_urls

from openup import urls


def found(tag=None):
    return {message.id for message in run_checks(tags=tag)}


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
    settings.COMMENT_CLASSIFIER = "comments.classifier.nothing"

    assert "openup.E005" in found()


def test_another_markdown_function_stops_the_start(settings):
    settings.MARKDOWNX_MARKDOWNIFY_FUNCTION = "markdownx.utils.markdownify"

    assert "openup.E004" in found()
