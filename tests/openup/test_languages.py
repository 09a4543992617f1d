"""What a page tells of the languages it is written in, in both languages of the interface."""

import ast
import json
import re
from datetime import datetime

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from lxml import html

from articles.models import SitePage, Tag
from tests.factories import make_article, make_comment, make_issue, make_ranking, make_table

pytestmark = pytest.mark.django_db


def is_korean(text):
    """Tell whether it is: an English sentence may name something Korean."""
    return len(re.findall("[가-힣]", text)) > 2 * len(re.findall("[A-Za-z]", text))


@pytest.fixture
def addresses():
    """One address of every kind of page; all that was written is Korean."""
    issue = make_issue()
    article = make_article(
        monthly_issue=issue, kicker="[10월]", summary="한 줄 간추림.", byline="열린 자료실"
    )
    make_article(category=article.category)
    article.tags.add(Tag.objects.create(name="열린 자료", slug="open-data"))
    ranking = make_ranking()
    make_table(article, ranking, slug="models", source_note="출처: 비교 누리집")
    article.references.create(title="열린 자료", url="https://example.org/", publisher="기관")
    SitePage(slug="privacy", title="개인정보처리방침", body="## 항목\n\n본문").store()
    comment = make_comment(article, name="미나", body="좋은 글입니다.")
    make_comment(article, parent=comment, name="두리")
    return {
        "front": "/",
        "list": "/articles/",
        "article": article.get_absolute_url(),
        "category": article.category.get_absolute_url(),
        "tag": "/tags/open-data/",
        "issues": "/issues/",
        "issue": issue.get_absolute_url(),
        "rankings": "/rankings/",
        "ranking": ranking.get_absolute_url(),
        "embedded": f"{ranking.get_absolute_url()}embed/",
        "subject": ranking.periods.first().entries.first().subject.get_absolute_url(),
        "site page": "/pages/privacy/",
        "search": "/search/?q=소식",
        "reply": f"/comments/{comment.pk}/reply/",
        "history": f"/comments/{comment.pk}/history/",
        "edit": f"/comments/{comment.pk}/edit/",
    }


@pytest.fixture
def in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


def page_of(client, address):
    return html.fromstring(client.get(address).content.decode())


def test_korean_on_an_english_page_is_marked(client, in_english, addresses):
    unmarked = {}
    for name, address in addresses.items():
        page = page_of(client, address)
        assert page.get("lang") == "en"
        # What a field holds is its writer's own.
        texts = page.xpath("//body//text()[not(ancestor::*[@lang='ko']|parent::textarea)]")
        if found := [text.strip() for text in texts if is_korean(text)]:
            unmarked[name] = found

    assert not unmarked, "\n".join(f"{k}: {v}" for k, v in unmarked.items())


def test_korean_page_has_no_marks(client, addresses):
    for address in addresses.values():
        page = page_of(client, address)

        assert page.get("lang") == "ko" and not page.xpath("//body//@lang")


def locale(client, address):
    return page_of(client, address).xpath("//meta[@property='og:locale']/@content")


def test_shared_locale_is_that_of_what_is_shared(client, settings, addresses):
    assert locale(client, "/") == locale(client, addresses["article"]) == ["ko_KR"]

    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        assert locale(client, "/rankings/") == ["en_US"]
        for name in ("article", "category", "issue", "ranking", "subject", "site page"):
            assert locale(client, addresses[name]) == ["ko_KR"]


@pytest.mark.parametrize("name", ["article", "ranking"])
def test_search_engines_are_told_that_the_content_is_korean(client, in_english, addresses, name):
    data = page_of(client, addresses[name]).xpath("//script[@type='application/ld+json']/text()")

    told = re.findall(r'"inLanguage": "(\w+)"', json.dumps([json.loads(text) for text in data]))
    assert told == ["ko"]


def test_feed_is_korean(client, in_english, addresses):
    assert b'xml:lang="ko"' in client.get("/feed/").content


def test_staff_read_moments_as_readers_do():
    moment = datetime(2099, 12, 1, 9, 0)

    assert date_format(moment, "DATETIME_FORMAT") == "2099.12.01 09:00"


@pytest.mark.parametrize("app", ["articles", "comments", "openup"])
def test_no_word_is_looked_up_within_a_string(app):
    # What gathers the words to translate does not see them there.
    hidden = [
        f"{path}:{call.lineno}"
        for path in (settings.BASE_DIR / app).rglob("*.py")
        for string in ast.walk(ast.parse(path.read_text()))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") in {"_", "ngettext", "gettext"}
    ]

    assert not hidden


def public_sentences():
    """Return what the templates and modules that readers meet mark for translation."""
    templates = [
        path for path in (settings.BASE_DIR / "templates").rglob("*.*") if "admin" not in path.parts
    ]
    modules = [
        *(settings.BASE_DIR / "comments/threads").glob("*.py"),
        *(settings.BASE_DIR / "comments/account").glob("*.py"),
        settings.BASE_DIR / "comments/identity/credentials.py",
        settings.BASE_DIR / "articles/rankings/chart.py",
    ]
    texts = "\n".join(path.read_text() for path in [*templates, *modules])
    return {
        *re.findall(r'{% translate "([^"]+)"', texts),
        *re.findall(r'\b_\(\s*"([^"]+)"\s*\)', texts),
    }


def test_readers_meet_one_style_of_request_and_words_that_all_know():
    odd = re.compile("까닭|낱말|단추|견주|주십시오|주시기 바랍|관리자|담당자")
    sentences = public_sentences()

    with translation.override("ko"):
        said = {text: translation.gettext(text) for text in sentences}

    assert len(said) > 200
    assert not {korean for korean in said.values() if odd.search(korean)}
