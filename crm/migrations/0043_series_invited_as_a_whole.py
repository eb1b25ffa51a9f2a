from django.db import migrations, models
from django.db.models import F


def remember_where_the_rule_had_them(apps, schema_editor):
    """Until now nothing told where an occurrence was before it was moved: it counts as never moved."""
    activities = apps.get_model("crm", "Activity").objects
    activities.filter(series__isnull=False).update(recurs_at=F("due_at"))
    apps.get_model("crm", "Attendee").objects.filter(activity__series__isnull=False).update(takes_all=True)


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0042_imports_assign_by_rules"),
    ]

    operations = [
        migrations.AddField("activity", "recurs_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "activityseries", "invited_as", models.PositiveBigIntegerField(blank=True, db_index=True, null=True)
        ),
        migrations.AddField("activityseries", "sequence", models.PositiveIntegerField(default=0)),
        migrations.AddField("attendee", "takes_all", models.BooleanField(default=False)),
        migrations.AddField(
            "attendee",
            "answer_to_all",
            models.CharField(
                blank=True,
                choices=[
                    ("waiting", "No answer yet"),
                    ("accepted", "Accepted"),
                    ("tentative", "Perhaps"),
                    ("declined", "Declined"),
                ],
                max_length=9,
            ),
        ),
        migrations.RunPython(remember_where_the_rule_had_them, migrations.RunPython.noop, elidable=True),
    ]
