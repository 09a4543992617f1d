"""A text's pictures in its HTML: their renditions, their size, and what the library says of them.

It comes after the sanitiser, which lets an editor's text have none of these attributes; all that
is put in is escaped here.
"""

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import NamedTuple, Protocol

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles.content.markdown import ALT_TEXT_TO_WRITE
from articles.content.text import has_visible

# The column of text is 41em of 17 px wide, and takes all of a narrower screen but its margins.
COLUMN_PIXELS = 700
# What is upright is no higher than a screen, unless it is a strip that is read by scrolling.
MAX_UPRIGHT_PIXELS = 900
STRIP = 2

# The sanitiser has escaped whatever looks so within an attribute or a text.
_IMAGE = r'<img(?: [a-z]+="[^"]*")*>'
_IMAGES = re.compile(_IMAGE)
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
# A picture that is a paragraph of its own, with the caption that its text gives.
_STANDING = re.compile(
    rf'<(p|figure)((?: data-line="\d+")?)>({_IMAGE})'
    r"(?:\s*<figcaption>(.*?)</figcaption>)?\s*</\1>",
    re.DOTALL,
)
_OURS = "/media/"


class LeadPlace(NamedTuple):
    """Where a lead picture stands: how wide, and in which ratio it is cut."""

    sizes: str
    ratio: float


# A lead picture's, beside a title in a list and above the first of all.
# The style sheets give both their ratio.
IN_LIST = LeadPlace("9rem", 8 / 5)
IN_HERO = LeadPlace("(min-width: 60em) 40rem, 92vw", 2)


class PictureInLibrary(Protocol):
    alternative_text: str
    is_decorative: bool
    caption: str
    credit: str
    width: int
    height: int
    url: str
    renditions: list[tuple[int, str]]


class PictureWithFocus(PictureInLibrary, Protocol):
    focal_x: int
    focal_y: int


def lead_html(picture: PictureWithFocus, place: LeadPlace) -> SafeString:
    """Return the picture that stands for an article beside its title: decoration, cut to its place.

    The style sheet keeps in sight what its class names.
    """
    candidates = ", ".join(f"{address} {width}w" for width, address in picture.renditions)
    loading = "eager" if place is IN_HERO else "lazy"
    small = picture.renditions[0][1] if picture.renditions else picture.url
    more = format_html(' srcset="{}" sizes="{}"', candidates, place.sizes) if candidates else ""
    return format_html(
        '<img class="figure{}" src="{}"{} alt="" width="{}" height="{}" loading="{}">',
        *(_cut(picture, place.ratio), small, more, picture.width, picture.height, loading),
    )


def _cut(picture: PictureWithFocus, ratio: float) -> str:
    """Return the class of a picture whose focal point is not in its middle, in quarters."""
    own = picture.width / picture.height
    axis, focus, part = (
        ("x", picture.focal_x, ratio / own) if own > ratio else ("y", picture.focal_y, own / ratio)
    )
    if part == 1:
        return ""
    at = min(max((focus / 100 - part / 2) / (1 - part), 0), 1)
    quarter = round(at * 4) * 25
    return "" if quarter == 50 else f" {axis}{quarter}"


def picture_names(html: str) -> set[str]:
    """Return the names, below /media/, of the pictures that sanitised HTML shows."""
    return {_name(image) for image in _IMAGES.findall(html)} - {""}


def with_pictures(html: str, pictures: Mapping[str, PictureInLibrary], begins_page: bool) -> str:
    """Return sanitised HTML with what is known of its `pictures`, by their names.

    Where the text begins its page its first picture is loaded at once, the others when they come
    near.
    """
    html = _STANDING.sub(lambda standing: _figure(standing, pictures), html)
    is_first = begins_page

    def placed(match: re.Match[str]) -> str:
        nonlocal is_first
        image = _image(match[0], pictures.get(_name(match[0])), is_first)
        is_first = False
        return image

    return _IMAGES.sub(placed, html)


def _name(image: str) -> str:
    address = unescape(dict(_ATTRIBUTE.findall(image)).get("src", ""))
    return address.removeprefix(_OURS) if address.startswith(_OURS) else ""


def _figure(standing: re.Match[str], pictures: Mapping[str, PictureInLibrary]) -> str:
    """Return a picture that stands alone, with its own caption if it has one, and its credit."""
    _tag, line, image, caption = standing.groups()
    picture = pictures.get(_name(image))
    if picture is None:
        return standing[0]
    caption = caption or escape(picture.caption)
    credit = _("Credit: %(name)s") % {"name": escape(picture.credit)} if picture.credit else ""
    below = " ".join(filter(None, [caption, credit and f"<small>{credit}</small>"]))
    if not below:
        return standing[0]
    return f"<figure{line}>{image}<figcaption>{below}</figcaption></figure>"


def _image(image: str, picture: PictureInLibrary | None, is_first: bool) -> str:
    if picture is None:
        return image
    written = {name: unescape(value) for name, value in _ATTRIBUTE.findall(image)}
    attributes: dict[str, object] = {"src": picture.url, "alt": written.get("alt", "")}
    if not has_visible(str(attributes["alt"])) or attributes["alt"] == ALT_TEXT_TO_WRITE:
        attributes["alt"] = picture.alternative_text or attributes["alt"]
        if picture.is_decorative:
            attributes |= {"alt": "", "role": "presentation"}
    if "title" in written:
        attributes["title"] = written["title"]
    width, height = _shown_size(picture.width, picture.height)
    attributes |= {"width": width, "height": height}
    if picture.renditions:
        candidates = [f"{address} {width}w" for width, address in picture.renditions]
        attributes |= {
            "srcset": ", ".join(candidates),
            "sizes": f"min({min(width, COLUMN_PIXELS)}px, 92vw)",
        }
    if not is_first:
        attributes["loading"] = "lazy"
    attributes["decoding"] = "async"
    pairs = (f'{name}="{escape(str(value))}"' for name, value in attributes.items())
    return f"<img {' '.join(pairs)}>"


def _shown_size(width: int, height: int) -> tuple[int, int]:
    """Return the size at which a picture is shown where there is room."""
    if MAX_UPRIGHT_PIXELS < height <= STRIP * width:
        return round(width * MAX_UPRIGHT_PIXELS / height), MAX_UPRIGHT_PIXELS
    return width, height
