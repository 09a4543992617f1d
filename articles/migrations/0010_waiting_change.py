"""Changes of public articles that wait for review and their moment."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0009_joined_revisions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='revision',
            name='kind',
            field=models.CharField(choices=[('saved', 'Saved'), ('published', 'Published'), ('withdrawn', 'Withdrawn'), ('restored', 'Restored'), ('imported', 'Imported'), ('released', 'Released'), ('set_aside', 'Set aside'), ('joined', 'Joined'), ('proposed', 'Proposed'), ('found', 'As found')], max_length=16, verbose_name='occasion'),
        ),
        migrations.CreateModel(
            name='WaitingChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('publish_at', models.DateTimeField(blank=True, null=True, verbose_name='replaces the public text at')),
                ('stopped_because', models.TextField(blank=True, verbose_name='stopped because')),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='approved by')),
                ('article', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='waiting_change', to='articles.article', verbose_name='article')),
                ('replaces', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='articles.revision', verbose_name='replaces')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='articles.revision', verbose_name='revision')),
            ],
            options={
                'verbose_name': 'waiting change',
                'verbose_name_plural': 'waiting changes',
                'ordering': ['article'],
                'constraints': [models.CheckConstraint(condition=models.Q(('publish_at__isnull', True), ('stopped_because', ''), _connector='OR'), name='stopped_change_has_no_moment')],
            },
        ),
    ]
