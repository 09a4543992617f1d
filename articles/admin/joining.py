"""A save over what somebody else has saved: both are kept as revisions, and joined.

What one's form would have changed is set aside first. Where both have changed the same place in two
ways, a page asks which it is to be; until then, and if nobody ever answers, nothing is lost.
"""

from dataclasses import is_dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.model_admin import PermissionMissing
from articles.admin.revision_views import (
    NewestForm,
    compared,
    damaged,
    field_of,
    label_of,
    lines_of,
    newest_number,
    object_to_change,
    revision_asked_for,
    show,
    with_choices,
)
from articles.bundle.data import LoadError
from articles.bundle.rows_to_data import whole_data
from articles.content.text import normalise
from articles.content.word_diff import REMOVED, SAME, word_changes
from articles.desk.differences import as_text, whole_values
from articles.desk.joining import MINE, THEIRS, Worded, join
from articles.desk.restoring import store_checked
from articles.desk.revisions import DamagedRevisionError, data_of, record_found, set_aside
from articles.fields import LineFormField, ProseFormField
from articles.models import Article, Revision, WorkingCopy

# What storing the whole raises where it is not fit to be stored.
REFUSALS = LoadError, ValidationError

BY_HAND = "hand"
CHOICE, TEXT = "choice-", "text-"


def join_saved(model_admin, request, object_id, saved):
    """Set aside what was saved over another's, join it where nothing clashes, and lead on."""
    with transaction.atomic():
        obj = locked(model_admin, request, object_id)
        theirs = Revision.objects.of(obj).stored().newest()
        base, note = saved.form.conflict.base, saved.form.cleaned_data.get(model_admin.note_field)
        if saved.mine == data_of(base):
            text = _("You had changed nothing: this is what somebody else has saved meanwhile.")
            messages.info(request, text)
            return redirect(reverse(model_admin.url_name("change"), args=[obj.pk]))
        aside = set_aside(obj, saved.mine, base, by=request.user, note=note or "")
        joined = join(data_of(base), whole_data(obj), saved.mine)
        if not joined.clashes and may_store(request, joined.data):
            try:
                store_joined(model_admin, request, obj, aside, joined.data)
            except REFUSALS as error:
                messages.error(request, " ".join(faults_of(error)))
            else:
                tell_joined(model_admin, request, obj, theirs)
                obj.refresh_from_db()
                return model_admin.response_change(request, obj)
    return redirect(reverse(model_admin.revision_url_name("join"), args=[obj.pk, aside.number]))


def locked(model_admin, request, object_id):
    """Return the row as before a save: the releases are locked first, and what it says is kept."""
    obj = model_admin.get_object(request, str(object_id))
    if obj is None:
        raise Http404
    obj = type(obj)._default_manager.select_for_update(no_key=True).get(pk=obj.pk)
    record_found(obj)
    return obj


def faults_of(error):
    return [error.message] if isinstance(error, LoadError) else error.messages


def may_store(request, data):
    """Tell whether whoever asks may store the data: not what is public without that right."""
    is_public = getattr(data, "state", None) in {Article.State.PUBLISHED, Article.State.WITHDRAWN}
    return not is_public or request.user.has_perm("articles.publish_article")


def store_joined(model_admin, request, obj, aside, data):
    """Store what two have joined; raises LoadError."""
    text = _("Joined with revision %(number)s") % {"number": aside.number}
    about = {"note": aside.note, "restored_number": aside.number}
    about |= {"reason": aside.note or text, "by": request.user}
    with model_admin.telling_taken_off(request, obj):
        store_checked(obj, data, Revision.Kind.JOINED, **about)
    # What has been typed since, in another window, stays.
    form = f"{obj._meta.model_name}-{obj.pk}"
    typed = WorkingCopy.objects.filter(user=request.user, form=form)
    typed.filter(saved_at__lte=aside.created_at).delete()
    model_admin.log_change(request, obj, text)


def tell_joined(model_admin, request, obj, theirs):
    when = date_format(localtime(theirs.created_at), "Y.m.d H:i")
    text = _("This has changed since you opened it: both are joined.")
    if theirs.author_name:
        text = _("%(who)s saved this at %(when)s, after you opened it: both are joined.")
        text = text % {"who": theirs.author_name, "when": when}
    address = reverse(model_admin.revision_url_name("compare"), args=[obj.pk])
    number = newest_number(obj)
    if number != theirs.number:
        link = f"{address}?from={theirs.number}&to={number}"
        link = format_html('<a href="{}">{}</a>', link, _("Look at what yours has changed in it"))
        text = format_html("{} {}", text, link)
    messages.warning(request, text)


# Where they clash


class JoinForm(NewestForm):
    """Asks of each clash whether it is to be theirs, mine, or worded anew by hand."""

    def __init__(self, model, clashes, newest, *args):
        super().__init__(newest, *args)
        self.clashes = clashes
        for clash in clashes:
            choices = [(THEIRS, _("Theirs")), (MINE, _("Mine"))]
            if clash.is_worded:
                choices.append((BY_HAND, _("Worded by hand")))
                self.fields[TEXT + clash.name] = text_field(model, clash)
            self.fields[CHOICE + clash.name] = forms.ChoiceField(
                label=clash_label(model, clash),
                choices=choices,
                widget=forms.RadioSelect,
                error_messages={"required": gettext_lazy("Choose one.")},
            )

    def clean(self):
        super().clean()
        for clash in self.clashes:
            choice, text = CHOICE + clash.name, self.cleaned_data.get(TEXT + clash.name)
            is_typed = text and normalise(text).strip() != normalise(clash.both).strip()
            if self.cleaned_data.get(choice) in {THEIRS, MINE} and is_typed:
                fault = _("You have worded it by hand: choose that, or empty the field below.")
                self.add_error(choice, fault)

    @property
    def answers(self):
        """Return how the clashes are settled, as `join` takes it."""
        found = {}
        for clash in self.clashes:
            chosen = self.cleaned_data[CHOICE + clash.name]
            is_worded = chosen == BY_HAND
            found[clash.name] = (
                Worded(self.cleaned_data[TEXT + clash.name]) if is_worded else chosen
            )
        return found

    @property
    def worded_before(self):
        """Return what was worded by hand for clashes that are none any more."""
        return [
            self.data[name]
            for name in self.data
            if name.startswith(TEXT)
            and name not in self.fields
            and self.data.get(CHOICE + name.removeprefix(TEXT)) == BY_HAND
        ]


def text_field(model, clash):
    field = field_of(model, clash.field_name, clash.path[0] if len(clash.path) > 1 else None)
    rows = clash.both.count("\n") + 2
    widget = forms.Textarea(attrs={"rows": min(max(rows, 3), 20), "class": "vLargeTextField"})
    return (ProseFormField if clash.is_text else LineFormField)(
        label=_("In your own words"),
        initial=clash.both,
        required=False,
        strip=False,
        max_length=None if clash.is_text else getattr(field, "max_length", None),
        widget=widget if clash.is_text else forms.TextInput(attrs={"class": "vTextField"}),
    )


def clash_label(model, clash):
    first, *others = clash.path
    label = capfirst(label_of(model, first))
    if not others:
        return label
    row, *inner = others
    label = f"{label}: {row}"
    return f"{label} · {capfirst(label_of(model, inner[-1], first))}" if inner else label


def clash_lines(model, clash, value):
    """Return what somebody has made of it, line by line, with the words marked that are new."""
    before, after = shown(clash.base), shown(value)
    if value is None and is_dataclass(clash.base):
        return [{"pieces": [(SAME, _("(deleted)"))]}, *lines_of([(REMOVED, before)])]
    words = word_changes if clash.is_worded or is_dataclass(value) else whole_values
    return with_choices(model, clash.field_name, words(before, after))


def shown(value):
    """Return a value as an editor reads it; of a row each thing that it says, a line each."""
    if is_dataclass(value):
        return "\n".join(filter(None, map(as_text, vars(value).values())))
    return as_text(value)


def join_view(model_admin, request, object_id, number):
    """Ask how the clashes of what was set aside are settled, and store what is joined."""
    obj = object_to_change(model_admin, request, object_id)
    aside = revision_asked_for(obj, number)
    if aside.kind != Revision.Kind.SET_ASIDE or aside.author_id != request.user.pk:
        raise Http404
    is_sent = request.method == "POST"
    with transaction.atomic():
        if is_sent:
            obj = locked(model_admin, request, object_id)
        theirs = Revision.objects.of(obj).stored().newest()
        try:
            sides = (
                data_of(revision_asked_for(obj, aside.restored_number)),
                whole_data(obj),
                data_of(aside),
            )
        except DamagedRevisionError:
            return damaged(model_admin, request, obj)
        clashes = join(*sides).clashes
        form = JoinForm(model_admin.model, clashes, theirs.number, *([request.POST] * is_sent))
        if is_sent and form.is_valid():
            data = join(*sides, form.answers).data
            if not may_store(request, data):
                raise PermissionMissing("articles.publish_article")
            try:
                with transaction.atomic():
                    store_joined(model_admin, request, obj, aside, data)
                WorkingCopy.objects.drop(request.user, request.POST.get("working_copy", ""))
                messages.success(request, _("Both are joined and saved."))
                return redirect(reverse(model_admin.url_name("change"), args=[obj.pk]))
            except REFUSALS as error:
                form.add_error(None, faults_of(error))
    return show(
        model_admin, request, obj, "join", join_context(model_admin, obj, aside, form, sides)
    )


def join_context(model_admin, obj, aside, form, sides):
    model, (base, theirs, mine) = model_admin.model, sides
    asked = [
        {
            "choice": form[CHOICE + clash.name],
            "above": clash.above,
            "theirs": clash_lines(model, clash, clash.theirs),
            "mine": clash_lines(model, clash, clash.mine),
            "text": form[TEXT + clash.name] if clash.is_worded else None,
        }
        for clash in form.clashes
    ]
    untouched = join(base, theirs, mine, {clash.name: THEIRS for clash in form.clashes}).data
    return {
        "title": _("Join what both have written: %(name)s") % {"name": obj},
        "aside": aside,
        # By which its working copy is known.
        "aside_opts": Revision._meta,
        "theirs": Revision.objects.of(obj).stored().newest(),
        "form": form,
        "asked": asked,
        "found": compared(model, theirs, untouched) if untouched != theirs else [],
    }
