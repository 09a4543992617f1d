"""The picture that stands beside a shared link: an article's title and date on the site's ground.

Pages that are no article have one picture for each of their kinds: their number is bounded.

Its name is a digest of what it shows, so a changed title is a new picture at a new address, and one
that has been made is never made again.
"""

import hashlib
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext_lazy
from PIL import Image, ImageDraw, ImageFont, ImageOps

from articles.addresses import path_of
from articles.content import figures
from articles.content.figures import Figure

# The size that OpenGraph's readers ask for (1.91 : 1).
WIDTH, HEIGHT = 1200, 630
MARGIN = 88
MAX_LINES = 4
TITLE_SIZES = range(76, 39, -4)
SMALL = 34
LEADING = 1.34
GROUND, TEXT, SUBTLE, ACCENT = "#ffffff", "#1e2124", "#464c53", "#0b50d0"
TILE, QUIET = "#eef2f7", "#8a949e"
# Pixels to one of the figure's own.
FIGURE_SCALE = 2
# Part of the name: raise it when the drawing changes.
VERSION = 3
FONT = Path(__file__).parent / "fonts" / "Pretendard-Bold.otf"
KINDS = {
    "site": gettext_lazy("Monthly trends, rankings and notable issues of open source."),
    "articles": gettext_lazy("All articles"),
    "issues": gettext_lazy("Monthly issues"),
    "rankings": gettext_lazy("Rankings"),
    "corrections": gettext_lazy("Corrections"),
}


def kind_lines(kind: str) -> tuple[str, str, str]:
    """Return what the picture of a kind of page shows: kicker, title and foot."""
    return "", str(KINDS[kind]), settings.SITE_NAME


def kind_picture_url(kind: str) -> str:
    return path_of("kind_picture", kind, digest_of(*kind_lines(kind)))


def drawn_lines(kicker: str, title: str, foot: str, changes: object) -> tuple[str, ...]:
    """Return the lines of an article's or a series' picture, with what its ranking changed."""
    return (kicker, title, foot, str(changes)) if changes else (kicker, title, foot)


def digest_of(*lines: str, figure: Figure | None = None) -> str:
    """Return what names the picture of `lines` and `figure`: 16 hex digits."""
    text = "\0".join([str(VERSION), *lines, *([figure.svg()] if figure else [])])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def draw(
    kicker: str, title: str, foot: str, changes: str = "", *, figure: Figure | None = None
) -> bytes:
    """Return the picture as PNG: a kicker, the title in up to four lines, a line at the foot.

    `changes` is a line between them, which leaves the title less room; `figure` stands at the foot.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    canvas = ImageDraw.Draw(image)
    canvas.rectangle((0, 0, WIDTH, 16), fill=ACCENT)
    if kicker:
        canvas.text((MARGIN, 96), kicker, font=_font(SMALL + 6), fill=ACCENT)
    top = 160 if kicker else 110
    font, lines = _fitted(title, canvas, HEIGHT - (216 if changes else 130) - top)
    for number, line in enumerate(lines):
        canvas.text((MARGIN, top + number * font.size * LEADING), line, font=font, fill=TEXT)
    if changes:
        font = _font(SMALL)
        canvas.text((MARGIN, HEIGHT - 188), _cut(changes, font, canvas), font=font, fill=ACCENT)
    if figure:
        _draw_figure(canvas, figure)
    _draw_mark(canvas, MARGIN, HEIGHT - 112)
    canvas.text((MARGIN + 72, HEIGHT - 104), foot, font=_font(SMALL), fill=SUBTLE)
    file = BytesIO()
    image.quantize(64, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def photo_digest(file_name: str, focal_point: tuple[int, int]) -> str:
    """Return what names the picture that is cut from a photograph: 16 hex digits."""
    return digest_of(file_name, *map(str, focal_point))


def cut_photo(file: BinaryIO, focal_point: tuple[int, int]) -> bytes:
    """Return what surrounds the focal point (in percent) of a picture's file, as JPEG."""
    with Image.open(file) as image:
        centring = focal_point[0] / 100, focal_point[1] / 100
        whole = image.convert("RGBA")
    cut = ImageOps.fit(whole, (WIDTH, HEIGHT), centering=centring)
    ground = Image.new("RGB", cut.size, GROUND)
    ground.paste(cut, mask=cut)
    output = BytesIO()
    ground.save(output, "JPEG", quality=82, optimize=True, progressive=True)
    return output.getvalue()


@lru_cache(16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)


def _fitted(
    title: str, canvas: ImageDraw.ImageDraw, height: int
) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """Return the largest font in which the title fits, and its lines; the last may be cut."""
    for size in TITLE_SIZES:
        font = _font(size)
        lines = _lines(title, font, canvas)
        most = min(MAX_LINES, int(height / (size * LEADING)))
        if len(lines) <= most:
            return font, lines
    return font, [*lines[: most - 1], lines[most - 1].rstrip() + "…"]


def _cut(text: str, font: ImageFont.FreeTypeFont, canvas: ImageDraw.ImageDraw) -> str:
    """Return as much of a line as the picture has room for."""
    room = WIDTH - 2 * MARGIN
    if canvas.textlength(text, font) <= room:
        return text
    while canvas.textlength(f"{text}…", font) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _lines(title: str, font: ImageFont.FreeTypeFont, canvas: ImageDraw.ImageDraw) -> list[str]:
    """Return the title broken between words, and within a word only where it is too long alone."""
    room = WIDTH - 2 * MARGIN
    lines = [""]
    for word in title.split():
        wider = f"{lines[-1]} {word}".strip()
        if canvas.textlength(wider, font) <= room:
            lines[-1] = wider
            continue
        if lines[-1]:
            lines.append("")
        for character in word:
            if canvas.textlength(lines[-1] + character, font) > room:
                lines.append("")
            lines[-1] += character
    return lines


def _draw_figure(canvas: ImageDraw.ImageDraw, figure: Figure) -> None:
    """Draw the figure at the right end of the foot."""
    left = WIDTH - MARGIN - figures.WIDTH * FIGURE_SCALE
    top = HEIGHT - 24 - figures.HEIGHT * FIGURE_SCALE

    def at(points: tuple[figures.Point, ...]) -> list[tuple[int, int]]:
        return [(left + x * FIGURE_SCALE, top + y * FIGURE_SCALE) for x, y in points]

    corners = at(((0, 0), (figures.WIDTH, figures.HEIGHT)))
    canvas.rounded_rectangle(corners, radius=12, fill=TILE)
    for line in figure.lines:
        canvas.line(at(line), fill=QUIET, width=3, joint="curve")
    for x, y in at(figure.dots):
        canvas.circle((x, y), 4, fill=QUIET)
    if figure.main:
        canvas.line(at(figure.main), fill=ACCENT, width=5, joint="curve")
        canvas.circle(at(figure.main)[-1], 6, fill=ACCENT)


def _draw_mark(canvas: ImageDraw.ImageDraw, x: int, y: int) -> None:
    """Draw the site's mark, as `static/icons/favicon.svg` has it, 52 pixels wide."""
    scale = 52 / 32

    def at(*points: float) -> list[tuple[float, float]]:
        pairs = zip(points[::2], points[1::2], strict=True)
        return [(x + across * scale, y + down * scale) for across, down in pairs]

    stroke = round(3 * scale)
    canvas.rounded_rectangle(at(0, 0, 32, 32), radius=8 * scale, fill=ACCENT)
    canvas.arc(at(8, 9.4, 24, 25.4), start=-43, end=223, fill="white", width=stroke)
    canvas.line(at(16, 18, 16, 6.5), fill="white", width=stroke)
    canvas.line(at(12, 10.1, 16, 6.1, 20, 10.1), fill="white", width=stroke, joint="curve")
