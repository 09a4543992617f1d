"""One search finds what stands on the desk, and shows nobody what they may not open."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from lxml import html

from tests.factories import make_article, make_comment, make_issue, make_ranking, make_staff

pytestmark = pytest.mark.django_db


def found(user, term):
    client = Client()
    client.force_login(user)
    page = client.get(reverse("admin:desk_search"), {"q": term}).content.decode()
    return {
        section.cssselect("h2")[0].text_content(): [
            link.text_content() for link in section.cssselect("li a")
        ]
        for section in html.fromstring(page).cssselect(".desk-search-results section")
    }


@pytest.fixture
def root():
    return User.objects.create_superuser("root")


def test_every_list_is_searched_and_texts_too(root):
    draft = make_article(
        title="초안", body="안쪽에 너구리가 있다", state="draft", published_at=None
    )
    make_issue(items=(("정책", "너구리 소식", "- 첫째"),), title="시월의 이슈")
    make_ranking(title="너구리 순위")
    make_comment(draft, body="너구리를 보았다")

    results = found(root, " 너구리 ")

    assert {"글", "월간 이슈", "순위", "댓글"} <= {*results}
    assert results["글"] == ["초안"]
    assert results["월간 이슈"] == ["2025-10 시월의 이슈"]


def test_list_tells_of_more_than_it_shows(root):
    for number in range(8):
        make_article(title=f"너구리 {number}")
    client = Client()
    client.force_login(root)

    page = client.get(reverse("admin:desk_search"), {"q": "너구리"}).content.decode()

    assert len(found(root, "너구리")["글"]) == 6
    assert f"{reverse('admin:articles_article_changelist')}?q=" in page


def test_nobody_finds_what_they_may_not_open():
    call_command("setup_site", verbosity=0)
    make_comment(body="너구리를 보았다")
    make_article(title="너구리 글")
    editor = make_staff()
    editor.groups.add(Group.objects.get(name="editor"))

    assert set(found(editor, "너구리")) == {"글"}


@pytest.mark.parametrize("term", ["", "%", "가" * 5000, "x " * 200, "'\"\\"])
def test_whatever_is_typed_is_answered(root, term):
    client = Client()
    client.force_login(root)

    assert client.get(reverse("admin:desk_search"), {"q": term}).status_code == 200
