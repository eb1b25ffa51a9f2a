from decimal import Decimal

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """How a lead came, how far it is, what it may bring, and what is known of its company."""

    dependencies = [
        ("sales", "0014_deal_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="lead",
            name="annual_revenue",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="employees",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="lead",
            name="estimated_close",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="lead",
            name="estimated_revenue",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=18,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="industry",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="lead",
            name="is_fit",
            field=models.BooleanField(default=False, verbose_name="fits us"),
        ),
        migrations.AddField(
            model_name="lead",
            name="is_interested",
            field=models.BooleanField(default=False, verbose_name="interest confirmed"),
        ),
        migrations.AddField(
            model_name="lead",
            name="progress",
            field=models.CharField(choices=[("new", "New"), ("contacted", "Contacted")], default="new", max_length=9),
        ),
        migrations.AddField(
            model_name="lead",
            name="purchase_process",
            field=models.CharField(
                blank=True,
                choices=[
                    ("individual", "One person decides"),
                    ("committee", "A committee decides"),
                    ("unknown", "Not known"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="qualification_notes",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="lead",
            name="source_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("web", "Website"),
                    ("email", "Email"),
                    ("phone", "Phone call"),
                    ("event", "Event or fair"),
                    ("referral", "Referral"),
                    ("partner", "Partner"),
                    ("advertisement", "Advertisement"),
                    ("list", "Bought or found list"),
                    ("other", "Other"),
                ],
                max_length=13,
            ),
        ),
        migrations.AddField(
            model_name="lead",
            name="website",
            field=models.URLField(blank=True),
        ),
    ]
