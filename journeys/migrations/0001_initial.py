import django.db.models.deletion
import django_fsm
from django.conf import settings
from django.db import migrations, models

import journeys.models.journeys


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("crm", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Journey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.team",
                    ),
                ),
                ("custom", models.JSONField(blank=True, default=dict, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[
                            ("draft", "Draft"),
                            ("live", "Live"),
                            ("paused", "Paused"),
                            ("stopped", "Stopped"),
                            ("archived", "Archived"),
                        ],
                        default="draft",
                        max_length=50,
                        protected=True,
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="journeys",
                        to="crm.campaign",
                    ),
                ),
                ("draft", models.JSONField(blank=True, default=journeys.models.journeys.empty_graph)),
                ("layout", models.JSONField(blank=True, default=dict)),
                ("admitting_after", models.BigIntegerField(blank=True, editable=False, null=True)),
                ("went_live_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("ended_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="JourneyVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "journey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="journeys.journey"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("graph", models.JSONField(editable=False)),
                ("published_at", models.DateTimeField()),
                (
                    "published_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("journey", "number"), name="journey_version_number_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "journey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="participants", to="journeys.journey"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="participants",
                        to="journeys.journeyversion",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="journey_participations",
                        to="crm.contact",
                    ),
                ),
                ("node", models.CharField(max_length=40)),
                ("visit", models.PositiveIntegerField(default=1)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ready", "Next step due"),
                            ("waiting", "Waiting"),
                            ("done", "Finished"),
                            ("exited", "Left"),
                            ("failed", "Failed"),
                        ],
                        default="ready",
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField(null=True)),
                ("entered_at", models.DateTimeField()),
                ("arrived_at", models.DateTimeField()),
                ("left_at", models.DateTimeField(null=True)),
                ("entry_key", models.CharField(max_length=80)),
                ("entry_position", models.BigIntegerField(null=True)),
                ("may_overlap", models.BooleanField(default=False)),
                ("depth", models.PositiveSmallIntegerField(default=0)),
                ("outcome", models.CharField(blank=True, max_length=40)),
                ("problem", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["ready", "waiting"])),
                        fields=["journey", "due_at"],
                        name="participant_due",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["ready", "waiting"])),
                        fields=["version", "node", "due_at"],
                        name="participant_at_step",
                    ),
                    models.Index(fields=["contact", "-id"], name="participant_by_contact"),
                    models.Index(fields=["journey", "-id"], name="participant_by_journey"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("journey", "contact", "entry_key"), name="participant_enters_once_per_key"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("may_overlap", False), ("status__in", ["ready", "waiting"])),
                        fields=("journey", "contact"),
                        name="participant_active_once_per_journey",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["ready", "waiting"]), _negated=True),
                            models.Q(("due_at", None), _negated=True),
                            _connector="OR",
                        ),
                        name="participant_active_has_a_due_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="visits", to="journeys.participant"
                    ),
                ),
                ("node", models.CharField(max_length=40)),
                ("number", models.PositiveIntegerField()),
                ("outcome", models.CharField(max_length=40)),
                ("arrived_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("detail", models.JSONField(null=True)),
            ],
            options={
                "ordering": ["number"],
                "constraints": [models.UniqueConstraint(fields=("participant", "node", "number"), name="visit_once")],
            },
        ),
        migrations.CreateModel(
            name="Passage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passages",
                        to="journeys.journeyversion",
                    ),
                ),
                ("node", models.CharField(max_length=40)),
                ("outcome", models.CharField(max_length=40)),
                ("count", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["version", "node", "outcome"], name="passage_by_step")],
            },
        ),
        migrations.AddField(
            model_name="journey",
            name="live_version",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="journeys.journeyversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="journey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["live", "paused"]), _negated=True),
                    models.Q(("live_version", None), _negated=True),
                    _connector="OR",
                ),
                name="journey_that_runs_has_a_version",
            ),
        ),
    ]
