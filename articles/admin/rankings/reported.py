"""The grid as a report of a wrong figure opens it: its cells marked, and a way back.

The address says which: `entry`, the `cell` of its row (0 the rank) where that is known, and `back`.
"""

from django.contrib import messages
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from articles.admin.form_fields import is_key
from articles.admin.rankings.grid_fields import cell_names, entries_of
from articles.models import RankingCorrection

LONGEST_ANSWER = 300


def mark_reported(request, form):
    """Mark the cells of the entry that the address names, and put the cursor there."""
    key, cell = request.GET.get("entry", ""), request.GET.get("cell", "")
    if not is_key(key):
        return
    for period in form.periods:
        for number, entry in enumerate(entries_of(period), start=1):
            if entry.pk == int(key):
                names = cell_names(form.ranking, period, number)
                is_one = is_key(cell) and int(cell) < len(names)
                for name in [names[int(cell)]] if is_one else names:
                    attrs = form.fields[name].widget.attrs
                    attrs["class"] = f"{attrs.get('class', '')} reported".strip()
                form.fields[names[int(cell) if is_one else 0]].widget.attrs["autofocus"] = True
                return
    messages.warning(request, _("The row that the report speaks of is not there any more."))


def back_address(request):
    """Return the page of the desk that the grid was opened from, or ""."""
    back = request.GET.get("back", "")
    is_ours = back.startswith(reverse("admin:index")) and "\\" not in back
    return back if is_ours and url_has_allowed_host_and_scheme(back, None) else ""


def newest_correction(ranking):
    return (
        RankingCorrection.objects.filter(ranking=ranking).order_by("-pk").values("pk").first()
        or {"pk": 0}
    )["pk"]


def answered_address(request, ranking, since):
    """Return where the report is answered, with what has been corrected since as the answer."""
    made = RankingCorrection.objects.filter(ranking=ranking, pk__gt=since).order_by("pk")
    texts = [f"{each.entry_label} {each.field}: {each.old} → {each.new}" for each in made]
    if not texts:
        return back_address(request)
    answer = Truncator(", ".join(texts)).chars(LONGEST_ANSWER)
    return f"{back_address(request)}?{urlencode({'answer': answer})}"
