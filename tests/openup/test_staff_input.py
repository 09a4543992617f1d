"""Whatever staff put into an address or a form: it answers, and what was typed comes back."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from articles.models import Article, MonthlyIssue, Ranking, Tag
from comments.models import Comment, StaffSubscription
from tests.browser.staff_site import USERS, make_staff_site
from tests.factories import make_article, make_category, make_comment, make_issue, make_staff
from tests.sent_forms import UNDRAWN, open_form, send

pytestmark = pytest.mark.django_db

TOO_LONG_A_KEY = "9" * 20
KEYS = ["abc", "", "\0", "0", "-1", "1.5", "٣", TOO_LONG_A_KEY, "9" * 5_000]
DATES = ["0001-01-01", "0202-05-01", "9999-12-31", "2025-02-30", "2025-01-01T00:00", "내일"]
TEXTS = ["(", "\\", "%s", "{0}", "<script>", "\u3164", "가" * 40_000, "x y " * 3_000, "'\""]


@pytest.fixture
def superuser():
    client = Client()
    client.force_login(make_staff(username="root", is_superuser=True))
    return client


def address_of(model, page="changelist", *args):
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{page}", args=args)


def errors_of(response):
    page = html.fromstring(response.content.decode())
    return [error.text_content().strip() for error in page.cssselect(".errorlist li")]


# Named ones: what each says


@pytest.mark.parametrize(
    ("model", "action"),
    [(Article, "delete_selected"), (Comment, "hide_selected"), (User, "delete_selected")],
)
def test_action_on_what_is_no_row_does_nothing_and_says_so(superuser, model, action):
    make_comment()
    chosen = {"action": action, "_selected_action": ["abc"]}
    shown = superuser.post(address_of(model), chosen, follow=True)
    assert "아무것도 하지 않았습니다" in shown.content.decode()

    for key in KEYS:
        chosen["_selected_action"] = [key]
        response = superuser.post(address_of(model), chosen, follow=True, **UNDRAWN)

        assert response.status_code == 200
        told = " ".join(map(str, response.context["messages"]))
        assert key == "0" or "아무것도 하지 않았습니다" in told
    assert Comment.objects.get().is_visible and User.objects.filter(username="root").exists()


REFUSED_QUERIES = [
    {"published_at__year": "0"},
    {"published_at__year": "10000"},
    {"published_at__year": "9999", "published_at__month": "12", "published_at__day": "31"},
    {"published_at__month": TOO_LONG_A_KEY},
    {"published_at__gte": "0001-01-01"},
    {"published_at__lt": "9999-12-31 23:59:59-12:00"},
    {"category__id__exact": TOO_LONG_A_KEY},
    {"category__id__exact": "abc"},
    {"title__regex": "("},
    {"nothing__of__this": "1"},
    {"_to_field": "tags"},
    {"_to_field": "led_issues"},
]


def test_list_refuses_what_it_does_not_offer_in_a_page_of_the_admin(superuser):
    for query in REFUSED_QUERIES:
        response = superuser.get(address_of(Article), query)

        assert response.status_code == 400
        assert 'id="site-name"' in response.content.decode()


PAGES_AND_ORDERS = [
    *({"p": value} for value in ("abc", "-1", TOO_LONG_A_KEY, "9" * 5_000)),
    *({"o": value} for value in ("abc", "-99", "1.2.3", "9" * 5_000)),
    *({name: "x"} for name in ("all", "e", "_facets", "_popup")),
    {"published_at__year": "2025", "published_at__month": "2", "published_at__day": "30"},
    {"state__exact": "x", "e": "1"},
]


def test_list_shows_its_rows_whatever_page_or_order_is_asked_for(superuser):
    make_article(title="목록의 글")

    for query in PAGES_AND_ORDERS:
        response = superuser.get(address_of(Article), query, follow=True)

        assert response.status_code == 200
        assert "changelist" in response.content.decode()


@pytest.mark.parametrize("words", [" ".join(map(str, range(1_200))), "가" * 2_000])
def test_search_for_too_much_says_so_and_keeps_it(superuser, words):
    make_article()

    response = superuser.get(address_of(Article), {"q": words})

    page = html.fromstring(response.content.decode())
    assert "20단어" in page.cssselect(".messagelist")[0].text_content()
    assert page.cssselect("#searchbar")[0].get("value") == words
    terms = {"app_label": "articles", "model_name": "monthlyissue", "field_name": "lead_article"}
    answer = superuser.get(reverse("admin:autocomplete"), {**terms, "term": words})
    assert answer.json()["results"] == []


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (Article, ["category", "tags", "published_at", "state"]),
        (MonthlyIssue, ["lead_article", "month"]),
        (StaffSubscription, ["article"]),
        (User, ["groups"]),
    ],
)
def test_form_opens_without_what_its_address_gives_wrongly(superuser, model, names):
    address = address_of(model, "add")
    plain = superuser.get(address, **UNDRAWN).context["adminform"].form
    refused = plain.fields.keys() & set(names)

    for key in ["abc", TOO_LONG_A_KEY, "1," + TOO_LONG_A_KEY, "٣", "-1"]:
        response = superuser.get(address, dict.fromkeys(names, key), **UNDRAWN)

        assert response.status_code == 200
        initial = response.context["adminform"].form.initial
        assert all(initial.get(name) == plain.initial.get(name) for name in refused)
        told = " ".join(map(str, response.context["messages"]))
        assert all(str(plain.fields[name].label) in told for name in refused)
    page = html.fromstring(superuser.get(address, dict.fromkeys(names, "x")).content.decode())
    assert not refused or page.cssselect(".messagelist .warning")


def test_form_opens_with_what_its_address_gives_rightly(superuser):
    category, tag = make_category(), Tag.objects.create(name="공개", slug="open")
    given_values = {"category": category.pk, "tags": f"{tag.pk}", "title": "시작한 제목"}

    response = superuser.get(address_of(Article, "add"), given_values)

    (form,) = html.fromstring(response.content.decode()).cssselect("#article_form")
    values = dict(form.form_values())
    assert values["category"] == str(category.pk) and values["tags"] == str(tag.pk)
    assert values["title"] == "시작한 제목"


def test_choice_of_what_is_no_row_has_its_error_and_the_rest_comes_back(superuser):
    opened = open_form(superuser, address_of(Article, "change", make_article(state="draft").pk))
    names = ["category", "tags", "monthly_issue"]

    for key in KEYS:
        typed = {**opened, "title": "친 제목", **{name: [key or "x"] for name in names}}
        response = send(superuser, address_of(Article, "add"), typed)

        assert response.status_code == 200
        page = html.fromstring(response.content.decode())
        assert all(
            page.cssselect(f".field-{name} .errorlist, .field-{name}.errors") for name in names
        )
        assert page.cssselect("[name=title]")[0].get("value") == "친 제목"


def test_page_of_a_row_opens_when_its_address_names_no_column(superuser):
    tag = Tag.objects.create(name="공개", slug="open")

    for page in ("change", "delete"):
        response = superuser.get(address_of(Tag, page, tag.pk), {"_to_field": ""})

        assert response.status_code == 200


def test_saving_as_new_is_saving(superuser):
    response = superuser.post(address_of(Tag, "add"), {"name": "", "_saveasnew": "1"})

    assert response.status_code == 200
    assert errors_of(response)


def test_month_that_cannot_be_comes_back_with_its_error(superuser):
    issue = make_issue()
    for address in (address_of(MonthlyIssue, "add"), address_of(MonthlyIssue, "change", issue.pk)):
        opened = open_form(superuser, address)
        for day in DATES:
            typed = {"month": day, "title": "친 제목", "state": "published"}
            response = send(superuser, address, opened, **typed)

            page = html.fromstring(response.content.decode())
            assert page.cssselect(".field-month .errorlist, .field-month.errors")
            assert page.cssselect("[name=month]")[0].get("value") == day
            assert page.cssselect("[name=title]")[0].get("value") == "친 제목"
            assert "published_monthly_issue_has_a_date" not in response.content.decode()


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: make_staff(username="somebody"), ["date_joined_0"]),
        (
            lambda: make_article(state="draft", published_at=None),
            ["published_at_0", "comments_close_at_0", "references-0-accessed_date"],
        ),
    ],
)
def test_date_that_cannot_be_comes_back_with_its_error(superuser, make, names):
    obj = make()
    address = address_of(type(obj), "change", obj.pk)
    opened = open_form(superuser, address)
    if "references-TOTAL_FORMS" in opened:
        opened |= {"references-TOTAL_FORMS": 1, "references-0-title": "글"}
    for name in names:
        opened |= {name.replace("_0", "_1"): "09:00:00"} if name.endswith("_0") else {}

    for day in DATES:
        response = send(superuser, address, opened, **dict.fromkeys(names, day))

        page = html.fromstring(response.content.decode())
        assert response.status_code == 200
        assert len(errors_of(response)) >= len(names)
        for name in names:
            assert page.cssselect(f'[name="{name}"]')[0].get("value") == day


@pytest.mark.parametrize(
    ("model", "prefixes"),
    [
        (Article, ["ranking_tables", "references", "legacy_paths"]),
        (MonthlyIssue, ["items"]),
        (Ranking, ["periods"]),
    ],
)
def test_form_of_a_hundred_thousand_rows_is_refused_in_words(superuser, model, prefixes):
    address = address_of(model, "add")
    opened = open_form(superuser, address)
    rows = {f"{prefix}-TOTAL_FORMS": "100000" for prefix in prefixes}
    rows_of_before = {f"{prefix}-INITIAL_FORMS": "100000" for prefix in prefixes}
    assert rows.keys() | rows_of_before.keys() <= opened.keys()

    for sent in (rows, rows | rows_of_before):
        response = send(superuser, address, opened, **sent, **UNDRAWN)

        inlines = response.context["inline_admin_formsets"]
        assert [inline.formset.prefix for inline in inlines] == prefixes
        for inline in inlines:
            assert len(inline.formset.forms) < 200
            assert "50" in str(inline.formset.non_form_errors())
    response = send(superuser, address, opened, **sent)
    assert len(response.content) < 2_000_000
    assert any("50" in error for error in errors_of(response))


# All lists, forms and actions


PLACES = ["object_id", "comment_id", "article_id", "ranking_id", "issue_id", "rule_id"]
PARAMETERS = ["q", "p", "o", "e", "all", "_facets", "_popup", "_to_field", "_changelist_filters"]
PARAMETERS += ["copy", "comment", "page", "periods", "new", "sort", "done", "reveal"]
LOOKUPS = ["", "__exact", "__id__exact", "__isnull", "__isempty", "__gte", "__year", "__regex"]
ODD = st.sampled_from([*KEYS, *DATES, *TEXTS]) | st.text(max_size=20) | st.integers().map(str)
# What a browser shows again as it was typed.
SHOWN = "input:not([type]), [type=text], [type=number], [type=email], [type=url], textarea"
CONSTRAINTS = [
    constraint.name for model in apps.get_models() for constraint in model._meta.constraints
]


def addresses():
    """Return an address of every page of the admin, each with a row that exists."""
    found = [reverse(f"admin:{name}") for name in ("index", "password_change", "autocomplete")]
    for model, model_admin in admin.site._registry.items():
        for pattern in model_admin.get_urls():
            row = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
            for other in ({"action": "hide"}, {"operation": "rehearse"}, {"version": 1}, {}):
                values = {**other, **dict.fromkeys(PLACES, row or 1)}
                wanted = pattern.pattern.converters
                if pattern.name and values.keys() >= wanted.keys():
                    try:
                        found.append(
                            reverse(
                                f"admin:{pattern.name}",
                                kwargs={name: values[name] for name in wanted},
                            )
                        )
                    except NoReverseMatch:
                        continue
    return sorted(set(found))


def column_names():
    return sorted({field.name for model in apps.get_models() for field in model._meta.get_fields()})


def is_shown_again(response, name, value):
    page = html.fromstring(response.content.decode())
    fields = [field for field in page.cssselect(SHOWN) if field.get("name") == name]
    shown = [field.value for field in fields]
    return not fields or value in [(text or "").removeprefix("\n") for text in shown]


def test_whatever_is_sent_to_whatever_page_is_answered():
    make_staff_site()
    clients = {}
    for group in USERS:
        clients[group] = Client()
        clients[group].force_login(User.objects.get(username=group))
    pages, columns = addresses(), column_names()

    @given(st.data())
    def check(data):
        client = clients[data.draw(st.sampled_from(USERS), "group")]
        address = data.draw(st.sampled_from(pages), "address")
        value = data.draw(ODD, "value")
        with transaction.atomic():
            answers = data.draw(st.sampled_from([ask, act, fill, elsewhere]), "way")(
                data, client, address, value, columns
            )
            for response in answers:
                assert response.status_code < 500
                text = text_of(response)
                assert not any(name in text for name in CONSTRAINTS)
                if response.status_code in {400, 403, 404}:
                    assert 'lang="ko"' in text
            transaction.set_rollback(True)

    check()


def text_of(response):
    """Return what is shown: a file to take away is none."""
    return "" if response.streaming else response.content.decode()


def ask(data, client, address, value, columns):
    names = st.sampled_from(PARAMETERS) | st.builds(
        str.__add__, st.sampled_from(columns), st.sampled_from(LOOKUPS)
    )
    yield client.get(address, {data.draw(names, "parameter"): value})


def act(data, client, address, value, columns):
    page = client.get(address)
    actions = re.findall(r'<option value="(\w+)"', text_of(page)) or ["x"]
    chosen = {"action": data.draw(st.sampled_from(actions), "action"), "_selected_action": [value]}
    yield client.post(address, chosen)
    yield client.post(address, {**chosen, "post": "yes", "merge": "1", "keep": value, "do": value})


def fill(data, client, address, value, columns):
    page = client.get(address)
    yield page
    document = html.fromstring(text_of(page) or "<p></p>")
    forms = document.cssselect("#content form[method=post]")
    if not forms:
        return
    form = data.draw(st.sampled_from(forms), "form")
    fields = {}
    for name, text in form.form_values():
        fields.setdefault(name, []).append((text or "").removeprefix("\n"))
    # What a script copies for a new row is no row yet.
    names = {each.get("name") for each in form.cssselect("[name]")}
    names = sorted(name for name in names if "__prefix__" not in name)
    name = data.draw(st.sampled_from(names), "field")
    target = form.get("action") or address
    answer = client.post(target, {**fields, name: [value], "_save": "1"})
    yield answer
    is_kept = address.endswith("/paste/") or "\0" in value or "\r" in value
    if answer.status_code == 200 and not is_kept:
        assert is_shown_again(answer, name, value)


def elsewhere(data, client, address, value, columns):
    """Put the value in the place of a key in the address."""
    key = value.replace("/", "").replace("?", "") or "x"
    yield client.get(re.sub(r"\d+", lambda _match: key, address))
