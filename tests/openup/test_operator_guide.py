"""Commands of docs/operator-guide.md that are more than a name."""

import re
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.db import connection, transaction

GUIDE = Path(__file__).parents[2].joinpath("docs", "operator-guide.md").read_text(encoding="utf-8")
ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "openup.rules.yml").read_text())
ALERTS = [alert for group in RULES["groups"] for alert in group["rules"]]


def pages():
    with connection.cursor() as cursor:
        return cursor.execute("PRAGMA page_count").fetchone()[0]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL does it by itself")
@pytest.mark.django_db(transaction=True)
def test_compacting_gives_back_the_room_of_what_was_deleted():
    (code,) = re.findall(r'manage\.py shell -c "(.*VACUUM.*)"', GUIDE)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE filler AS SELECT randomblob(1000000) AS text")
        cursor.execute("DROP TABLE filler")
    before = pages()

    call_command("shell", command=code, verbosity=0)

    assert pages() <= before - 200


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no log of its own")
@pytest.mark.django_db(transaction=True)
def test_postgresql_is_told_not_to_log_values():
    settings = re.findall(r"ALTER DATABASE openup SET (\w+) = '?(.*?)'?;", GUIDE)

    with transaction.atomic(), connection.cursor() as cursor:
        for name, value in settings:
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [[n for n, _ in settings]]
        )
        assert dict(cursor.fetchall()) == dict(settings)
    assert {"log_min_error_statement", "log_error_verbosity"} <= dict(settings).keys()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alert_says_what_to_do_first_and_leads_to_a_chapter_that_there_is(alert):
    file, _sign, anchor = alert["annotations"]["guide"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / file).read_text(), re.MULTILINE)

    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert anchor in anchors
    assert alert["annotations"]["first"] and alert["annotations"]["summary"]
    assert alert["labels"]["severity"] in {"critical", "warning"}
