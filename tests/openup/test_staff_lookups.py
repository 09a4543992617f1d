"""What a list of the admin can be asked: nothing that tells what it does not show."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db.models import ForeignKey
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from comments.models import Comment
from tests.factories import make_comment, make_staff, make_takedown

pytestmark = pytest.mark.django_db

OPERATORS = [
    *("", "__exact", "__iexact", "__contains", "__icontains", "__startswith", "__istartswith"),
    *("__endswith", "__iendswith", "__regex", "__iregex", "__in", "__range", "__isnull"),
    *("__isempty", "__gt", "__gte", "__lt", "__lte", "__year", "__month", "__day", "__date"),
    *("__id__exact", "__id", "__pk", "__pk__in", "__has_key", "__len"),
]
# Each is what some operator takes.
VALUES = ["1", "True", "2025-01-01", "2025"]
# Columns of which no row tells anything, neither by being listed nor by where it stands in a list.
SECRETS = {
    *("password", "email_digest", "email", "submission_key", "requester", "session_key"),
    *(
        "session_data",
        "recipient",
        "recipient_digest",
        "subscriber",
        "sealed_address",
        "stop_token",
    ),
    *("digest", "address", "network_digest", "text_digest", "message_key", "key", "context"),
}


def admins():
    return map(admin.site.get_model_admin, registered())


def registered():
    return [model for model in apps.get_models() if admin.site.is_registered(model)]


def paths_of(model, depth=2):
    """Yield the path of every column of `model`, and of its relations' up to `depth` deep."""
    for field in model._meta.get_fields():
        yield field.name
        if isinstance(field, ForeignKey):
            yield field.attname
        if field.related_model and depth:
            for path in paths_of(field.related_model, depth - 1):
                yield f"{field.name}__{path}"


def member_of(group):
    call_command("setup_site", verbosity=0)
    user = make_staff(is_superuser=group == "superuser")
    if group != "superuser":
        user.groups.add(Group.objects.get(name=group))
    return User.objects.get(pk=user.pk)


def test_addresses_filter_by_what_a_list_offers_alone():
    request = RequestFactory().get("/manage/")
    request.user = make_staff(is_superuser=True)

    for model_admin in admins():
        filters = [each[0] if isinstance(each, tuple) else each for each in model_admin.list_filter]
        offered = {getattr(each, "parameter_name", each) for each in filters}
        offered |= {model_admin.date_hierarchy}
        offered |= {name.removesuffix("__id__exact") for name in model_admin.linked_lookups}
        for path in paths_of(model_admin.model):
            is_deep = path.count("__") == 2
            for operator in OPERATORS[:: 4 if is_deep else 1]:
                is_allowed = any(
                    model_admin.lookup_allowed(path + operator, value, request) for value in VALUES
                )
                # What asks for a row by its key asks for nothing that its address does not say.
                assert not is_allowed or path.removesuffix("__id") in offered, path + operator
                assert not (is_allowed and SECRETS & {*path.split("__")}), path + operator


def test_no_list_shows_sorts_or_searches_a_secret():
    for model_admin in admins():
        shown = {
            *model_admin.list_display,
            *model_admin.search_fields,
            *(model_admin.ordering or ()),
        }
        for name in shown:
            if not isinstance(name, str):
                continue
            order = getattr(getattr(model_admin, name, None), "admin_order_field", None)
            for path in (name, str(order or "")):
                secret = SECRETS & {*path.lstrip("-^=@").split("__")}
                # Those who manage the users know their addresses.
                assert secret <= ({"email"} if model_admin.model is User else set())


HASHED = [
    ("password__regex", r"^\$argon2"),
    ("password__startswith", "$argon2"),
    ("email_digest__startswith", "new:"),
    ("submission_key__isnull", "True"),
    ("takedowns__requester__gt", "a"),
    ("reports__network_digest__gt", "a"),
    ("reply_subscription__subscriber__sealed_address__gt", "a"),
    ("staff__password__startswith", "a"),
]


@pytest.mark.parametrize("group", ["moderator", "superuser"])
@pytest.mark.parametrize(("lookup", "value"), HASHED)
def test_asking_for_a_secret_is_refused_inside_the_admin(group, lookup, value):
    make_takedown(make_comment())
    client = Client()
    client.force_login(member_of(group))

    response = client.get(reverse("admin:comments_comment_changelist"), {lookup: value})

    assert response.status_code == 400
    page = response.content.decode()
    assert "result_list" not in page and 'id="site-name"' in page


def test_every_order_of_a_list_is_one_of_its_columns():
    client = Client()
    client.force_login(member_of("superuser"))
    make_comment()
    for model in registered():
        try:
            address = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
        except NoReverseMatch:
            continue
        for order in ("99", "-email_digest", "1.password"):
            response = client.get(address, {"o": order})
            assert response.status_code == 200
            assert "argon2" not in response.content.decode()


def test_no_column_but_the_key_names_a_row():
    client = Client()
    client.force_login(member_of("moderator"))
    address = reverse("admin:comments_comment_changelist")

    for field in Comment._meta.get_fields():
        # Comments are referred to by their key alone.
        expected = 200 if field.name == "id" else 400
        assert client.get(address, {"_to_field": field.name}).status_code == expected
