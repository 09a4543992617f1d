"""Text of which nothing can be seen is no title, no reason and no text, whoever writes it."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from articles.fields import LineFormField, ProseFormField
from articles.models import Tag
from comments.models import Takedown
from tests.factories import make_article, make_comment

BLANKS = [
    "\u3164",
    "\u2800",
    "\U0001d159",
    "\ufffc",
    "\uffa0\u115f \u1160",
    "\u200b\ufffc\u3164",
    "\u0301",
    "\u2065",
    "\U000e0100",
]


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("field", [LineFormField(), ProseFormField()])
def test_field_that_must_be_filled_in_is_not(field, blank):
    with pytest.raises(ValidationError) as error:
        field.clean(blank)

    assert error.value.code == "required"


@pytest.mark.django_db
@pytest.mark.parametrize("blank", BLANKS)
def test_title_name_and_text_that_are_blank_are_refused(blank):
    article = make_article()
    for row, name in ((article, "title"), (article, "body"), (article.category, "name")):
        setattr(row, name, blank)
        with pytest.raises(ValidationError) as error:
            row.full_clean()
        assert name in error.value.message_dict
    with pytest.raises(ValidationError):
        Tag(name=blank, slug="blank").full_clean()


@pytest.mark.django_db
@pytest.mark.parametrize("blank", BLANKS)
def test_reason_of_a_takedown_that_is_blank_is_refused(client, blank):
    address = reverse("comments:takedown_create", args=[make_comment().pk])

    response = client.post(address, {"ground": "privacy", "reason": blank})

    assert response.status_code == 422 and not Takedown.objects.exists()


@pytest.mark.parametrize(
    "text", ["가", "1", "👍", "—", "©", "\u3164가", "\U0001fae9", "\ue000", "0\ufe0f\u20e3"]
)
def test_text_with_anything_to_see_is_text(text):
    assert LineFormField().clean(text) and ProseFormField().clean(text)


@pytest.mark.django_db
def test_optional_text_that_is_blank_is_none():
    article = make_article()
    article.kicker = "\u3164"
    article.full_clean()

    assert article.kicker == ""
