"""Readers who come by an address of the old site find the article it was, and no other."""

import pytest
from django.urls import reverse

from articles.models import LegacyPath
from tests.factories import make_article
from tests.sent_forms import UNDRAWN


def lead(**paths):
    """Make an article for each name; return the articles."""
    articles = {}
    for name, path in paths.items():
        articles[name] = make_article(title=name)
        LegacyPath.objects.create(article=articles[name], path=path)
    return articles


def find(client, path):
    """Return where a path leads and whether for good, or None."""
    response = client.get(path)
    return (
        (response.get("Location"), response.status_code == 301)
        if response.has_header("Location")
        else None
    )


ASKED = [
    ("/bbs/view.do?nttId=7&b=B1", ("seven", True)),
    ("/bbs/view.do?b=B1&nttId=7&searchWrd=&utm_source=mail", ("seven", True)),
    ("/bbs/view.do;jsessionid=0A1B?b=B1&nttId=8", ("eight", True)),
    ("/bbs/view.do/?b=B1&nttId=8", ("eight", False)),
    ("/bbs/view.do?b=B1&nttId=999", None),
    ("/bbs/view.do?nttId=7", None),
    ("/bbs/view.do?b=B1&nttId=7&page=2", None),
    ("/bbs/view.do", None),
    ("/pages/11/254", ("plain", True)),
    ("/pages/11/254/", ("plain", False)),
    ("/pages/11/254?from=mail", ("plain", False)),
    ("/pages/11/254?fbclid=x", ("plain", True)),
    ("/board.php", ("board", True)),
    ("/board.php?wr_id=3", ("third", True)),
    ("/board.php?wr_id=4", None),
    ("/%EC%98%9B?%EA%B8%80=%EA%B0%80", ("korean", True)),
    # As some programs send it, not encoded.
    ("/옛?글=가", ("korean", True)),
    ("/euckr.asp?t=%b0%a1", ("euckr", True)),
]


@pytest.mark.django_db
def test_exact_address_leads_for_good_and_a_bare_path_only_where_it_is_alone(client):
    articles = lead(
        seven="/bbs/view.do?b=B1&nttId=7",
        eight="/bbs/view.do?b=B1&nttId=8",
        plain="/pages/11/254",
        board="/board.php",
        third="/board.php?wr_id=3",
        korean="/옛?글=가",
        euckr="/euckr.asp?t=%B0%A1",
    )

    for asked, expected in ASKED:
        found = find(client, asked)

        name, is_permanent = expected or ("", False)
        led = (articles[name].get_absolute_url(), is_permanent) if expected else None
        assert found == led, asked


@pytest.mark.django_db
def test_address_of_a_draft_leads_to_nobody_elses_article(client):
    draft = make_article(state="draft")
    LegacyPath.objects.create(article=draft, path="/old/7?id=1")
    lead(other="/old/7/?id=1", bare="/old/7")

    assert find(client, "/old/7?id=1") is None


OLD_FRONT = ["/?p=7", "/articles/?id=7", "/search/?no=7", "/?mid=news&document_srl=7"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", OLD_FRONT)
def test_old_address_on_a_page_of_ours_leads_past_the_cached_page(read, path):
    (article,) = lead(it=path).values()
    own, _mark, query = path.partition("?")
    plain = read(own)

    led = read(f"{path}&utm_source=mail")
    other = read(f"{own}?{query}0")

    assert (led.status, led.header("Location")) == (301, article.get_absolute_url())
    assert not led.header("Set-Cookie")
    assert (plain.status, other.status) == (200, 200)
    assert read(own).body == plain.body


@pytest.mark.django_db(transaction=True)
def test_search_is_no_old_address_unless_its_words_are(read):
    lead(bare="/search/", home="/?p=7")

    assert read("/search/?q=data").status == 200
    assert read("/?p=8").body == read("/").body
    assert read("/?utm_source=mail").body == read("/").body


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/pages/old/?id=7", "/tags/old/?id=7", "/articles/99/old/?id=7"])
def test_old_address_below_a_page_of_ours_leads_where_that_page_is_missing(read, path):
    (article,) = lead(it=path).values()

    assert read(path).header("Location") == article.get_absolute_url()
    assert read(f"{path}8").status == 404


@pytest.mark.django_db(transaction=True)
def test_old_address_that_is_entered_later_leads_at_once(read):
    article = make_article()
    assert read("/?p=7").status == 200

    LegacyPath.objects.create(article=article, path="/?p=7")

    assert read("/?p=7").status == 301


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("/bbs/view.do?nttId=7", "/bbs/view.do?nttId=7"),
        (" https://old.example.kr/bbs/view.do;jsessionid=1?b=&nttId=7#a ", "/bbs/view.do?nttId=7"),
        ("/?p=7", "/?p=7"),
    ],
)
def test_staff_enter_an_address_as_it_stands_in_the_browser(typed, kept):
    old = LegacyPath(article=make_article(), path=typed)

    old.full_clean()
    old.save()

    old.refresh_from_db()
    assert old.path == kept
    assert LegacyPath.objects.get(path=typed) == old


@pytest.fixture
def old_addresses(admin_client):
    """Return a function that gives the formset of an article's old addresses, as it is sent."""
    article = make_article()
    address = reverse("admin:articles_article_change", args=[article.pk])
    formset = next(
        each.formset
        for each in admin_client.get(address, **UNDRAWN).context["inline_admin_formsets"]
        if each.formset.model is LegacyPath
    )

    def sent(*typed):
        rows = {f"legacy_paths-{number}-path": path for number, path in enumerate(typed)}
        total = {"legacy_paths-TOTAL_FORMS": len(typed), "legacy_paths-INITIAL_FORMS": "0"}
        return type(formset)(total | rows, instance=article, prefix="legacy_paths")

    return sent


@pytest.mark.django_db
def test_what_is_no_address_of_a_page_is_refused_at_its_field(old_addresses):
    for typed in ["/", "/?", "/?utm_source=x", "view.do?id=7", "?p=7", "글", "#a"]:
        assert "path" in old_addresses(typed).errors[0], typed


@pytest.mark.django_db
def test_one_address_in_two_spellings_is_refused(old_addresses):
    both = old_addresses("/view.do?a=1&b=2", "https://old.example.kr/view.do?b=2&a=1")

    assert not both.is_valid()
