"""The rarer pages and states: forms refused and held, places without anything, what was removed."""

from collections import defaultdict
from functools import partial

import pytest

from articles.models import MonthlyIssue
from tests.browser.looking import contrast_violations, violations_but_contrast
from tests.factories import (
    EMAIL,
    PASSWORD,
    make_article,
    make_comment,
    make_issue,
    make_ranking,
    make_table,
    make_takedown,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Longer than any screen is wide, and an address without a place to break.
LONG = "가나다라마바사아자차카타파하" * 20 + " https://example.org/" + "a" * 150


def see(page, passed):
    """Return what is wrong with the page as it stands: for axe, or too wide at 320 px, 200 %."""
    faults = violations_but_contrast(page)
    for look in ("dark", "light"):
        page.emulate_media(color_scheme=look)
        faults += contrast_violations(page, passed[look])
    page.set_viewport_size({"width": 320, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.set_viewport_size({"width": 360, "height": 800})
    return [*faults, f"{excess} px too wide"] if excess > 0 else faults


@pytest.fixture
def places(admin_user):
    """One address of every page that the reading tests do not open."""
    article = make_article(title="열린 모형의 흐름", summary=LONG)
    issue = make_issue()
    MonthlyIssue.objects.filter(pk=issue.pk).update(lead_article=article)
    ranking = make_ranking()
    make_table(article, ranking)
    parent = make_comment(article, body=LONG, name="아" * 20)
    answer = make_comment(article, parent=parent, body="답글")
    make_comment(article, parent=answer, body="답글의 답글")
    gone = make_comment(article, parent=parent)
    make_comment(article, parent=gone)
    gone.delete_by_author()
    blocked = make_takedown(make_comment(article, body="가려질 글"))
    make_comment(article, parent=blocked.comment)
    blocked.block(days=10, by=admin_user)
    return {
        "thread": article.get_absolute_url() + "?order=newest",
        "report": f"/comments/{answer.pk}/report/",
        "takedown": f"/comments/{answer.pk}/takedown/",
        "corrections": "/corrections/",
        "issues of a year": "/issues/2025/",
        "search": "/search/",
        "search without a word": "/search/?q=%25%25",
        "long search": "/search/?q=" + "가" * 100,
        "older": f"/articles/?before={article.pk}",
    }


def test_rare_pages_have_no_faults(open_page, places):
    page = open_page("/", width=360)
    passed, faults = defaultdict(set), {}
    for name, address in places.items():
        assert page.goto(address).status == 200, name
        faults[name] = see(page, passed)

    assert not {name: found for name, found in faults.items() if found}


def send(page, passed, address, **fields):
    """Send the form of a page as it is without a script's help."""
    page.goto(address)
    for field, text in fields.items():
        page.locator(f"main [name={field}]").last.fill(text)
    with page.expect_navigation():
        page.evaluate("document.querySelector('main form').submit()")
    faults = see(page, passed)
    for choices in page.locator(".choices.invalid").all():
        error, first = (choices.locator(each).first for each in (".error", "label"))
        if error.bounding_box()["y"] >= first.bounding_box()["y"]:
            faults.append("an error between the choices")
    return faults


def test_refused_and_taken_forms_have_no_faults(open_page):
    comment = make_comment()
    reviewed = make_article(comment_policy="reviewed")
    at, pair = f"/comments/{comment.pk}", {"email": EMAIL, "password": PASSWORD}
    page, passed = open_page("/", width=360), defaultdict(set)

    send_in = partial(send, page, passed)
    faults = {
        "report refused": send_in(f"{at}/report/", text=LONG * 3),
        "takedown refused": send_in(f"{at}/takedown/", email="mina", reason=""),
        "reply refused": send_in(f"{at}/reply/", body=LONG, email="x"),
        "edit refused": send(
            page, passed, f"{at}/edit/", email=EMAIL, password="wrong key", body=LONG
        ),
        "delete refused": send_in(f"{at}/delete/", email=EMAIL, password=""),
        "held": send_in(f"/articles/{reviewed.pk}/comments/", body=LONG, **pair),
    }
    for name in ("report", "takedown"):
        page.goto(f"{at}/{name}/")
        page.locator("main [type=radio]").first.check()
        if name == "takedown":
            page.locator("main [name=reason]").fill("제 전화번호가 있습니다.")
        with page.expect_navigation():
            page.locator("main [type=submit]").click()
        faults[f"{name} taken"] = see(page, passed)

    assert not {name: found for name, found in faults.items() if found}
