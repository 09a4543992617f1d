"""The Korean that we give Django's own sentences reaches the desk; each sentence is Django's."""

import re
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.urls import reverse

from tests.factories import make_staff

pytestmark = pytest.mark.django_db
PATTERN = re.compile(r'^msgid ((?:".*"\n)+)', re.MULTILINE)


def sentences(catalogue):
    """Return the English sentences of a catalogue's text."""
    found = (
        "".join(re.findall(r'"(.*)"', each)) for each in PATTERN.findall(catalogue.read_text())
    )
    return {each for each in found if each}


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_every_sentence_that_we_word_is_one_of_django(domain):
    ours = Path(settings.BASE_DIR, "locale-django", "ko", "LC_MESSAGES", f"{domain}.po")
    folder = Path(django.__file__).parent
    theirs = [sentences(path) for path in folder.glob(f"**/locale/en/LC_MESSAGES/{domain}.po")]

    assert sentences(ours) <= set().union(*theirs)


def test_desk_speaks_our_korean(client):
    client.force_login(make_staff("articles.change_article", "articles.view_article"))

    page = client.get(reverse("admin:articles_article_changelist")).content.decode()
    script = client.get(reverse("admin:jsi18n")).content.decode()

    assert "글 목록" in page and "메뉴 찾기" in page
    assert r"\uac74 \uac00\uc6b4\ub370" in script or "건 가운데" in script
