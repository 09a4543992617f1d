"""The search knows pages by addresses of up to a hundred percent-encoded syllables."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0011_deleted_revisions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='searchdocument',
            name='url',
            field=models.CharField(max_length=1000),
        ),
    ]
