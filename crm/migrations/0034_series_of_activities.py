"""Activities that come again and again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0033_attendees_and_reminders"),
    ]

    operations = [
        migrations.CreateModel(
            name="ActivitySeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=200)),
                ("starts_at", models.DateTimeField()),
                ("time_zone", models.CharField(max_length=60)),
                ("made_until", models.DateTimeField()),
                ("is_ended", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "series of activities",
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_ended", False)), fields=["made_until"], name="series_to_extend"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="activity",
            name="series",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="occurrences",
                to="crm.activityseries",
            ),
        ),
    ]
