"""Every form of the staff's pages: found by its links, filled, sent, and read from the database."""

import re
from collections import defaultdict
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve
from lxml import html
from playwright.sync_api import TimeoutError

from tests.browser.staff_forms import ADD, FORMS, SIGN_OUT, TICK, sign_in
from tests.browser.staff_site import make_staff_site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MANAGE, SEARCH = "/manage/", "/search/"
# More pages of one kind hold the same forms.
PAGES_OF_A_KIND = 14
# What these need no form of a browser has: a code from an app, other sites that answer.
SENT_ELSEWHERE = {
    "set_up_second_factor 로그아웃",
    "set_up_second_factor 설정하기",
    "outside_links links-form",
}
# These send the same form as the admin's first button; a group presses each where it is cheapest.
ALSO_SAVE = {"_continue", "_addanother", "_next"}


def with_answers(form):
    return [form, *(with_answers(form.then) if form.then else [])]


KNOWN = {SIGN_OUT.name, *(form.name for form in with_answers(sign_in("")))}
KNOWN |= SENT_ELSEWHERE
KNOWN |= {each.name for forms in FORMS.values() for form in forms for each in with_answers(form)}


def kind(address):
    return resolve(urlsplit(address).path).url_name


def buttons(address, document):
    """Yield (form's name, the button's place among all) of what can be sent from a page.

    It is named after the list's action, the button's name, the form's id, or what it says.
    """
    forms = {form.get("id"): form for form in document.iter("form")}
    for place, button in enumerate(document.cssselect("[type=submit]")):
        form = forms.get(button.get("form")) if button.get("form") else None
        form = next(button.iterancestors("form"), None) if form is None else form
        # A preview has the head that readers get, with their search.
        if form is None or form.get("action") == SEARCH:
            continue
        actions = form.cssselect("select[name=action] [value]")
        own = button.get("name")
        if own == "do":
            names = [re.sub(r"\d+", "#", button.get("value"))]
        elif actions:
            names = [action.get("value") for action in actions if action.get("value")]
        else:
            text = " ".join((button.text_content() or button.get("value", "")).split())
            names = [own or form.get("id") or text]
        for name in names:
            yield f"{'logout' if name == 'logout-form' else kind(address)} {name}", place


def unknown(names):
    """Return which forms have no entry in tests/browser/staff_forms.py."""
    saved = {f"{name.partition(' ')[0]} {also}" for name in names for also in ALSO_SAVE}
    return {*names} - KNOWN - (saved if any(name.endswith(" _save") for name in names) else set())


def crawl(page):
    """Follow every link from the index on; return {form's name: [address …]} and all addresses.

    Nothing of a page but its HTML is asked for, so that no browser need draw it.
    """
    client, kinds, found = Client(), defaultdict(set), defaultdict(list)
    for cookie in page.context.cookies(page.url):
        client.cookies[cookie["name"]] = cookie["value"]
    waiting, seen = [MANAGE], {MANAGE: None}
    while waiting:
        here = waiting.pop(0)
        response = client.get(here, follow=True)
        assert response.status_code < 500, here
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            continue
        here = response.redirect_chain[-1][0] if response.redirect_chain else here
        document = html.fromstring(response.content.decode())
        names = [name for name, _place in buttons(here, document)]
        nameless = unknown(names)
        assert not nameless, f"{nameless} of {here} has no entry in tests/browser/staff_forms.py"
        for name in names:
            found[name].append(here)
        for href in document.xpath("//a/@href"):
            address = urlsplit(urljoin(here, href))._replace(fragment="").geturl()
            path = urlsplit(address).path
            # Another order or choice of a list's rows has the same forms.
            if not address.startswith(MANAGE) or path == urlsplit(here).path or address in seen:
                continue
            seen[address] = None
            alike = kinds[re.sub(r"\d+", "#", path)]
            if len(alike) < PAGES_OF_A_KIND:
                alike.add(address)
                waiting.append(address)
    return found, [*seen]


def fill(page, name, value):
    if name == ADD:
        page.locator(f"#{value}-group .add-row a").click()
    elif name == TICK:
        rows = page.locator("#result_list tbody tr, .queue-item, .pictures li").filter(
            has_text=value
        )
        rows.first.locator("[type=checkbox]").first.check()
    else:
        # Names of a grid's cells hold keys: a star stands for them.
        name = f'name$="{name[1:]}"' if name.startswith("*") else f'name="{name}"'
        fill_field(page, page.locator(f"main [{name}]"), value)


def fill_field(page, fields, value):
    sort = fields.first.evaluate("({className, type}) => `${className} ${type}`")
    if "autocomplete" in sort:
        fields.locator("xpath=following-sibling::span[1]").click()
        page.locator(".select2-container--open .select2-search__field").last.fill(value)
        page.locator(".select2-results__option[aria-selected]").filter(has_text=value).first.click()
    elif sort.endswith(("radio", "checkbox")):
        by_value = fields.and_(page.locator(f'[value="{value}"]'))
        (by_value if by_value.count() else fields.and_(page.get_by_label(value))).check()
    elif sort.endswith("file"):
        content = value if isinstance(value, bytes) else value.encode()
        upload = {"name": "글.txt", "mimeType": "text/plain", "buffer": content}
        fields.set_input_files(upload)
    elif "behind-editor" in sort:
        fields.locator("xpath=..").locator(".cm-content").fill(value)
    elif "select-" in sort:
        fields.select_option(value)
    else:
        # What a script writes when the field before is left must come first.
        fields.focus()
        fields.fill(value)


def said(page):
    return page.locator(".errornote, .errorlist, .messagelist").all_inner_texts()


def send(page, form):
    """Fill the form on the page and press its button; go on with what answers."""
    found = [*buttons(page.url, html.fromstring(page.content()))]
    # Of several the first: its place is the last that is set.
    places = dict(reversed(found))
    assert form.name in places, f"{form.name}: no such button on {page.url}: {said(page)}"
    for name, value in form.fields:
        fill(page, name, value)
    name = form.name.partition(" ")[2]
    choice = page.locator(f'select[name=action]:has([value="{name}"])')
    if choice.count():
        choice.first.select_option(name)
    try:
        with page.expect_navigation(wait_until="domcontentloaded") as navigation:
            page.locator("[type=submit]").nth(places[form.name]).click()
    except TimeoutError as error:
        raise AssertionError(f"{form.name} is not sent: {said(page)}") from error
    assert navigation.value.status == 200, f"{form.name}: {navigation.value.status} {page.url}"
    assert form.stored is None or form.stored(), f"{form.name} is not stored: {said(page)}"
    if form.shown:
        page.locator("#content").get_by_text(form.shown).first.wait_for()
    names = [name for name, _place in buttons(page.url, html.fromstring(page.content()))]
    assert not unknown(names), f"{form.name} answers with a form that has no entry"
    if form.then:
        send(page, form.then)


def place(form, found, addresses):
    """Return the first address of the form, or of its kind of page, that is its row's if any."""
    key = rf"[/=]{form.row()}(?!\d)" if form.row else ""
    wanted = form.name.partition(" ")[0]
    alike = [address for address in addresses if kind(address) == wanted]
    fitting = [each for each in [*found.get(form.name, []), *alike] if re.search(key, each)]
    assert fitting, f"{form.name}: no link leads to it"
    # The desk's first page leads to lists of some rows: all of them are on the one without a query.
    return min(fitting, key=lambda address: bool(urlsplit(address).query))


@pytest.mark.parametrize("group", FORMS)
def test_every_form_that_a_group_finds_is_sent_and_stored(open_page, group, settings, tmp_path):
    """A form that several groups find is sent by one: tests/openup/test_staff_permissions.py has
    each group send each, without a browser."""
    settings.MEDIA_ROOT = tmp_path
    make_staff_site()
    page = open_page(MANAGE)
    page.on("dialog", lambda dialog: dialog.accept())
    send(page, sign_in(group))

    found, addresses = crawl(page)

    for form in FORMS[group]:
        address = place(form, found, addresses)
        # The page that answered the form before may be this one's.
        if urlsplit(page.url)[2:4] != urlsplit(address)[2:4]:
            page.goto(address, wait_until="domcontentloaded")
        send(page, form)
    send(page, SIGN_OUT)
