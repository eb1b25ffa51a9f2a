import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Competitors, the deals they stand in, and to whom a deal was lost."""

    dependencies = [
        ("crm", "0031_list_orders"),
        ("sales", "0008_rules_of_old_pass_on"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Rivalry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("note", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "competitor in a deal",
                "verbose_name_plural": "competitors in deals",
                "ordering": ["competitor__name", "pk"],
            },
        ),
        migrations.AddField(
            model_name="opportunity",
            name="lost_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("cancelled", "Cancelled by the customer"),
                    ("out_sold", "Lost to a competitor"),
                    ("price", "Too expensive"),
                    ("lacking", "We lacked what they need"),
                    ("no_decision", "No decision"),
                    ("no_answer", "They stopped answering"),
                ],
                editable=False,
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="opportunityclose",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("cancelled", "Cancelled by the customer"),
                    ("out_sold", "Lost to a competitor"),
                    ("price", "Too expensive"),
                    ("lacking", "We lacked what they need"),
                    ("no_decision", "No decision"),
                    ("no_answer", "They stopped answering"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Competitor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("custom", models.JSONField(blank=True, default=dict, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=200)),
                ("website", models.URLField(blank=True)),
                ("products", models.TextField(blank=True, help_text="What they sell against us.")),
                ("strengths", models.TextField(blank=True)),
                ("weaknesses", models.TextField(blank=True)),
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
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.AddField(
            model_name="opportunity",
            name="lost_to",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="deals_taken",
                to="sales.competitor",
            ),
        ),
        migrations.AddField(
            model_name="opportunityclose",
            name="competitor",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="sales.competitor"
            ),
        ),
        migrations.AddField(
            model_name="rivalry",
            name="competitor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="rivalries", to="sales.competitor"
            ),
        ),
        migrations.AddField(
            model_name="rivalry",
            name="created_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rivalry",
            name="opportunity",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="rivalries", to="sales.opportunity"
            ),
        ),
        migrations.AddIndex(
            model_name="competitor",
            index=models.Index(fields=["name", "id"], name="competitor_by_name"),
        ),
        migrations.AddConstraint(
            model_name="competitor",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("deleted_at", None)),
                name="competitor_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="rivalry",
            constraint=models.UniqueConstraint(fields=("opportunity", "competitor"), name="rivalry_once"),
        ),
    ]
