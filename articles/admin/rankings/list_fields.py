"""Lists that an editor writes one a line, instead of JSON."""

import re
from itertools import count

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from articles.content.text import normalise, normalise_line
from articles.models.ranking import COLUMN_KEY


class LinesField(forms.CharField):
    """A list of single lines; blank ones are passed over."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 40})

    def to_python(self, value):
        lines = map(normalise_line, normalise(value or "").split("\n"))
        return [line for line in lines if line]

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value


class ColumnsField(LinesField):
    """A series' columns, each a heading or "key = heading".

    A heading of `known` keeps its key; a new one gets a key of its own.
    """

    default_error_messages = {
        "key": gettext_lazy(
            "“%(key)s” cannot be a key: use small Latin letters, digits and _, a letter first."
        )
    }
    known = ()

    def __init__(self):
        super().__init__(
            label=gettext_lazy("Columns"),
            help_text=gettext_lazy(
                "One heading a line. The first column prints who is ranked; the others hold cells."
                " A key before it (“model = Model”) names the column in downloads; it is made"
                " when left out."
            ),
        )

    def to_python(self, value):
        columns = []
        for line in super().to_python(value):
            key, sign, heading = map(str.strip, line.partition("="))
            if sign and not COLUMN_KEY.regex.fullmatch(key):
                if " = " in line:
                    raise ValidationError(self.error_messages["key"], "key", {"key": key})
                sign = ""
            columns.append(
                {"key": key, "heading": heading} if sign else {"key": "", "heading": line}
            )
        self._give_keys(columns)
        return columns

    def _give_keys(self, columns):
        keys = {column["heading"]: column["key"] for column in self.known}
        taken = {column["key"] for column in [*columns, *self.known]}
        for number, column in enumerate(columns, start=1):
            if column["key"]:
                continue
            key = keys.get(column["heading"], "")
            if not key or any(other["key"] == key for other in columns):
                base = re.sub(r"[^a-z0-9]+", "_", column["heading"].lower()).strip("_")[:25]
                if not column["heading"].isascii() or not COLUMN_KEY.regex.fullmatch(base):
                    base = f"column_{number}"
                numbered = (f"{base}_{suffix}" for suffix in count(2))
                key = base if base not in taken else next(k for k in numbered if k not in taken)
            column["key"] = key
            taken.add(key)

    def prepare_value(self, value):
        if isinstance(value, list):
            value = [f"{column['key']} = {column['heading']}" for column in value]
        return super().prepare_value(value)
