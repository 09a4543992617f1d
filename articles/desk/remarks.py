"""Remarks on an article or a month: what is sent as one, and where in the text each stands."""

from django import forms
from django.utils.translation import gettext_lazy as _

from articles.bundle.data import LoadError
from articles.content.text import normalise_line
from articles.desk import waiting_changes
from articles.desk.remark_places import Places, passages_of
from articles.fields import LineFormField, ProseFormField
from articles.models import Article
from articles.models.remark import MAX_CELL, MAX_CONTEXT, MAX_QUOTE, MAX_TEXT

PASSAGE = ["quote", "before", "after", "cell", "text"]


class ContextField(forms.CharField):
    """What stands beside a passage, as a script sends it: cut, never refused."""

    def __init__(self, *, keeps_end=False):
        super().__init__(required=False, widget=forms.HiddenInput)
        self.keeps_end = keeps_end

    def to_python(self, value):
        text = normalise_line(super().to_python(value) or "")
        return text[-MAX_CONTEXT:] if self.keeps_end else text[:MAX_CONTEXT]


class CellField(ContextField):
    def to_python(self, value):
        return normalise_line(forms.CharField.to_python(self, value) or "")[:MAX_CELL]


class RemarkForm(forms.Form):
    """A remark on a passage, which a script fills in and anybody may type."""

    quote = ProseFormField(
        label=_("passage"),
        required=False,
        max_length=MAX_QUOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Choose it in the text, or type it as it stands there."),
    )
    before, after = ContextField(keeps_end=True), ContextField()
    cell = CellField()
    text = ProseFormField(
        label=_("what you say"), max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )

    def save(self, obj, *, name, **about):
        """Store what `name` says of `obj` and return it; `about` are further fields of a Remark."""
        passage = {field: self.cleaned_data[field] for field in PASSAGE}
        return obj.remarks.create(author_name=name, **passage, **about)


class NamedRemarkForm(RemarkForm):
    """A remark of who has no account."""

    name = LineFormField(
        label=_("your name"),
        max_length=50,
        help_text=_("Shown to those who write this alone, and deleted with it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["quote", "text", "name"]


class LineRemarkForm(RemarkForm):
    """A remark made beside the form, where a line's number names its passage too."""

    line = forms.IntegerField(
        label=_("or line of the text"), required=False, min_value=1, max_value=100_000
    )
    field_order = ["quote", "line", "text"]

    def __init__(self, passages, *args):
        super().__init__(*args)
        self.passages = passages

    def clean(self):
        super().clean()
        line = self.cleaned_data.get("line")
        if line and not self.cleaned_data.get("quote") and "line" not in self.errors:
            above = [each for each in self.passages if each.line and each.line <= line]
            if not above:
                self.add_error("line", _("No text stands there."))
                return
            self.cleaned_data["quote"] = above[-1].text[:MAX_QUOTE]


def threads_of(obj):
    """Return [(remark, its Passage or None, the page that it is mended on)], open ones first.

    It is looked for in what is stored, and then in the change that waits.
    """
    remarks = list(obj.remarks.threads())
    remarks.sort(key=lambda remark: remark.settled_at is not None)
    if not remarks:
        return []
    stored, waiting, rows = Places(passages_of(obj)), None, []
    for remark in remarks:
        words = remark.quote, remark.before, remark.after
        passage, page = stored.find(*words), "change"
        if passage is None and remark.quote:
            waiting = waiting or Places(_waiting_passages(obj))
            passage, page = waiting.find(*words), "waiting_form"
        rows.append((remark, passage, page))
    return rows


def _waiting_passages(obj):
    change = waiting_changes.of(obj) if isinstance(obj, Article) else None
    if change is None:
        return []
    try:
        with waiting_changes.rows_saying(waiting_changes.fitted(change)):
            return passages_of(Article.objects.get(pk=obj.pk))
    except LoadError:
        return []
