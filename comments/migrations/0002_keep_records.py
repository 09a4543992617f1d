"""Let the databases themselves keep who moderated what, and who looked at personal data.

A later migration that alters one of the two tables on SQLite makes it anew and so loses its
triggers: it must run `make_triggers` again.
"""

from django.db import migrations

EVENTS, VIEWS = "comments_moderationevent", "comments_personaldataview"
REFUSAL = "This record is only ever added to."
# 개인정보의 안전성 확보조치 기준 제8조 asks for a year, the operator's guide promises two.
VIEW_DAYS = 730

# REPLACE deletes without firing the trigger of deletions.
SQLITE = {
    f"{table}_is_not_{name}": f"{moment} ON {table} {condition}"
    for table, may_not_go in {
        EVENTS: "",
        VIEWS: f"WHEN OLD.viewed_at >= STRFTIME('%Y-%m-%d %H:%M:%f', 'now', '-{VIEW_DAYS} days')",
    }.items()
    for name, moment, condition in [
        ("updated", "BEFORE UPDATE", ""),
        ("deleted", "BEFORE DELETE", may_not_go),
        (
            "replaced",
            "BEFORE INSERT",
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)",  # noqa: S608
        ),
    ]
}
POSTGRESQL = {
    f"{table}_is_not_{name}": f"{moment} ON {table} FOR EACH {each}"
    for table, may_not_go in {
        EVENTS: "ROW",
        VIEWS: f"ROW WHEN (OLD.viewed_at >= NOW() - INTERVAL '{VIEW_DAYS} days')",
    }.items()
    for name, moment, each in [
        ("updated", "BEFORE UPDATE", "ROW"),
        ("deleted", "BEFORE DELETE", may_not_go),
        ("emptied", "BEFORE TRUNCATE", "STATEMENT"),
    ]
}
# An empty table may be truncated: that takes nothing away.
POSTGRESQL_FUNCTION = f"""
CREATE FUNCTION refuse_record_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_empty boolean;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE format('SELECT NOT EXISTS (SELECT 1 FROM %I)', TG_TABLE_NAME) INTO is_empty;
        IF is_empty THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
END $$
"""  # noqa: S608


def make_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name, moment in SQLITE.items():
            schema_editor.execute(
                f"CREATE TRIGGER {name} {moment} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
                params=None,
            )
    else:
        schema_editor.execute(POSTGRESQL_FUNCTION, params=None)
        for name, moment in POSTGRESQL.items():
            schema_editor.execute(
                f"CREATE TRIGGER {name} {moment} EXECUTE FUNCTION refuse_record_change()"
            )


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name in SQLITE:
            schema_editor.execute(f"DROP TRIGGER {name}")
    else:
        for name in POSTGRESQL:
            schema_editor.execute(f"DROP TRIGGER {name} ON {name.rpartition('_is_not_')[0]}")
        schema_editor.execute("DROP FUNCTION refuse_record_change()")


class Migration(migrations.Migration):
    replaces = [("comments", "0010_keep_records")]

    dependencies = [("comments", "0001_tables")]

    operations = [migrations.RunPython(make_triggers, drop_triggers)]
