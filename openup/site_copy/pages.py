"""A page of the site to one of its copy: its links lead within the copy, its forms are gone."""

import re
from collections.abc import Callable, Iterable

from django.conf import settings
from lxml import etree
from lxml import html as lxml_html

from openup.site_copy.addresses import Address, NotCopied, read

_CSS_ADDRESS = re.compile(r"""url\(\s*["']?([^"')\s]+)["']?\s*\)""")
_LINKING = ("href", "src")
# Empty, once what they held is gone.
_HOLDING = {"li", "ul", "ol", "nav", "details", "div", "p", "aside"}
# They name the live page: of the copy it is the original.
_ORIGINAL = {"canonical"}
_SHOWN = {"img", "svg", "table", "input", "time", "figure", "iframe", "button"}


def copied(
    content: bytes, address: Address, notice: str, no_writing: str, note: Callable[[Address], None]
) -> bytes:
    """Return a page's HTML for the copy; `note` is told each address that it needs.

    `notice` stands above every page, `no_writing` in the place of the form for comments.
    """
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True)
    root = lxml_html.document_fromstring(content, parser=parser)
    _take_out_forms(root, no_writing)
    for element in list(root.iter(etree.Element)):
        _lead_within(element, address, note)
    for name in ("data-read", "data-in-place"):
        for element in root.xpath(f"//*[@{name}]"):
            del element.attrib[name]
    header = root.find(".//header[@class='site-header']")
    if header is not None:
        # That it is an official website holds of the live one alone.
        for banner in root.find_class("official"):
            banner.drop_tree()
        header.addprevious(_notice(notice))
    return lxml_html.tostring(root, doctype="<!doctype html>", encoding="utf-8")


def _notice(text: str) -> etree._Element:
    banner = lxml_html.fromstring('<p class="notice wrap" role="note"></p>')
    banner.text = text
    banner.tail = "\n"
    return banner


def _take_out_forms(root: etree._Element, no_writing: str) -> None:
    for link in root.xpath("//a[@href='#comment-form']"):
        _take_out(link)
    for form in list(root.iter("form")):
        place = form.getparent()
        is_writing = place is not None and place.get("id") == "comment-form"
        if is_writing:
            sentence = lxml_html.fragment_fromstring('<p class="empty"></p>')
            sentence.text = no_writing
            for child in list(place):
                if child.tag != "h2":
                    place.remove(child)
            place.append(sentence)
        else:
            _take_out(form)


def _take_out(element: etree._Element) -> None:
    """Take an element out with what around it would be empty then; the text after it stays."""
    while (parent := element.getparent()) is not None:
        element.drop_tree()
        if parent.tag not in _HOLDING or parent.get("id") or _shows_anything(parent):
            return
        element = parent


def _shows_anything(element: etree._Element) -> bool:
    if any(each.tag in _SHOWN for each in element.iterdescendants()):
        return True
    texts = [each for each in element.itertext() if each.strip()]
    summary = element.find("summary") if element.tag == "details" else None
    if summary is not None:
        return len(texts) > sum(bool(each.strip()) for each in summary.itertext())
    return bool(texts)


def _lead_within(element: etree._Element, base: Address, note: Callable[[Address], None]) -> None:
    if element.tag == "meta":
        _lead_meta_within(element, base, note)
        return
    if element.tag == "link" and element.get("rel") in _ORIGINAL:
        return
    if element.get("srcset"):
        pieces = [each.strip().split(" ") for each in element.get("srcset").split(",")]
        element.set(
            "srcset",
            ", ".join(" ".join([_href(first, base, note), *rest]) for first, *rest in pieces),
        )
    for name in _LINKING:
        href = element.get(name)
        if href is None or (href.startswith("#") and name == "href"):
            continue
        try:
            element.set(name, _href(href, base, note))
        except NotCopied:
            _take_out_link(element)
            return


def _take_out_link(element: etree._Element) -> None:
    """Take out a link to what the copy does not have; within a sentence its words stay."""
    parent = element.getparent()
    if parent is None:
        return
    around = [parent.text, *(child.tail for child in parent)]
    if element.tag == "a" and any((text or "").strip(" ·\n\xa0|") for text in around):
        element.drop_tag()
    else:
        _take_out(element)


def _lead_meta_within(
    element: etree._Element, base: Address, note: Callable[[Address], None]
) -> None:
    content = element.get("content") or ""
    if element.get("property") == "og:image" and content.startswith(settings.SITE_URL):
        element.set("content", _href(content, base, note))


def _href(href: str, base: Address, note: Callable[[Address], None]) -> str:
    address, fragment = read(href, base.url)
    if address is None:
        return href
    note(address)
    return address.href + (f"#{fragment}" if fragment else "")


def addresses_in_css(content: bytes, base: Address) -> Iterable[Address]:
    """Yield what a style sheet asks for."""
    for href in _CSS_ADDRESS.findall(content.decode("utf-8", errors="replace")):
        if not href.startswith(("data:", "#")):
            address, _fragment = read(href, base.url)
            if address:
                yield address


def addresses_in_sitemap(content: bytes) -> Iterable[Address]:
    """Yield what a sitemap, or an index of them, lists."""
    for loc in re.findall(rb"<loc>([^<]+)</loc>", content):
        address, _fragment = read(loc.decode().replace("&amp;", "&"), "/")
        if address:
            yield address


def redirect_page(target: str) -> bytes:
    """Return a page that leads on, for web servers that know of no redirects."""
    page = lxml_html.fromstring(
        "<!doctype html><html lang='ko'><head><meta charset='utf-8'><title></title>"
        "<meta http-equiv='refresh'><meta name='robots' content='noindex'></head>"
        "<body><p><a></a></p></body></html>"
    )
    page.find(".//title").text = target
    page.find(".//meta[@http-equiv]").set("content", f"0; url={target}")
    link = page.find(".//a")
    link.set("href", target)
    link.text = target
    return lxml_html.tostring(page, doctype="<!doctype html>", encoding="utf-8")
