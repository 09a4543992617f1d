"""Model fields whose text is normalised before its length is checked and before it is kept.

Text of which nothing can be seen is none: a field that must be filled in is not.
"""

from django import forms
from django.core.validators import URLValidator
from django.db import models
from markdownx.fields import MarkdownxFormField
from markdownx.models import MarkdownxField

from articles.content.text import normalise, normalise_line, visible
from articles.old_addresses import normalise_address


def _line(value):
    return visible(normalise_line(value)) if isinstance(value, str) else value


def _prose(value):
    return visible(normalise(value)) if isinstance(value, str) else value


class UncutField(forms.CharField):
    """Text that is refused with words where it is too long.

    The browser's own limit would cut what is pasted, and a syllable that is being composed.
    """

    def widget_attrs(self, widget):
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class LineFormField(UncutField):
    def to_python(self, value):
        return super().to_python(_line(value))


class ProseFormField(UncutField):
    def to_python(self, value):
        return super().to_python(_prose(value))


class MarkdownFormField(MarkdownxFormField):
    def to_python(self, value):
        return super().to_python(_prose(value))


class OldAddressFormField(forms.CharField):
    def to_python(self, value):
        return super().to_python(normalise_address(value) if isinstance(value, str) else value)


class LineField(models.CharField):
    """A single line in NFC."""

    def to_python(self, value):
        value = super().to_python(value)
        return _line(value)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return _line(value)

    def formfield(self, **kwargs):
        if self.choices is not None:
            return super().formfield(**kwargs)
        return super().formfield(**{"form_class": LineFormField, **kwargs})


class OldAddressField(models.CharField):
    """Path and query of a page elsewhere; a whole address is taken too."""

    def to_python(self, value):
        value = super().to_python(value)
        return normalise_address(value) if isinstance(value, str) else value

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return normalise_address(value) if isinstance(value, str) else value

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": OldAddressFormField, **kwargs})


class WebAddressField(models.URLField):
    """An address on the web; what else stands in the database is none.

    Forms refuse it, but SQL and other programs do not, and a link to `javascript:` would run.
    """

    def from_db_value(self, value, expression, connection):
        scheme = (value or "").partition("://")[0].lower()
        return value if scheme in URLValidator.schemes else ""

    def formfield(self, **kwargs):
        return super().formfield(**{"assume_scheme": "https", **kwargs})

    def deconstruct(self):
        # To the database, and so to migrations, it is what it inherits from.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.URLField", args, kwargs


class ShapedJSONField(models.JSONField):
    """JSON of one shape: `repaired` returns what a row holds as far as it has it.

    Forms and imports check what they write, but SQL and other programs do not, and one row of
    another shape would be an error of every page that shows it.
    """

    def __init__(self, *args, repaired=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.repaired = repaired

    def from_db_value(self, value, expression, connection):
        value = super().from_db_value(value, expression, connection)
        return self.repaired(value) if self.repaired else value

    def deconstruct(self):
        # To the database, and so to migrations, it is what it inherits from.
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


class ProseField(models.TextField):
    """Plain text of several lines in NFC."""

    def to_python(self, value):
        value = _prose(super().to_python(value))
        return value.strip("\n") if isinstance(value, str) else value

    def get_prep_value(self, value):
        value = _prose(super().get_prep_value(value))
        return value.strip("\n") if isinstance(value, str) else value

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": ProseFormField, **kwargs})


class MarkdownField(ProseField, MarkdownxField):
    """Markdown source in NFC, edited in django-markdownx's widget."""

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": MarkdownFormField, **kwargs})
