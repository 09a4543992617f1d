"""Form fields of the admin, where Django's own let a value through that a database refuses."""

from django import forms
from django.contrib.admin import widgets
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markdownx.widgets import AdminMarkdownxWidget

from articles.content.text import is_plausible
from articles.fields import MarkdownField, WebAddressField


def is_key(text):
    """Tell whether `text` may be a row's key: a number that both databases can be asked for."""
    return text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= MAX_KEY


MAX_KEY = models.BigIntegerField.MAX_BIGINT


def row_of_key(rows, text):
    """Return the one of `rows` whose key was sent as `text`, or None."""
    return rows.filter(pk=int(text)).first() if is_key(text) else None


def validate_plausible(moment):
    if not is_plausible(moment):
        raise ValidationError(_("Give a date between 1900 and 2999."))


class PlausibleDateField(forms.DateField):
    default_validators = [validate_plausible]


class PlausibleMomentField(forms.SplitDateTimeField):
    default_validators = [validate_plausible]


class RowsField(forms.ModelMultipleChoiceField):
    def clean(self, value):
        for key in value if isinstance(value, list | tuple) else ():
            if not is_key(str(key)):
                text = self.error_messages["invalid_pk_value"]
                raise ValidationError(text, "invalid_pk_value", {"pk": key})
        return super().clean(value)


class KeysOnly:
    """Look up what is chosen by keys only: whatever else was sent has its error at the field."""

    def optgroups(self, name, value, attrs=None):
        return super().optgroups(name, list(filter(is_key, value)), attrs)


class AutocompleteSelect(KeysOnly, widgets.AutocompleteSelect):
    pass


class AutocompleteSelectMultiple(KeysOnly, widgets.AutocompleteSelectMultiple):
    def build_attrs(self, base_attrs, extra_attrs=None):
        """Leave each choice its own cross: one for all stands in their list and is none of them."""
        return {**super().build_attrs(base_attrs, extra_attrs), "data-allow-clear": "false"}


class MarkdownWidget(AdminMarkdownxWidget):
    """Put the editor over the textarea, which is sent, and is all there is without a script."""

    class Media:
        css = {"all": ["manage/picture.css"]}
        js = [forms.Script("manage/editor.js", defer=True)]


class MomentWidget(widgets.AdminSplitDateTime):
    """Name each of the two fields, which stand beside words that are no labels."""

    def __init__(self, attrs=None):
        super().__init__(attrs)
        for widget, name in zip(
            self.widgets, (gettext_lazy("Date"), gettext_lazy("Time")), strict=True
        ):
            widget.attrs["aria-label"] = name


FORM_FIELDS = {
    models.DateField: {"form_class": PlausibleDateField},
    models.DateTimeField: {"form_class": PlausibleMomentField, "widget": MomentWidget},
    models.ManyToManyField: {"form_class": RowsField},
    MarkdownField: {"widget": MarkdownWidget},
    # Without the admin's second line, which says again what the field says.
    WebAddressField: {"widget": forms.URLInput(attrs={"class": "vURLField"})},
}
