import re
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.urls import reverse

from articles.models import PageVersion, SitePage
from tests.factories import make_article, make_comment, make_ranking, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


def set_up():
    out = StringIO()
    call_command("setup_site", stdout=out)
    return out.getvalue()


def permissions_of(name):
    permissions = Group.objects.get(name=name).permissions
    return set(permissions.values_list("codename", flat=True))


def member(group):
    user = make_staff()
    user.groups.add(Group.objects.get(name=group))
    return user


def test_editor_writes_articles_but_does_not_publish_or_delete_them():
    set_up()

    permissions = permissions_of("editor")

    assert permissions >= {"add_article", "change_article", "view_article", "view_ranking"}
    assert permissions.isdisjoint(
        {"publish_article", "delete_article", "change_ranking", "change_category", "view_comment"}
    )


def test_publisher_does_what_an_editor_does_and_publishes():
    set_up()

    added = permissions_of("publisher") - permissions_of("editor")

    assert permissions_of("publisher") > permissions_of("editor")
    assert {"publish_article", "delete_article", "add_category", "change_sitepage"} <= added
    assert not any("ranking" in permission for permission in added)


def test_moderator_and_data_steward_have_exactly_their_own():
    set_up()

    assert permissions_of("moderator") == {
        *("view_comment", "moderate_comment", "answer_comment"),
        *("view_article", "view_category", "view_monthlyissue", "view_picture", "view_ranking"),
        *(f"{action}_moderationrule" for action in ("add", "change", "delete", "view")),
    }
    assert permissions_of("data steward") == {
        *("view_rankingcorrection", "view_figurereport", "decide_figurereport"),
        *(
            f"{action}_{model}"
            for action in ("add", "change", "delete", "view")
            for model in (
                *("ranking", "rankingperiod", "rankingentry"),
                *("rankingsubject", "rankingtable"),
            )
        ),
    }


def test_nobody_in_a_group_manages_accounts():
    set_up()

    labels = Group.objects.values_list("permissions__content_type__app_label", flat=True)

    assert set(labels) == {"articles", "comments"}


@pytest.mark.parametrize(
    ("group", "open_pages"),
    [
        ("editor", {"article", "ranking"}),
        ("publisher", {"article", "ranking", "sitepage", "comment"}),
        ("moderator", {"article", "ranking", "comment", "moderation"}),
        ("data steward", {"ranking", "grid"}),
    ],
)
def test_each_group_reaches_its_own_pages_only(client, group, open_pages):
    set_up()
    ranking, comment = make_ranking(), make_comment(make_article())
    moderation = reverse("admin:comments_comment_moderate", args=["hide"])
    addresses = {
        "article": reverse("admin:articles_article_changelist"),
        "ranking": reverse("admin:articles_ranking_changelist"),
        "grid": reverse("admin:articles_ranking_grid", args=[ranking.pk]),
        "sitepage": reverse("admin:articles_sitepage_changelist"),
        "comment": reverse("admin:comments_comment_changelist"),
        "moderation": f"{moderation}?comment={comment.pk}",
        "user": reverse("admin:auth_user_changelist"),
    }
    client.force_login(member(group))

    answers = {name: client.get(address).status_code for name, address in addresses.items()}

    assert {name for name, status in answers.items() if status == 200} == open_pages
    assert {status for name, status in answers.items() if name not in open_pages} == {403}


def test_first_pages_are_made_in_their_order():
    printed = set_up()

    slugs = list(SitePage.objects.values_list("slug", flat=True))
    assert slugs[:4] == ["about", "privacy", "copyright", "accessibility"]
    assert set(slugs[4:]) == {"contact", "comment-rules"}
    assert all(page.body_html for page in SitePage.objects.all())
    assert "Page privacy: created" in printed


def test_first_pages_name_what_is_pressed_as_the_site_does(settings):
    catalogue = (settings.BASE_DIR / "locale/ko/LC_MESSAGES/django.po").read_text()
    set_up()

    text = "\n".join(SitePage.objects.values_list("body", flat=True))
    pressed = [line for line in re.split(r"\n|\. ", text) if re.search("눌러|누르", line)]
    labels = {label for line in pressed for label in re.findall(r"\*\*(.+?)\*\*", line)}
    assert {"표의 수치에 댓글 쓰기", "더보기"} <= labels
    for label in labels:
        assert f'msgstr "{label}"' in catalogue, label
    assert "십시오" not in text


def test_second_time_changes_nothing_and_says_so():
    set_up()
    versions = list(PageVersion.objects.values_list("scope", "version"))

    printed = set_up()

    assert list(PageVersion.objects.values_list("scope", "version")) == versions
    assert (Group.objects.count(), SitePage.objects.count()) == (4, 6)
    assert "created" not in printed
    assert "Group editor: unchanged" in printed


def test_page_that_staff_have_written_is_never_overwritten():
    SitePage(slug="privacy", title="우리 방침", body="우리 글").store()

    printed = set_up()

    assert SitePage.objects.get(slug="privacy").body == "우리 글"
    assert "Page privacy: kept as it is" in printed


def test_permission_that_a_group_should_not_have_is_taken_back():
    set_up()
    editor = Group.objects.get(name="editor")
    editor.permissions.add(*Group.objects.get(name="moderator").permissions.all())

    printed = set_up()

    assert "moderate_comment" not in permissions_of("editor")
    assert "Group editor: set anew" in printed
