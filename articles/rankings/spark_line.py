"""How a subject's rank went, as a line the size of a word; what it shows stands beside it."""

from collections.abc import Sequence

from django.utils.safestring import SafeString, mark_safe

MOST_PERIODS = 12
STEP, HIGH, MARGIN = 6, 12, 2


def spark_line(ranks: Sequence[int | None]) -> SafeString | str:
    """Draw the newest of `ranks`, one a period, None where there was none; "" for less than two.

    Colour and size are those of the text around it: no style sheet has to be loaded for it.
    """
    ranks = ranks[-MOST_PERIODS:]
    held = [rank for rank in ranks if rank is not None]
    if len(held) < 2:
        return ""
    best, worst = min(held), max(held)
    path, sign = "", "M"
    x = y = 0
    for number, rank in enumerate(ranks):
        if rank is None:
            sign = "M"
            continue
        x = MARGIN + number * STEP
        y = MARGIN + round(HIGH * ((rank - best) / (worst - best) if worst > best else 0.5))
        path += f"{sign}{x} {y}"
        sign = "L"
    width, height = 2 * MARGIN + (len(ranks) - 1) * STEP, 2 * MARGIN + HIGH
    # A dot at the end tells which side is now, and whether it is there now.
    dot = "" if ranks[-1] is None else f'<path stroke-width="4" d="M{x} {y}h0"/>'
    return mark_safe(  # noqa: S308 - numbers
        f'<svg aria-hidden="true" viewBox="0 0 {width} {height}" height="1.25em" fill="none"'
        f' stroke="currentColor" stroke-linecap="round"><path d="{path}"/>{dot}</svg>'
    )
