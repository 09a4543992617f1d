"""What a browser sends of a form that a page shows."""

from django.template import engines
from lxml import html

# Passed to a client's get() or post(), it leaves the answer's page undrawn.
UNDRAWN = {"tests.undrawn": "1"}


class UndrawnMiddleware:
    """Leave a page undrawn for a test that asks for its form or its status: what drawing costs.

    All before it is done as ever, and `response.context` holds what the page would show.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_template_response(self, request, response):
        if request.META.keys() & UNDRAWN.keys():
            response.template_name = engines["django"].from_string("")
        return response


def open_form(client, address):
    """Return the fields of the admin's form at `address` as a browser would send them."""
    response = client.get(address, **UNDRAWN)
    assert response.status_code == 200
    form = response.context["adminform"].form
    forms = [form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    fields = {}
    for each in forms:
        for bound in each:
            for name, value in sent_of(bound):
                fields.setdefault(name, []).append(value)
    if form.instance.pk and hasattr(form, "opened_with"):
        fields["opened_with"] = [form.opened_with]
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}


def sent_of(bound):
    """Yield (name, value) of what a browser sends of a bound field."""
    if bound.field.disabled:
        return
    widgets = {bound.html_name: bound.field.widget}
    if bound.field.show_hidden_initial:
        widgets[bound.html_initial_name] = bound.field.hidden_widget()
    for name, widget in widgets.items():
        # The admin wraps a choice of rows into the links beside it.
        inner = getattr(widget, "widget", widget)
        context = inner.get_context(name, bound.value(), bound.build_widget_attrs({}, inner))
        yield from sent_of_widget(context["widget"])


def sent_of_widget(widget):
    if "subwidgets" in widget:
        for each in widget["subwidgets"]:
            yield from sent_of_widget(each)
    elif "optgroups" in widget:
        options = [option for _name, group, _index in widget["optgroups"] for option in group]
        chosen = [option for option in options if option["selected"]]
        is_list = widget["template_name"].endswith("/select.html")
        if not chosen and is_list and "multiple" not in widget["attrs"]:
            chosen = options[:1]
        for option in chosen:
            yield widget["name"], str(option["value"])
    elif widget.get("type") != "checkbox":
        yield widget["name"], "" if widget["value"] is None else str(widget["value"])
    elif widget["attrs"].get("checked"):
        yield widget["name"], "on"


def data_of(form):
    """Return the fields of an admin's form as they stand, with what it was opened with."""
    data = {name: form[name].value() or "" for name in form.fields}
    return {**data, "opened_with": form.opened_with}


def opened_with(client, address):
    """Return what the page's form was opened with."""
    page = html.fromstring(client.get(address).content.decode())
    return page.cssselect("input[name=opened_with]")[0].value


def send(client, address, fields, **changes):
    """Send the fields with some changes; with UNDRAWN, an answering page is not drawn.

    `follow` is the client's own.
    """
    extra = {name: changes.pop(name) for name in [*UNDRAWN, "follow"] if name in changes}
    return client.post(address, {**fields, **changes}, **extra)
