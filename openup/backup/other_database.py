from contextlib import contextmanager

from django.db import ConnectionHandler, connection, connections


@contextmanager
def reading(alias, **values):
    """Have the models read another database as `using(alias)`: ours, but for `values`."""
    values = connection.settings_dict | values
    options = {name: value for name, value in values["OPTIONS"].items() if name != "pool"}
    if connection.vendor == "sqlite":
        # It stays in the mode that it is in.
        options["init_command"] = ""
    connections[alias] = ConnectionHandler({"default": values | {"OPTIONS": options}})["default"]
    try:
        yield
    finally:
        connections[alias].close()
        del connections[alias]
