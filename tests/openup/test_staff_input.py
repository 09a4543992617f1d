"""Whatever staff put into an address or a form: it answers, and what was typed comes back."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from articles.models import Article, MonthlyIssue, Ranking, Tag
from comments.models import Comment, StaffSubscription
from tests.browser.staff_site import USERS, make_staff_site
from tests.factories import make_article, make_category, make_comment, make_issue, make_staff
from tests.sent_forms import open_form, send

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

    for key in KEYS:
        chosen = {"action": action, "_selected_action": [key]}
        response = superuser.post(address_of(model), chosen, follow=True)

        assert response.status_code == 200
        assert key == "0" or "아무것도 하지 않았습니다" in response.content.decode()
    assert Comment.objects.get().is_visible and User.objects.filter(username="root").exists()


@pytest.mark.parametrize(
    "query",
    [
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
    ],
)
def test_list_refuses_what_it_does_not_offer_in_a_page_of_the_admin(superuser, query):
    response = superuser.get(address_of(Article), query)

    assert response.status_code == 400
    assert 'id="site-name"' in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        *({"p": value} for value in ("abc", "-1", TOO_LONG_A_KEY, "9" * 5_000)),
        *({"o": value} for value in ("abc", "-99", "1.2.3", "9" * 5_000)),
        *({name: "x"} for name in ("all", "e", "_facets", "_popup")),
        {"published_at__year": "2025", "published_at__month": "2", "published_at__day": "30"},
        {"state__exact": "x", "e": "1"},
    ],
)
def test_list_shows_its_rows_whatever_page_or_order_is_asked_for(superuser, query):
    make_article(title="목록의 글")

    response = superuser.get(address_of(Article), query, follow=True)

    assert response.status_code == 200
    assert "changelist" in response.content.decode()


@pytest.mark.parametrize("words", [" ".join(map(str, range(3_000))), "가" * 60_000])
def test_search_for_too_much_says_so_and_keeps_it(superuser, words):
    make_article()

    response = superuser.get(address_of(Article), {"q": words})

    page = html.fromstring(response.content.decode())
    assert "20단어" in page.cssselect(".messagelist")[0].text_content()
    assert page.cssselect("#searchbar")[0].get("value") == words
    terms = {"app_label": "articles", "model_name": "monthlyissue", "field_name": "lead_article"}
    answer = superuser.get(reverse("admin:autocomplete"), {**terms, "term": words})
    assert answer.json()["results"] == []


@pytest.mark.parametrize("key", ["abc", TOO_LONG_A_KEY, "1," + TOO_LONG_A_KEY, "٣", "-1"])
@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Article, "category"),
        (Article, "tags"),
        (Article, "published_at"),
        (Article, "state"),
        (MonthlyIssue, "lead_article"),
        (MonthlyIssue, "month"),
        (StaffSubscription, "article"),
        (User, "groups"),
    ],
)
def test_form_opens_without_what_its_address_gives_wrongly(superuser, model, name, key):
    response = superuser.get(address_of(model, "add"), {name: key})

    assert response.status_code == 200
    page = html.fromstring(response.content.decode())
    has_field = any(each.get("name", "").startswith(name) for each in page.cssselect("form [name]"))
    assert not has_field or page.cssselect(".messagelist .warning")


def test_form_opens_with_what_its_address_gives_rightly(superuser):
    category, tag = make_category(), Tag.objects.create(name="공개", slug="open")
    given_values = {"category": category.pk, "tags": f"{tag.pk}", "title": "시작한 제목"}

    response = superuser.get(address_of(Article, "add"), given_values)

    (form,) = html.fromstring(response.content.decode()).cssselect("#article_form")
    values = dict(form.form_values())
    assert values["category"] == str(category.pk) and values["tags"] == str(tag.pk)
    assert values["title"] == "시작한 제목"


@pytest.mark.parametrize("name", ["category", "tags", "monthly_issue"])
def test_choice_of_what_is_no_row_has_its_error_and_the_rest_comes_back(superuser, name):
    opened = open_form(superuser, address_of(Article, "change", make_article(state="draft").pk))

    for key in KEYS:
        typed = {**opened, "title": "친 제목", name: [key or "x"]}
        response = send(superuser, address_of(Article, "add"), typed)

        assert response.status_code == 200
        assert errors_of(response)
        (title,) = html.fromstring(response.content.decode()).cssselect("[name=title]")
        assert title.get("value") == "친 제목"


def test_page_of_a_row_opens_when_its_address_names_no_column(superuser):
    tag = Tag.objects.create(name="공개", slug="open")

    for page in ("change", "delete"):
        response = superuser.get(address_of(Tag, page, tag.pk), {"_to_field": ""})

        assert response.status_code == 200


def test_saving_as_new_is_saving(superuser):
    response = superuser.post(address_of(Tag, "add"), {"name": "", "_saveasnew": "1"})

    assert response.status_code == 200
    assert errors_of(response)


@pytest.mark.parametrize("day", DATES)
def test_month_that_cannot_be_comes_back_with_its_error(superuser, day):
    issue = make_issue()
    for address in (address_of(MonthlyIssue, "add"), address_of(MonthlyIssue, "change", issue.pk)):
        opened = open_form(superuser, address)

        response = send(superuser, address, opened, month=day, title="친 제목", state="published")

        page = html.fromstring(response.content.decode())
        assert page.cssselect(".field-month .errorlist, .field-month.errors")
        assert page.cssselect("[name=month]")[0].get("value") == day
        assert page.cssselect("[name=title]")[0].get("value") == "친 제목"
        assert "published_monthly_issue_has_a_date" not in response.content.decode()


@pytest.mark.parametrize("day", DATES)
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: make_staff(username="somebody"), "date_joined_0"),
        (lambda: make_article(state="draft", published_at=None), "published_at_0"),
        (lambda: make_article(state="draft", published_at=None), "comments_close_at_0"),
        (lambda: make_article(state="draft", published_at=None), "references-0-accessed_date"),
    ],
)
def test_date_that_cannot_be_comes_back_with_its_error(superuser, make, name, day):
    obj = make()
    address = address_of(type(obj), "change", obj.pk)
    opened = open_form(superuser, address)
    time = {name.replace("_0", "_1"): "09:00:00"} if name.endswith("_0") else {}
    row = {"references-TOTAL_FORMS": 1, "references-0-title": "글"} if "-0-" in name else {}

    response = send(superuser, address, opened, **{**time, **row, name: day})

    page = html.fromstring(response.content.decode())
    assert response.status_code == 200 and errors_of(response)
    assert page.cssselect(f'[name="{name}"]')[0].get("value") == day


@pytest.mark.parametrize(
    ("model", "prefix"),
    [
        (Article, "ranking_tables"),
        (Article, "references"),
        (Article, "legacy_paths"),
        (MonthlyIssue, "items"),
        (Ranking, "periods"),
    ],
)
def test_form_of_a_hundred_thousand_rows_is_refused_in_words(superuser, model, prefix):
    opened = open_form(superuser, address_of(model, "add"))
    assert f"{prefix}-TOTAL_FORMS" in opened

    for name in ("TOTAL_FORMS", "INITIAL_FORMS"):
        rows = {f"{prefix}-{name}": "100000", f"{prefix}-TOTAL_FORMS": "100000"}
        response = send(superuser, address_of(model, "add"), opened, **rows)

        page = html.fromstring(response.content.decode())
        assert len(page.cssselect(f"[id^={prefix}-].inline-related, tr.dynamic-{prefix}")) < 200
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


@pytest.mark.parametrize("group", USERS)
def test_whatever_is_sent_to_whatever_page_is_answered(group):
    make_staff_site()
    client = Client()
    client.force_login(User.objects.get(username=group))
    pages, columns = addresses(), column_names()

    @settings(max_examples=60)
    @given(st.data())
    def check(data):
        address = data.draw(st.sampled_from(pages), "address")
        value = data.draw(ODD, "value")
        with transaction.atomic():
            answers = data.draw(st.sampled_from([ask, act, fill, elsewhere]), "way")(
                data, client, address, value, columns
            )
            for response in answers:
                assert response.status_code < 500
                assert not any(name in response.content.decode() for name in CONSTRAINTS)
                if response.status_code in {400, 403, 404}:
                    assert 'lang="ko"' in response.content.decode()
            transaction.set_rollback(True)

    check()


def ask(data, client, address, value, columns):
    names = st.sampled_from(PARAMETERS) | st.builds(
        str.__add__, st.sampled_from(columns), st.sampled_from(LOOKUPS)
    )
    yield client.get(address, {data.draw(names, "parameter"): value})


def act(data, client, address, value, columns):
    page = client.get(address)
    actions = re.findall(r'<option value="(\w+)"', page.content.decode()) or ["x"]
    chosen = {"action": data.draw(st.sampled_from(actions), "action"), "_selected_action": [value]}
    yield client.post(address, chosen)
    yield client.post(address, {**chosen, "post": "yes", "merge": "1", "keep": value, "do": value})


def fill(data, client, address, value, columns):
    page = client.get(address)
    yield page
    document = html.fromstring(page.content.decode() or "<p></p>")
    forms = document.cssselect("#content form[method=post]")
    if not forms:
        return
    form = data.draw(st.sampled_from(forms), "form")
    fields = {}
    for name, text in form.form_values():
        fields.setdefault(name, []).append((text or "").removeprefix("\n"))
    names = sorted({each.get("name") for each in form.cssselect("[name]")})
    name = data.draw(st.sampled_from(names), "field")
    target = form.get("action") or address
    answer = client.post(target, {**fields, name: [value], "_save": "1"})
    yield answer
    is_kept = address.endswith("/paste/") or "\0" in value or "\r" in value
    if answer.status_code == 200 and not is_kept:
        assert is_shown_again(answer, name, value)


def elsewhere(data, client, address, value, columns):
    """Put the value in the place of a key in the address."""
    yield client.get(re.sub(r"\d+", value.replace("/", "").replace("?", "") or "x", address))
