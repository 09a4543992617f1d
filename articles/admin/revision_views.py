"""The pages of what has been saved: the list, two of them compared, one restored or named."""

from django import forms
from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Max
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.admin.model_admin import PermissionMissing
from articles.bundle.data import ArticleData, IssueData, LoadError, PageData, RankingData
from articles.content.word_diff import SAME
from articles.desk.differences import differences
from articles.desk.restoring import restorable, restore
from articles.desk.revisions import DamagedRevisionError, data_of
from articles.fields import LineFormField
from articles.models import (
    Category,
    LegacyPath,
    MonthlyIssueItem,
    RankingEntry,
    RankingPeriod,
    RankingTable,
    Reference,
    Revision,
)

REVISIONS_PER_PAGE = 50
# Lines without a change that are shown before and after a changed one.
LINES_AROUND = 1

# Fields of the data that are rows of their own.
PARTS = {
    "references": [Reference],
    "legacy_paths": [LegacyPath],
    "tables": [RankingTable],
    "items": [MonthlyIssueItem],
    "periods": [RankingPeriod, RankingEntry],
}


class NameForm(forms.Form):
    name = LineFormField(
        label=gettext_lazy("name"),
        required=False,
        max_length=100,
        # Cut in the browser: a refused one is not shown again.
        widget=forms.TextInput(attrs={"maxlength": 100}),
    )


class NewestForm(forms.Form):
    """A form that acts only upon the state that its page has shown."""

    # The newest revision when the page was opened.
    newest = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, newest, *args):
        super().__init__(*args, initial={"newest": newest})
        self.newest = newest

    def clean_newest(self):
        if self.cleaned_data["newest"] != self.newest:
            text = _("Somebody has saved this meanwhile: look at the comparison once more.")
            self.add_error(None, text)
            # The page that comes back shows the newest; to send it again is to agree.
            self.data = {**self.data.dict(), "newest": self.newest}


class RestoreForm(NewestForm):
    note = LineFormField(
        label=gettext_lazy("Why is it restored?"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=gettext_lazy("Public figures that change are told to readers with this reason."),
    )


def history_context(model_admin, request, obj):
    """Return what the list of an object's revisions shows; no revision's data is loaded."""
    revisions = Revision.objects.of(obj).for_listing()
    page = Paginator(revisions, REVISIONS_PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page)
    # Brought back or joined: whoever set them aside has seen to them.
    used = Revision.objects.of(obj).stored().exclude(restored_number=None)
    used = set(used.values_list("restored_number", flat=True))
    for revision in rows:
        revision.is_used = revision.number in used
        revision.phrase = phrase(model_admin.model, revision)
    return {
        "title": _("What has been saved: %(name)s") % {"name": obj},
        "revisions": rows,
        "page": page,
        "newest": newest_number(obj),
        "history_url": request.path,
        "restore_url": model_admin.revision_url_name("restore"),
        "compare_url": model_admin.revision_url_name("compare"),
        "join_url": model_admin.revision_url_name("join"),
        "may_change": model_admin.has_change_permission(request, obj),
    }


def phrase(model, revision):
    """Return what changed, in a few words."""
    if revision.number == 1:
        return _("The first that is kept")
    try:
        parts = [
            counted(capfirst(label_of(model, name)), counts) for name, *counts in revision.changes
        ]
    except (TypeError, ValueError):
        # Whatever shape the row has.
        parts = []
    return ", ".join(parts)


def counted(label, counts):
    added, removed, changed = counts
    signs = [f"+{added}" if added else "", f"−{removed}" if removed else ""]
    signs.append(_("%(count)s changed") % {"count": changed} if changed else "")
    shown = " ".join(filter(None, signs))
    return f"{label} ({shown})" if shown else label


def field_of(model, name, part=None):
    """Return the model's field that a field of the data stands for, or None."""
    for each in PARTS.get(part, [model]):
        try:
            return each._meta.get_field(name)
        except FieldDoesNotExist:
            continue
    return None


def label_of(model, name, part=None):
    """Return what editors call a field of the data, or one of the rows in the field `part`."""
    if part is None and name in PARTS:
        return PARTS[name][0]._meta.verbose_name_plural
    if field := field_of(model, name, part):
        return str(field.verbose_name)
    return {"leads_month": _("leads its month"), "heading": _("heading")}.get(name, name)


# Two compared


def compare_view(model_admin, request, object_id):
    """Show what two revisions differ in; without `from`, the one before `to`."""
    obj = object_to_view(model_admin, request, object_id)
    after = revision_asked_for(obj, request.GET.get("to", ""))
    asked = request.GET.get("from", "")
    before = revision_asked_for(obj, asked) if asked else _before(obj, after)
    if before and before.number > after.number:
        before, after = after, before
    try:
        found = compared(model_admin.model, before and data_of(before), data_of(after))
    except DamagedRevisionError:
        return damaged(model_admin, request, obj)
    newest = newest_number(obj)
    context = {
        "title": _("Compared: %(name)s") % {"name": obj},
        "before": before,
        "after": after,
        "is_newest": after.number == newest,
        "newest": newest,
        "found": found,
        "name_form": NameForm(initial={"name": after.name}),
        "name_url": model_admin.revision_url_name("name"),
    }
    return show(model_admin, request, obj, "compare", context)


def _before(obj, revision):
    if revision.kind == Revision.Kind.SET_ASIDE:
        return revision_asked_for(obj, revision.restored_number)
    return Revision.objects.of(obj).stored().filter(number__lt=revision.number).newest()


def newest_number(obj):
    """Return the number of the revision that says what stands there now, or None."""
    return Revision.objects.of(obj).stored().aggregate(Max("number"))["number__max"]


def nothing_like(data):
    """Return data of the same class that say nothing yet: all of a first revision is new."""
    match data:
        case ArticleData():
            return ArticleData(uid=data.uid, title="", byline="")
        case IssueData():
            return IssueData(month=data.month, title="")
        case PageData():
            return PageData(slug=data.slug, title="")
    return RankingData(data.slug, "", "", ())


def compared(model, before, after):
    """Return the differences as the page shows them: with labels, texts line by line."""
    shown = []
    for difference in differences(before or nothing_like(after), after):
        name = difference.field
        title = capfirst(label_of(model, name))
        shown.append(
            {
                "title": f"{title}: {difference.period}" if difference.period else title,
                "lines": with_choices(model, name, difference.words),
                "columns": [capfirst(label_of(model, key, name)) for key in difference.columns],
                "rows": [(row.kind, row.cells) for row in difference.rows],
                "is_order_only": difference.is_order_only,
            }
        )
    return shown


def with_choices(model, name, words):
    if words is None:
        return None
    names = names_of(field_of(model, name))
    return lines_of([(kind, str(names.get(text, text))) for kind, text in words])


def names_of(field):
    """Return {what the data say: what editors read} of a field's values."""
    if field is None:
        return {}
    if field.related_model is Category:
        return dict(Category.objects.values_list("slug", "name"))
    return dict(field.flatchoices)


def lines_of(words):
    """Return a line's `pieces` each, or how many lines without a change are `left_out`."""
    lines = [[]]
    for kind, text in words:
        first, *others = text.split("\n")
        lines[-1].append((kind, first))
        lines += [[(kind, other)] for other in others]
    changed = [
        number for number, line in enumerate(lines) if any(kind != SAME for kind, _t in line)
    ]
    near = {place + step for place in changed for step in range(-LINES_AROUND, LINES_AROUND + 1)}
    shown, skipped = [], 0
    for number, line in enumerate(lines):
        if number in near:
            shown += [{"left_out": skipped}] if skipped else []
            shown.append({"pieces": [(kind, text) for kind, text in line if text]})
            skipped = 0
        else:
            skipped += 1
    return shown + ([{"left_out": skipped}] if skipped else [])


# One restored, or named


def restore_view(model_admin, request, object_id, number):
    """Ask whether a revision is to be brought back, showing what that changes; then do it."""
    obj = object_to_change(model_admin, request, object_id)
    with transaction.atomic():
        if request.method == "POST":
            # As before a save: the releases first, then the row.
            obj = model_admin.get_object(request, str(object_id))
        revision = revision_asked_for(obj, number)
        newest = Revision.objects.of(obj).stored().newest()
        form = RestoreForm(newest.number, *([request.POST] if request.method == "POST" else []))
        try:
            data, left_out = restorable(obj, revision)
            found = compared(model_admin.model, data_of(newest), data)
        except DamagedRevisionError:
            return damaged(model_admin, request, obj)
        if form.is_valid() and restored(model_admin, request, obj, revision, form):
            return redirect(reverse(model_admin.url_name("change"), args=[obj.pk]))
    context = {
        "title": _("Restore revision %(number)s: %(name)s")
        % {"number": revision.number, "name": obj},
        "revision": revision,
        "form": form,
        "found": found,
        "left_out": left_out,
        "keeps_state": hasattr(obj, "state"),
    }
    return show(model_admin, request, obj, "restore", context)


def restored(model_admin, request, obj, revision, form):
    """Tell whether the revision could be restored; where not, the form says why."""
    try:
        with transaction.atomic(), model_admin.telling_taken_off(request, obj):
            left_out = restore(obj, revision, by=request.user, note=form.cleaned_data["note"])
            text = _("Revision %(number)s has been restored.") % {"number": revision.number}
            model_admin.log_change(request, obj, text)
    except LoadError as error:
        form.add_error(None, error.message)
        return False
    messages.success(request, text)
    for sentence in left_out:
        messages.warning(request, sentence)
    return True


def name_view(model_admin, request, object_id, number):
    """Give a revision a name, or take it away."""
    obj = object_to_change(model_admin, request, object_id)
    revision = revision_asked_for(obj, number)
    address = reverse(model_admin.revision_url_name("compare"), args=[obj.pk])
    address = f"{address}?to={revision.number}"
    if request.method != "POST":
        return redirect(address)
    form = NameForm(request.POST)
    if form.is_valid():
        Revision.objects.filter(pk=revision.pk).update(name=form.cleaned_data["name"])
        messages.success(request, _("The name has been saved."))
    else:
        messages.error(request, " ".join(form.errors["name"]))
    return redirect(address)


def object_to_view(model_admin, request, object_id):
    obj = get_object_or_404(model_admin.get_queryset(request), pk=object_id)
    if not model_admin.has_view_permission(request, obj):
        raise PermissionMissing(model_admin.permission_for("view"))
    return obj


def object_to_change(model_admin, request, object_id):
    obj = get_object_or_404(model_admin.get_queryset(request), pk=object_id)
    if not model_admin.has_change_permission(request, obj):
        raise PermissionMissing(model_admin.missing_permission(request, "change"))
    return obj


def revision_asked_for(obj, number):
    if not str(number).isascii() or not str(number).isdecimal() or len(str(number)) > 9:
        raise Http404
    revisions = Revision.objects.of(obj).select_related("base")
    return get_object_or_404(revisions, number=int(number))


def damaged(model_admin, request, obj):
    messages.error(request, _("What this revision holds cannot be read."))
    return redirect(reverse(model_admin.url_name("history"), args=[obj.pk]))


def show(model_admin, request, obj, page, context):
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "object": obj,
        "history_url": reverse(model_admin.url_name("history"), args=[obj.pk]),
        "change_url": model_admin.url_name("change"),
        "restore_url": model_admin.revision_url_name("restore"),
        "may_change": model_admin.has_change_permission(request, obj),
        **context,
    }
    return TemplateResponse(request, f"admin/articles/revisions/{page}.html", context)
