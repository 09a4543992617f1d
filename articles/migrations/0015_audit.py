"""What was done at the desk, and triggers that keep it: nothing of it changes or goes.

A later migration that alters the table on SQLite makes it anew and so loses the triggers: it must
run `make_triggers` again.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

TABLE = "articles_auditevent"
REFUSAL = "What was done at the desk stays written down."
SQLITE = {
    "audit_is_not_changed": f"BEFORE UPDATE ON {TABLE}",
    "audit_is_not_deleted": f"BEFORE DELETE ON {TABLE}",
    # REPLACE deletes without firing the trigger above.
    "audit_is_not_replaced": f"BEFORE INSERT ON {TABLE} WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)",  # noqa: S608
}
POSTGRESQL = {
    "audit_is_not_changed": f"BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW",
    "audit_is_not_emptied": f"BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT",
}
# An empty table may be truncated: that takes nothing away.
POSTGRESQL_FUNCTION = f"""
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND NOT EXISTS (SELECT 1 FROM {TABLE}) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
END $$
"""  # noqa: S608


def make_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name, moment in SQLITE.items():
            schema_editor.execute(f"CREATE TRIGGER {name} {moment} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")
    else:
        schema_editor.execute(POSTGRESQL_FUNCTION)
        for name, moment in POSTGRESQL.items():
            schema_editor.execute(f"CREATE TRIGGER {name} {moment} EXECUTE FUNCTION refuse_audit_change()")


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name in SQLITE:
            schema_editor.execute(f"DROP TRIGGER {name}")
    else:
        for name in POSTGRESQL:
            schema_editor.execute(f"DROP TRIGGER {name} ON {TABLE}")
        schema_editor.execute("DROP FUNCTION refuse_audit_change()")


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0014_reviews'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='at')),
                ('act', models.CharField(choices=[('sign_in', 'Signed in'), ('sign_in_failed', 'Failed to sign in'), ('sign_out', 'Signed out'), ('code', 'Passed the second step'), ('code_failed', 'Failed the second step'), ('second_factor', 'Changed the second step'), ('add', 'Added something'), ('change', 'Changed something'), ('delete', 'Deleted something'), ('rights', 'Gave or took rights'), ('personal_data', 'Saw personal data'), ('form', 'Did something else')], max_length=16, verbose_name='act')),
                ('user_key', models.BigIntegerField(editable=False, null=True)),
                ('username', models.CharField(blank=True, max_length=150, verbose_name='who')),
                ('model', models.CharField(blank=True, max_length=100, verbose_name='kind')),
                ('object_key', models.CharField(blank=True, max_length=64, verbose_name='key')),
                ('object_name', models.CharField(blank=True, max_length=200, verbose_name='what')),
                ('detail', models.JSONField(blank=True, default=dict, verbose_name='detail')),
            ],
            options={
                'verbose_name': 'act at the desk',
                'verbose_name_plural': 'acts at the desk',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='AuditAddress',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='origin', serialize=False, to='articles.auditevent')),
                ('address', models.CharField(max_length=45, verbose_name='network address')),
            ],
            options={
                'verbose_name': 'address of an act',
                'verbose_name_plural': 'addresses of acts',
            },
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['-at'], name='audit_newest'),
        ),
        migrations.RunPython(make_triggers, drop_triggers),
    ]
