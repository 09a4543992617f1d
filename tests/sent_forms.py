"""What a browser sends of a form that a page shows."""

from lxml import html


def data_of(form):
    """Return the fields of an admin's form as they stand, with what it was opened with."""
    data = {name: form[name].value() or "" for name in form.fields}
    return {**data, "opened_with": form.opened_with}


def opened_with(client, address):
    """Return what the page's form was opened with."""
    page = html.fromstring(client.get(address).content.decode())
    return page.cssselect("input[name=opened_with]")[0].value
