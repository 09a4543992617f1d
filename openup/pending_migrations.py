"""How many migrations the database waits for, by the command that lists them."""

from io import StringIO

from django.core.management import call_command


def count_pending():
    plan = StringIO()
    call_command("showmigrations", "--plan", no_color=True, verbosity=1, stdout=plan)
    return sum(line.startswith("[ ]") for line in plan.getvalue().splitlines())
