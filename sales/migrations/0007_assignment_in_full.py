import datetime

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import sales.models.sellers


class Migration(migrations.Migration):
    """Rules with conditions, load and team; when sellers are available; why nobody has a lead."""

    dependencies = [
        ("crm", "0031_list_orders"),
        ("sales", "0006_list_orders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField(verbose_name="from")),
                ("last_day", models.DateField(verbose_name="until")),
                ("note", models.CharField(blank=True, help_text="Only you and your managers read it.", max_length=100)),
            ],
            options={
                "ordering": ["first_day", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Seller",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "capacity",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Rules give no more once so many are open; empty: no limit.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(100000)],
                        verbose_name="most open leads",
                    ),
                ),
                (
                    "days",
                    models.JSONField(
                        blank=True,
                        default=list,
                        validators=[sales.models.sellers.check_weekdays],
                        verbose_name="working days",
                    ),
                ),
                ("works_from", models.TimeField(default=datetime.time(9, 0), verbose_name="from")),
                ("works_to", models.TimeField(default=datetime.time(17, 0), verbose_name="to")),
            ],
        ),
        migrations.AddField(
            model_name="assignmentrule",
            name="respects_hours",
            field=models.BooleanField(
                default=True,
                help_text="Else leads are also given to people who are not at work now. Whoever is absent never gets one.",
                verbose_name="only within working hours",
            ),
        ),
        migrations.AddField(
            model_name="assignmentrule",
            name="team",
            field=models.ForeignKey(
                blank=True,
                help_text="Everybody of this team whose role takes leads, beside the people chosen.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="crm.team",
            ),
        ),
        migrations.AddField(
            model_name="assignmentrule",
            name="waits",
            field=models.BooleanField(
                default=True,
                help_text="Where none of them is available, the lead waits until one is. Else the next rule that fits is tried.",
                verbose_name="wait for these people",
            ),
        ),
        migrations.AddField(
            model_name="assignmentrule",
            name="when",
            field=models.JSONField(blank=True, null=True, verbose_name="only leads of which"),
        ),
        migrations.AddField(
            model_name="lead",
            name="assignment_rule",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="sales.assignmentrule",
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="assignment_tried_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="lead",
            name="unassigned_because",
            field=models.CharField(
                blank=True,
                choices=[
                    ("no_rule", "No rule fits"),
                    ("nobody", "The rule has no people"),
                    ("full", "Everybody is full"),
                    ("away", "Everybody is away"),
                    ("off", "Outside working hours"),
                    ("mixed", "Nobody is available"),
                ],
                editable=False,
                max_length=8,
                verbose_name="unassigned because",
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="unassigned_details",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AlterField(
            model_name="assignmentrule",
            name="distribution",
            field=models.CharField(
                choices=[
                    ("round_robin", "In turn"),
                    ("load", "To whoever has the fewest open leads"),
                    ("fixed", "Always the first available"),
                ],
                default="round_robin",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="assignmentrule",
            name="users",
            field=models.ManyToManyField(
                blank=True, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="people"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("owner", None), ("status", "open"), ("team", None)),
                fields=["unassigned_because", "id"],
                name="lead_nobodys",
            ),
        ),
        migrations.AddField(
            model_name="absence",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="absences", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="seller",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="seller", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="absence",
            index=models.Index(fields=["last_day"], name="absence_by_end"),
        ),
        migrations.AddConstraint(
            model_name="absence",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="absence_ends_after_it_begins"
            ),
        ),
        migrations.AddConstraint(
            model_name="seller",
            constraint=models.CheckConstraint(
                condition=models.Q(("works_from", models.F("works_to")), _negated=True),
                name="seller_works_for_some_time",
            ),
        ),
    ]
