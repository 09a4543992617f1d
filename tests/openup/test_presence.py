"""Who else has a form open: told to those who are at it, and forgotten by itself."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from articles.models import PageVersion, Presence
from comments.account.retention import purge
from openup.models import StaffSession
from tests.factories import make_article, make_ranking, make_staff

pytestmark = pytest.mark.django_db

EDITOR = ["articles.change_article", "articles.view_article"]
HERE = reverse("presence", args=["article", 7])


def signed_in(username, *permissions):
    client = Client()
    client.force_login(make_staff(*(permissions or EDITOR), username=username))
    return client


def told(client, address=HERE):
    return [each["text"] for each in client.post(address).json()["others"]]


def let_pass(username, **duration):
    """Let time pass since a person's page last said that it is looked at."""
    passed = timedelta(**duration)
    Presence.objects.filter(user__username=username).update(
        seen_at=F("seen_at") - passed, opened_at=F("opened_at") - passed
    )


def test_each_is_told_of_the_others_and_for_how_long(client):
    kim, mina = signed_in("김편집"), signed_in("mina")
    versions = list(PageVersion.objects.values_list())
    assert told(kim) == []
    Presence.objects.update(opened_at=F("opened_at") - timedelta(minutes=3, seconds=9))

    assert told(mina) == ["김편집 님이 3분 전부터 열어 두었습니다."]
    assert told(kim) == ["mina 님도 방금 열었습니다."]
    assert told(mina, reverse("presence", args=["article", 8])) == []
    Presence.objects.update(opened_at=F("opened_at") - timedelta(hours=2))
    assert told(mina) == ["김편집 님이 2시간 전부터 열어 두었습니다."]
    assert list(PageVersion.objects.values_list()) == versions


def test_who_leaves_or_says_nothing_more_is_told_of_no_longer():
    kim, mina = signed_in("김편집"), signed_in("mina")
    told(kim)

    assert kim.delete(HERE).status_code == 204
    assert told(mina) == []
    told(kim)
    let_pass("김편집", seconds=31)
    assert told(mina) == []
    # Back from another tab, it is still the same sitting; after a long time it is a new one.
    told(kim)
    let_pass("김편집", minutes=9)
    told(kim)
    assert told(mina) == ["김편집 님이 9분 전부터 열어 두었습니다."]
    let_pass("김편집", minutes=11)
    told(kim)
    assert told(mina) == ["김편집 님도 방금 열었습니다."]
    let_pass("김편집", minutes=11)
    purge()
    assert [each.user.username for each in Presence.objects.all()] == ["mina"]


def test_one_who_is_signed_out_or_may_not_write_neither_sees_nor_is_seen(client):
    kim = signed_in("김편집")
    told(kim)
    strangers = [client, signed_in("reader", "articles.view_article")]
    StaffSession.objects.filter(session_key=kim.session.session_key).delete()

    for each in (*strangers, kim):
        for method in ("get", "post"):
            answer = getattr(each, method)(HERE)
            assert answer.status_code == 403 and "김편집" not in answer.content.decode()
    assert signed_in("other").post("/manage/presence/user/1/").status_code == 403
    assert Presence.objects.count() == 1


def test_asking_costs_one_small_write(django_assert_num_queries):
    kim = signed_in("김편집")
    told(kim)

    # Session and user, whether an app gives codes, permissions of each kind, the write, who else.
    with django_assert_num_queries(7):
        told(kim)


def test_forms_and_the_grid_ask_about_their_own_row():
    staff = signed_in("mina", *EDITOR, "articles.change_ranking", "articles.change_category")
    article, ranking = make_article(state="draft"), make_ranking()
    ask = 'data-address="{}"'.format

    form = staff.get(reverse("admin:articles_article_change", args=[article.pk]))
    grid = staff.get(reverse("admin:articles_ranking_grid", args=[ranking.pk]))
    category = staff.get(reverse("admin:articles_category_change", args=[article.category_id]))

    assert ask(reverse("presence", args=["article", article.pk])) in form.content.decode()
    assert ask(reverse("presence", args=["ranking", ranking.pk])) in grid.content.decode()
    assert "presence" not in category.content.decode()


def test_nobody_is_at_more_forms_than_a_person_opens():
    kim, mina = signed_in("김편집"), signed_in("mina")
    told(mina)

    for number in range(1, 56):
        told(kim, reverse("presence", args=["article", number]))

    assert Presence.objects.filter(user__username="김편집").count() == 50
    assert len(told(mina, reverse("presence", args=["article", 55]))) == 1
    assert Presence.objects.filter(user__username="mina").count() == 2
