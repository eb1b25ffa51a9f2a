"""Starts: who waits at the door, planned runs, what people came with, and when they reached the goal."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0055_urgent_messages"),
        ("journeys", "0009_approvals"),
    ]

    operations = [
        migrations.CreateModel(
            name="Turn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("depth", models.PositiveSmallIntegerField(default=0)),
                ("trigger", models.JSONField(default=dict)),
            ],
            options={
                "ordering": ["due_at", "pk"],
            },
        ),
        migrations.AddField(
            model_name="journey",
            name="admitting_for",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="journey",
            name="next_run_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="journey",
            name="next_turn_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="participant",
            name="reached_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="participant",
            name="trigger",
            field=models.JSONField(default=dict),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(
                condition=models.Q(("reached_at", None), _negated=True),
                fields=["journey", "contact"],
                name="participant_at_goal",
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="contact",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="journey_turns", to="crm.contact"
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="journey",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="turns", to="journeys.journey"
            ),
        ),
        migrations.AddIndex(
            model_name="turn",
            index=models.Index(fields=["journey", "due_at", "id"], name="turn_due"),
        ),
        migrations.AddIndex(
            model_name="turn",
            index=models.Index(fields=["contact"], name="turn_by_contact"),
        ),
        migrations.AddConstraint(
            model_name="turn",
            constraint=models.UniqueConstraint(fields=("journey", "contact", "key"), name="turn_once_per_arrival"),
        ),
    ]
