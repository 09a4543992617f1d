"""What heads public figures: the labels and dates of periods, the headings of a series."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.content.text import normalise_line
from articles.models.ranking import RankingPeriod
from articles.models.ranking_correction import RankingCorrection

# No column has such a key.
RANK, FIRST = "", "0"
FIELDS = ("label", "as_of")


def heads_of(ranking):
    """Return what readers may have seen: {(period's key, its field): text}.

    The headings of the series have None for the period, and RANK, FIRST or their key for the field.
    """
    periods = list(RankingPeriod.objects.ever_published().filter(ranking=ranking.pk))
    heads = {}
    for period in periods:
        heads[period.pk, "label"] = period.label
        heads[period.pk, "as_of"] = period.as_of.isoformat()
    return heads | headings_of(ranking) if periods else {}


def headings_of(ranking):
    # The first column holds no cells: its key may change with its heading.
    first, *others = ranking.columns
    return {
        (None, RANK): ranking.rank_heading,
        (None, FIRST): first["heading"],
        **{(None, column["key"]): column["heading"] for column in others},
    }


def needs_reason():
    return ValidationError(
        _("Readers have seen this label, date or heading: give a reason."), code="reason"
    )


def record_renamed(ranking, before, reason, by=None):
    """Put into the ledger what has changed since `before`, the heads_of the series then.

    Raises ValidationError where something has, and no reason is given.
    """
    after = heads_of(ranking)
    changed = [
        (period, field, old, after[period, field])
        for (period, field), old in before.items()
        if after.get((period, field), old) != old
    ]
    if changed and not normalise_line(reason):
        raise needs_reason()
    names = {name: str(RankingPeriod._meta.get_field(name).verbose_name) for name in FIELDS}
    newest = RankingPeriod.objects.ever_published().filter(ranking=ranking).last()
    RankingCorrection.objects.bulk_create(
        RankingCorrection(
            ranking=ranking,
            period_id=period or newest.pk,
            period_label=after.get((period, "label"), ""),
            entry_label=_("ranking period") if period else _("heading"),
            field=names[field] if period else old[:100],
            old=old,
            new=new,
            reason=reason,
            corrected_by=by,
        )
        for period, field, old, new in changed
    )
