"""Which way of a journey people do better: its tests of paths."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0005_moves"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PathTest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=40)),
                ("fingerprint", models.CharField(max_length=32)),
                ("params", models.JSONField()),
                (
                    "status",
                    models.CharField(
                        choices=[("running", "Running"), ("undecided", "Not decided yet"), ("decided", "Decided")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("looks_at", models.DateTimeField(null=True)),
                ("winner", models.CharField(blank=True, max_length=40)),
                ("decided_at", models.DateTimeField(null=True)),
                ("numbers", models.JSONField(default=dict)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "journey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="path_tests", to="journeys.journey"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("looks_at__isnull", False)), fields=["looks_at"], name="path_test_due"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("journey", "node", "fingerprint"), name="path_test_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "decided"), _negated=True),
                            models.Q(models.Q(("winner", ""), _negated=True), ("looks_at", None)),
                            _connector="OR",
                        ),
                        name="path_test_decided_names_a_winner",
                    ),
                ],
            },
        ),
    ]
