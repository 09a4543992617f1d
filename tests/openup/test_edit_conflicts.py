"""Two editors of one thing: the second never overwrites the first's work without choosing to."""

import json

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from articles.admin.edit_conflicts import read_opened
from articles.models import (
    Article,
    Category,
    MonthlyIssue,
    Picture,
    Ranking,
    RankingSubject,
    Reference,
    Revision,
    SitePage,
    Tag,
)
from comments.models import Comment, FigureReport, ModerationRule
from tests.factories import (
    make_article,
    make_category,
    make_comment,
    make_issue,
    make_ranking,
    make_rule,
    make_staff,
    make_subject,
    make_table,
)
from tests.sent_forms import UNDRAWN, open_form, send

pytestmark = pytest.mark.django_db


def signed_in(username):
    client = Client()
    client.force_login(make_staff(username=username, is_superuser=True))
    return client


@pytest.fixture
def mina():
    return signed_in("mina")


@pytest.fixture
def other():
    return signed_in("other-editor")


def article():
    made = make_article(state="draft")
    made.references.create(title="처음 글", position=1)
    return made


def picture():
    return Picture.objects.create(name="a.png", size=99, width=9, height=9)


def site_page():
    made = SitePage(slug="contact", title="연락처", body="첫 줄\n\n둘째 줄")
    made.store()
    return made


def figure_report():
    comment = make_comment(make_article())
    Comment.objects.filter(pk=comment.pk).update(kind=Comment.Kind.FIGURE_ERROR)
    return FigureReport.objects.create(comment=comment)


# What is opened, and the field of its form that both change; more than one for what has inlines.
FORMS = [
    (Article, article, "title"),
    (Article, article, "body"),
    (Article, article, "references-0-title"),
    (Category, make_category, "name"),
    (Tag, lambda: Tag.objects.create(name="공개", slug="open"), "name"),
    (SitePage, site_page, "body"),
    (MonthlyIssue, lambda: make_issue(state="draft"), "title"),
    (MonthlyIssue, lambda: make_issue(state="draft"), "items-0-body"),
    (Ranking, make_ranking, "title"),
    (Ranking, make_ranking, "periods-0-label"),
    (RankingSubject, lambda: make_subject("코히어", "캐나다"), "aliases"),
    (Picture, picture, "credit"),
    (ModerationRule, lambda: make_rule(terms="광고"), "name"),
    (FigureReport, figure_report, "answer"),
    (Group, lambda: Group.objects.create(name="편집"), "name"),
    (User, lambda: make_staff(username="somebody"), "first_name"),
]

# What has revisions is joined instead.
JOINED = [each for each in FORMS if each[0] in {Article, SitePage, MonthlyIssue, Ranking}]
REPLACED = [each for each in FORMS if each not in JOINED]


def address(obj, page="change"):
    arguments = [obj.pk] if page == "change" else []
    return reverse(f"admin:{obj._meta.label_lower.replace('.', '_')}_{page}", args=arguments)


def has_form(model):
    """Tell whether the model's admin kept Django's page to change a row."""
    try:
        return bool(address(model(pk=1)))
    except NoReverseMatch:
        return False


def test_every_form_of_the_admin_is_tried_here():
    request = RequestFactory().get("/manage/")
    request.user = make_staff(is_superuser=True)
    registered = [model for model in apps.get_models() if admin.site.is_registered(model)]

    changed = {
        model
        for model in registered
        if admin.site.get_model_admin(model).has_change_permission(request) and has_form(model)
    }

    assert changed == {model for model, _make, _name in FORMS}


def stored(obj, name):
    """Return what is stored of what the form calls `name`."""
    row, field = type(obj).objects.get(pk=obj.pk), name
    if "-" in name:
        relation, index, field = name.split("-")
        row = getattr(row, relation).all()[int(index)]
    return str(getattr(row, field))


@pytest.mark.parametrize(("_model", "make", "name"), REPLACED)
def test_second_editor_sees_the_first_ones_change_and_chooses(mina, other, _model, make, name):
    obj = make()
    mine, theirs = open_form(mina, address(obj)), open_form(other, address(obj))
    assert send(other, address(obj), theirs, **{name: "남의 글"}).status_code == 302

    refused = send(mina, address(obj), mine, **{name: "나의 글"})

    page = html.fromstring(refused.content.decode())
    (changes,) = page.cssselect(".edit-conflict dl")
    assert "남의 글" in changes.text_content()
    assert "other-editor" in page.cssselect(".errorlist")[0].text_content()
    assert "남의 글" in stored(obj, name)
    (form,) = page.cssselect("#content-main form[method=post]")
    again = {
        key: value.removeprefix("\n")
        for key, value in form.form_values()
        if "__prefix__" not in key
    }
    assert again[name] == "나의 글" and "replaces" not in again
    assert send(mina, address(obj), again, **UNDRAWN).status_code == 200
    assert "남의 글" in stored(obj, name)
    (box,) = form.cssselect("[name=replaces]")
    assert send(mina, address(obj), again, replaces=box.get("value")).status_code == 302
    assert "나의 글" in stored(obj, name)
    # The same editor is asked nothing.
    for text in ("나의 글", "둘"):
        opened = open_form(mina, address(obj))
        assert send(mina, address(obj), opened, **{name: text}).status_code == 302


@pytest.mark.parametrize(("_model", "make", "name"), JOINED)
def test_of_what_has_revisions_both_are_kept_and_one_is_chosen(mina, other, _model, make, name):
    obj = make()
    mine, theirs = open_form(mina, address(obj)), open_form(other, address(obj))
    assert send(other, address(obj), theirs, **{name: "남의 글"}).status_code == 302

    asked = send(mina, address(obj), mine, **{name: "나의 글"}, follow=True)

    page = html.fromstring(asked.content.decode())
    (clash,) = page.cssselect(".clash")
    assert "남의 글" in clash.text_content() and "나의 글" in clash.text_content()
    assert "other-editor" in page.cssselect(".revisions")[0].text_content()
    assert "남의 글" in stored(obj, name)
    (form,) = page.cssselect(".join form")
    (choice,) = {radio.get("name") for radio in form.cssselect("input[type=radio]")}
    here = asked.redirect_chain[-1][0]
    assert send(mina, here, dict(form.form_values())).status_code == 200
    assert "남의 글" in stored(obj, name)
    assert send(mina, here, dict(form.form_values()), **{choice: "mine"}).status_code == 302
    assert "나의 글" in stored(obj, name)
    kinds = Revision.objects.of(obj).values_list("kind", "author_name")
    assert list(kinds) == [
        ("found", ""),
        ("saved", "other-editor"),
        ("set_aside", "mina"),
        ("joined", "mina"),
    ]


def fields_of_page(client, address):
    """Return the fields of the form that the page at `address` shows, but for empty ones."""
    page = html.fromstring(client.get(address).content.decode())
    form = page.cssselect("#content-main form[method=post]")[0]
    fields = {}
    for name, value in form.form_values():
        # The newline after <textarea> is no part of its text.
        text = (value or "").removeprefix("\n")
        if text and "__prefix__" not in name and name != "csrfmiddlewaretoken":
            fields.setdefault(name, []).append(text)
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}


def test_fields_of_undrawn_pages_are_those_that_the_pages_show(mina):
    tagged = article()
    tagged.tags.add(Tag.objects.create(name="보안", slug="security"))
    make_table(tagged, make_ranking())
    make_table(tagged, make_ranking()).periods.clear()
    others = {model: make for model, make, _name in FORMS if model is not Article}
    made = [tagged, *(make() for make in others.values())]
    addresses = [address(obj) for obj in made]
    # A picture's is a page of our own, which asks for its file.
    without = FigureReport, Picture
    addresses += [address(obj, "add") for obj in made if not isinstance(obj, without)]

    for each in addresses:
        undrawn, shown = open_form(mina, each), fields_of_page(mina, each)
        opened_with = [fields.pop("opened_with", "{}") for fields in (undrawn, shown)]
        values = [json.loads(text).get("values") for text in opened_with]

        assert values[0] == values[1]
        assert {name: value for name, value in undrawn.items() if value} == shown


def test_choice_holds_for_the_change_that_was_shown_only(mina, other):
    tag = Tag.objects.create(name="공개", slug="open")
    mine = open_form(mina, address(tag))
    send(other, address(tag), open_form(other, address(tag)), name="남의 이름")
    refused = send(mina, address(tag), mine, name="나의 이름")
    (box,) = html.fromstring(refused.content.decode()).cssselect("[name=replaces]")
    send(other, address(tag), open_form(other, address(tag)), name="더 새로운 이름")

    response = send(mina, address(tag), mine, name="나의 이름", replaces=box.get("value"))

    assert response.status_code == 200
    assert "더 새로운 이름" in response.content.decode()
    assert Tag.objects.get().name == "더 새로운 이름"


def test_choice_is_not_asked_for_twice_when_something_else_is_wrong(mina, other):
    tag = Tag.objects.create(name="공개", slug="open")
    mine = open_form(mina, address(tag))
    send(other, address(tag), open_form(other, address(tag)), name="남의 이름")
    refused = send(mina, address(tag), mine, name="")
    (box,) = html.fromstring(refused.content.decode()).cssselect("[name=replaces]")
    wrong = send(mina, address(tag), mine, name="", replaces=box.get("value"))

    (form,) = html.fromstring(wrong.content.decode()).cssselect("#content-main form[method=post]")
    response = send(mina, address(tag), dict(form.form_values()), name="나의 이름")

    assert response.status_code == 302
    assert Tag.objects.get().name == "나의 이름"


def test_lines_that_differ_are_shown_as_theirs_and_yours(mina, other):
    subject = make_subject("코히어", "캐나다")
    mine = open_form(mina, address(subject))
    send(other, address(subject), open_form(other, address(subject)), aliases="첫 줄\n남의 줄")

    refused = send(mina, address(subject), mine, aliases="첫 줄\n나의 줄")

    (changes,) = html.fromstring(refused.content.decode()).cssselect(".edit-conflict dl")
    assert [node.text_content() for node in changes.cssselect("ins")] == ["+ 남의 줄"]
    assert [node.text_content() for node in changes.cssselect("del")] == ["− 나의 줄"]


@pytest.mark.parametrize(
    ("make", "relation", "name"),
    [
        (lambda: make_issue(state="draft"), "items", "items-0-body"),
        (article, "references", "references-0-title"),
        (make_ranking, "periods", "periods-0-label"),
    ],
)
def test_row_that_somebody_else_has_deleted_is_made_anew_by_choice(mina, make, relation, name):
    obj = make()
    mine = open_form(mina, address(obj))
    getattr(obj, relation).all()[0].delete()
    count = getattr(obj, relation).count()

    refused = send(mina, address(obj), mine, **{name: "나의 글"})

    assert getattr(obj, relation).count() == count
    (box,) = html.fromstring(refused.content.decode()).cssselect("[name=replaces]")
    replaced = send(mina, address(obj), mine, **{name: "나의 글"}, replaces=box.get("value"))
    assert replaced.status_code == 302
    assert getattr(obj, relation).count() == count + 1


def test_slug_of_a_table_that_somebody_else_has_added_meanwhile_is_refused(mina):
    made, ranking = make_article(state="draft"), make_ranking()
    table = make_table(made, ranking, slug="models")
    mine = open_form(mina, address(made))
    table.delete()
    make_table(made, ranking, slug="models", caption="남의 표")

    refused = send(mina, address(made), mine, title="나의 제목")

    assert refused.status_code == 200
    document = html.fromstring(refused.content.decode())
    assert document.cssselect("#ranking_tables-group .errorlist li")
    assert document.cssselect("[name=title]")[0].get("value") == "나의 제목"
    fixed = send(mina, address(made), mine, title="나의 제목", **{"ranking_tables-0-slug": "mine"})
    assert fixed.status_code in {200, 302}
    assert made.ranking_tables.filter(caption="남의 표").exists()


def test_what_the_form_does_not_show_is_no_conflict(mina, other):
    """A publisher's date, set while an editor without that field writes, stays as it is."""
    made = make_article(state="draft", published_at=None)
    editor = Client()
    editor.force_login(make_staff("articles.change_article", "articles.view_article"))
    opened = open_form(editor, address(made))
    theirs = open_form(other, address(made))
    moment = {"published_at_0": "2036-01-02", "published_at_1": "09:30:00"}
    assert send(other, address(made), theirs, **moment).status_code == 302

    assert send(editor, address(made), opened, title="나의 제목").status_code == 302

    made.refresh_from_db()
    assert made.title == "나의 제목" and made.published_at.year == 2036


def test_tags_and_table_periods_count_too(mina, other):
    made = make_article(state="draft")
    make_table(made, make_ranking())
    mine = open_form(mina, address(made))
    made.tags.add(Tag.objects.create(name="보안", slug="security"))
    made.ranking_tables.get().periods.clear()

    refused = send(mina, address(made), mine, title="나의 제목")

    (changes,) = html.fromstring(refused.content.decode()).cssselect(".edit-conflict dl")
    assert "보안" in changes.text_content()
    assert len(changes.cssselect("dt")) == 2


OPENED = ["", "x", "0", "null", "[]", "{}", '{"at": 1, "values": 1}', '{"at": "x", "values": {}}']


def test_form_that_does_not_say_what_it_was_opened_with_replaces_nothing(mina):
    made = make_article(state="draft", title="처음 제목")
    opened = open_form(mina, address(made))

    for text in OPENED:
        sent = {"title": "나의 제목", "opened_with": text}
        response = send(mina, address(made), opened, **sent, **UNDRAWN)

        assert response.status_code == 200
        assert response.context["adminform"].form.conflict
        assert Article.objects.get().title == "처음 제목"
        assert Reference.objects.count() == 0


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(
    st.text()
    | values.map(json.dumps)
    | st.fixed_dictionaries({"at": values, "values": values}).map(json.dumps)
)
def test_whatever_is_sent_is_read_or_is_nothing(token):
    opened_at, opened, whole = read_opened(token)

    assert isinstance(opened, dict) and isinstance(whole, str)
    assert opened_at is None or opened_at.year
