"""An old address is a path and its query, in one spelling."""

import django.core.validators
from django.db import migrations

import articles.fields
from articles.old_addresses import normalise_address


def normalise_paths(apps, schema_editor):
    """Spell what came in encoded as it is looked up; the second of two that are one stays."""
    old_addresses = apps.get_model("articles", "LegacyPath").objects
    for key, path in old_addresses.values_list("pk", "path"):
        address = normalise_address(path)
        if address != path and not old_addresses.filter(path=address).exists():
            old_addresses.filter(pk=key).update(path=address)


class Migration(migrations.Migration):
    dependencies = [("articles", "0003_correction_without_entry")]

    operations = [
        migrations.AlterField(
            model_name="legacypath",
            name="path",
            field=articles.fields.OldAddressField(
                max_length=500,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "\\A/(?:[^?#\\s]+|[^?#\\s]*\\?[^#\\s]+)\\Z",
                        "Give path and query of a page, such as /bbs/view.do?nttId=7.",
                    )
                ],
                verbose_name="path",
            ),
        ),
        migrations.RunPython(normalise_paths, migrations.RunPython.noop),
    ]
