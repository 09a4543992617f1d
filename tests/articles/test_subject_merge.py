from datetime import date

import pytest
from django.core.exceptions import ValidationError

from articles.models import RankingEntry, RankingSubject, SubjectAddress
from tests.factories import make_article, make_ranking, make_staff, make_subject, make_table

pytestmark = pytest.mark.django_db

MERGERS = ["articles.view_rankingsubject", "articles.change_rankingsubject"]
MERGERS += ["articles.delete_rankingsubject"]


@pytest.fixture
def pair():
    """The same company ranked twice under two names, in different months."""
    ranking = make_ranking(
        [
            ("1월", date(2025, 1, 1), [("알리바바", "중국", "M")]),
            ("2월", date(2025, 2, 1), [("Alibaba", "China", "M")]),
        ]
    )
    make_table(make_article(), ranking)
    return make_subject("알리바바", "중국"), make_subject("Alibaba", "China")


def test_ranks_spellings_and_addresses_go_to_the_subject_that_stays(client, pair):
    kept, other = pair
    entries = set(RankingEntry.objects.values_list("pk", "label"))

    other.merge_into(kept)

    assert list(RankingSubject.objects.all()) == [kept]
    assert set(RankingEntry.objects.values_list("pk", "label")) == entries
    kept.refresh_from_db()
    assert kept.answers_to("ALIBABA") and kept.answers_to("Alibaba (China)")
    for address, there in (
        (f"/subjects/{other.slug}/", "/"),
        (f"/subjects/{other.slug}.json", ".json"),
    ):
        response = client.get(address)
        assert response.status_code == 301
        assert response["Location"] == f"/subjects/{kept.slug}{there}"


def test_addresses_survive_a_second_merger(client, pair):
    kept, other = pair
    last = make_subject("阿里巴巴")
    other.merge_into(kept)

    kept.merge_into(last)

    addresses = SubjectAddress.objects.filter(subject=last).values_list("slug", flat=True)
    assert set(addresses) == {kept.slug, other.slug}
    assert client.get(f"/subjects/{other.slug}/")["Location"] == f"/subjects/{last.slug}/"


def test_two_who_stand_side_by_side_are_two(pair):
    kept, other = pair
    make_ranking(
        [("3월", date(2025, 3, 1), [("알리바바", "중국", "M"), ("Alibaba", "China", "M")])]
    )

    with pytest.raises(ValidationError, match="3월"):
        other.merge_into(kept)

    assert RankingSubject.objects.count() == 2
    assert RankingEntry.objects.filter(subject=pk_of(other)).count() == 2


def pk_of(subject):
    return RankingSubject.objects.get(slug=subject.slug).pk


def test_a_subject_is_not_merged_into_itself(pair):
    kept, _other = pair

    with pytest.raises(ValidationError):
        RankingSubject.objects.get(pk=kept.pk).merge_into(kept)

    assert RankingEntry.objects.count() == 2


def test_old_address_leads_to_a_renamed_subject_and_back(client, pair):
    kept, _other = pair
    before = kept.slug
    kept.slug = "alibaba"
    kept.store()
    assert client.get(f"/subjects/{before}/")["Location"] == "/subjects/alibaba/"

    kept.slug = before
    kept.store()

    assert client.get("/subjects/alibaba/")["Location"] == f"/subjects/{before}/"
    assert client.get(f"/subjects/{before}/").status_code == 200


def test_an_address_that_leads_elsewhere_is_not_given_again(pair):
    kept, other = pair
    slug = other.slug
    other.merge_into(kept)

    with pytest.raises(ValidationError, match="slug"):
        RankingSubject(name="새 기업", slug=slug).full_clean()


def choose(client, subjects, **fields):
    data = {"action": "merge", "_selected_action": [subject.pk for subject in subjects], **fields}
    return client.post("/manage/articles/rankingsubject/", data)


def test_staff_merge_in_two_steps(client, pair):
    kept, other = pair
    client.force_login(make_staff(*MERGERS))

    asked = choose(client, pair)
    assert "남길 대상" in asked.content.decode() and RankingSubject.objects.count() == 2
    choose(client, pair, merge="1", keep=kept.pk)

    assert list(RankingSubject.objects.all()) == [kept]
    assert SubjectAddress.objects.get().slug == other.slug


@pytest.mark.parametrize("keep", ["", "x", "999999"])
def test_a_wrong_choice_merges_nothing_and_says_so(client, pair, keep):
    client.force_login(make_staff(*MERGERS))

    response = choose(client, pair, merge="1", keep=keep)

    assert response.status_code == 200 and "errorlist" in response.content.decode()
    assert RankingSubject.objects.count() == 2


def test_staff_are_told_where_two_stand_side_by_side(client, pair):
    make_ranking(
        [("3월", date(2025, 3, 1), [("알리바바", "중국", "M"), ("Alibaba", "China", "M")])]
    )
    client.force_login(make_staff(*MERGERS))

    response = choose(client, pair, merge="1", keep=pair[0].pk)

    assert "나란히 오른 시점" in response.content.decode() and RankingSubject.objects.count() == 2


@pytest.mark.parametrize("missing", ["change", "delete"])
def test_merging_takes_the_permission_to_change_and_to_delete(client, pair, missing):
    names = [name for name in MERGERS if missing not in name]
    client.force_login(make_staff(*names))

    choose(client, pair, merge="1", keep=pair[0].pk)

    assert RankingSubject.objects.count() == 2
