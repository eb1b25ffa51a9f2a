"""Activities have a priority and a reminder, appointments have people who take part."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def seat_invited_guests(apps, schema_editor):
    """Who was invited to an appointment until now takes part in it."""
    Activity, Attendee = apps.get_model("crm", "Activity"), apps.get_model("crm", "Attendee")
    invited = Activity.objects.exclude(guest_invited_at=None).exclude(contact=None)
    rows = invited.values_list("pk", "contact_id", "version")
    Attendee.objects.bulk_create(
        (Attendee(activity_id=pk, contact_id=contact, sequence=version) for pk, contact, version in rows.iterator()),
        batch_size=1000,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("crm", "0032_record_visits"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attendee",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_required", models.BooleanField(default=True)),
                (
                    "answer",
                    models.CharField(
                        choices=[
                            ("waiting", "No answer yet"),
                            ("accepted", "Accepted"),
                            ("tentative", "Perhaps"),
                            ("declined", "Declined"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("sequence", models.PositiveIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-is_required", "pk"],
            },
        ),
        migrations.AddField(
            model_name="activity",
            name="priority",
            field=models.CharField(
                choices=[("low", "Low"), ("normal", "Normal"), ("high", "High")], default="normal", max_length=6
            ),
        ),
        migrations.AddField(
            model_name="activity",
            name="reminded_of",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="activity",
            name="reminder",
            field=models.CharField(
                blank=True,
                choices=[
                    ("0m", "When it is due"),
                    ("5m", "5 minutes before"),
                    ("15m", "15 minutes before"),
                    ("30m", "Half an hour before"),
                    ("1h", "An hour before"),
                    ("1d", "A day before"),
                    ("1w", "A week before"),
                ],
                max_length=3,
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("status", "open"), models.Q(("reminder", ""), _negated=True)),
                fields=["reminder", "due_at"],
                name="activity_to_remind",
            ),
        ),
        migrations.AddField(
            model_name="attendee",
            name="activity",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="attendees", to="crm.activity"
            ),
        ),
        migrations.AddField(
            model_name="attendee",
            name="contact",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="attendances",
                to="crm.contact",
            ),
        ),
        migrations.AddField(
            model_name="attendee",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="attendee",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("contact", None), ("user__isnull", False)),
                    models.Q(("contact__isnull", False), ("user", None)),
                    _connector="OR",
                ),
                name="attendee_is_a_contact_or_a_user",
            ),
        ),
        migrations.AddConstraint(
            model_name="attendee",
            constraint=models.UniqueConstraint(
                condition=models.Q(("contact", None), _negated=True),
                fields=("activity", "contact"),
                name="attendee_contact_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="attendee",
            constraint=models.UniqueConstraint(
                condition=models.Q(("user", None), _negated=True),
                fields=("activity", "user"),
                name="attendee_user_once",
            ),
        ),
        migrations.RunPython(seat_invited_guests, migrations.RunPython.noop, elidable=True),
    ]
