"""Every form of the staff's pages: found by its links, filled, sent, and read from the database."""

import re
from collections import defaultdict
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import TimeoutError

from tests.browser.staff_forms import ADD, FORMS, SIGN_OUT, TICK, sign_in
from tests.browser.staff_site import make_staff_site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MANAGE = "/manage/"
# More pages of one kind hold the same forms.
PAGES_OF_A_KIND = 6
# What is sent is named after the list's action, the button's name, the form's id, or what it says.
# The admin's other buttons to save (and stay, and add another) send the same form as its first.
SCRIPT = """
const posts = (page) => [...page.querySelectorAll("[type=submit]")].filter(
    ({form, name}) => form?.getAttribute("method") === "post"
        && !["_continue", "_addanother"].includes(name)
);
const actions = (form) => [...form.querySelectorAll("select[name=action] [value]")]
    .map(({value}) => value).filter(Boolean);
const named = (button) => button.name === "do" ? button.value.replace(/\\d+/, "#")
    : button.name || button.form.id || (button.textContent || button.value).trim();
const names = (page) => posts(page).flatMap(
    (button) => actions(button.form).length ? actions(button.form) : named(button)
);
const button = (name) => posts(document).find(
    (button) => actions(button.form).includes(name) || named(button) === name
);
const links = (page) => [...page.querySelectorAll("a[href]")].map(
    (link) => link.getAttribute("href")
);
async function look(address) {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return {url: answer.url, status: answer.status, links: links(page), names: names(page)};
}
"""


def with_answers(form):
    return [form, *(with_answers(form.then) if form.then else [])]


KNOWN = {SIGN_OUT.name, *(form.name for form in with_answers(sign_in("")))}
KNOWN |= {each.name for forms in FORMS.values() for form in forms for each in with_answers(form)}


def run(page, expression, *arguments):
    return page.evaluate_handle(f"(argument) => {{ {SCRIPT}; return {expression}; }}", *arguments)


def kind(address):
    return resolve(urlsplit(address).path).url_name


def name_of(address, name):
    return f"{'logout' if name == 'logout-form' else kind(address)} {name}"


def crawl(page):
    """Return {form's name: [address …]}, following every link from the index on."""
    found, kinds = defaultdict(list), defaultdict(set)
    waiting = [MANAGE]
    while waiting:
        looks = run(page, "Promise.all(argument.map(look))", waiting).json_value()
        waiting = []
        for look in looks:
            here = look["url"]
            assert look["status"] < 500, here
            for name in look["names"]:
                found[name_of(here, name)].append(here)
            for href in look["links"]:
                address = urlsplit(urljoin(here, href))._replace(fragment="").geturl()
                path = urlsplit(address).path
                # Another order or choice of a list's rows has the same forms.
                if not path.startswith(MANAGE) or path == urlsplit(here).path:
                    continue
                alike = kinds[re.sub(r"\d+", "#", path)]
                if address not in alike and len(alike) < PAGES_OF_A_KIND:
                    alike.add(address)
                    waiting.append(address)
    return found


def fill(page, name, value):
    if name == ADD:
        page.locator(f"#{value}-group .add-row a").click()
    elif name == TICK:
        rows = page.locator("#result_list tbody tr, .queue-item").filter(has_text=value)
        rows.first.locator("[type=checkbox]").first.check()
    else:
        # Names of a grid's cells hold keys: a star stands for them.
        name = f'name$="{name[1:]}"' if name.startswith("*") else f'name="{name}"'
        fill_field(page, page.locator(f"[{name}]"), value)


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
        upload = {"name": "글.txt", "mimeType": "text/plain", "buffer": value.encode()}
        fields.set_input_files(upload)
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
    for name, value in form.fields:
        fill(page, name, value)
    name = form.name.partition(" ")[2]
    choice = page.locator(f'select[name=action]:has([value="{name}"])')
    if choice.count():
        choice.first.select_option(name)
    button = run(page, "button(argument)", name).as_element()
    assert button, f"{form.name}: no such button on {page.url}"
    try:
        with page.expect_navigation() as navigation:
            button.click()
    except TimeoutError as error:
        raise AssertionError(f"{form.name} is not sent: {said(page)}") from error
    assert navigation.value.status == 200, f"{form.name}: {navigation.value.status} {page.url}"
    assert form.stored is None or form.stored(), f"{form.name} is not stored: {said(page)}"
    names = {name_of(page.url, name) for name in run(page, "names(document)").json_value()}
    assert names <= KNOWN, f"{form.name} answers with a form that has no entry"
    if form.then:
        assert form.then.name in names, f"{form.name} does not lead on: {said(page)}"
        send(page, form.then)


def place(form, addresses):
    """Return the first of the addresses that is the form's row's, or of all if it has none."""
    key = rf"[/=]{form.row()}(?!\d)" if form.row else ""
    fitting = [address for address in addresses if re.search(key, address)]
    assert fitting, f"{form.name}: no link leads to its row"
    return fitting[0]


@pytest.mark.parametrize("group", FORMS)
def test_every_form_that_a_group_finds_is_sent_and_stored(open_page, group):
    make_staff_site()
    page = open_page(MANAGE)
    page.on("dialog", lambda dialog: dialog.accept())
    send(page, sign_in(group))

    found = crawl(page)

    assert found.keys() <= KNOWN, "a form has no entry in tests/browser/staff_forms.py"
    for form in FORMS[group]:
        assert form.name in found, f"{form.name}: no link leads there"
        page.goto(place(form, found[form.name]))
        send(page, form)
    send(page, SIGN_OUT)
