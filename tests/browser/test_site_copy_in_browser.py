"""The copy of the site, opened as an archive's readers open it."""

import io
import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from tests.factories import make_comment
from tests.openup.test_export_site import served
from tests.openup.whole_site import WholeSite

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_pages_of_the_copy_open_without_a_complaint(open_page, tmp_path, settings):
    settings.STATIC_ROOT = tmp_path / "static"
    call_command("collectstatic", interactive=False, verbosity=0)
    site = WholeSite()
    make_comment(site.article, body="사본에서 읽는 댓글")
    call_command("export_site", tmp_path / "copy", stdout=io.StringIO())

    with served(tmp_path / "copy") as base:
        page = open_page(f"{base}/")
        page.get_by_role("link", name=site.article.title).first.click()
        expect(page.get_by_text("사본에서 읽는 댓글")).to_be_visible()
        page.wait_for_load_state()
        assert page.locator("form").count() == 0
        page.get_by_text("최신 순").click()
        expect(page).to_have_url(re.compile("/order/newest/"))
        page.goto(f"{base}{site.ranking.get_absolute_url()}")
        assert page.locator("table").first.is_visible()
        assert "사본" in page.get_by_role("note").inner_text()
