from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes for the orders that lists of leads and opportunities are read in, and for the way from them to their contact."""

    dependencies = [
        ("crm", "0031_list_orders"),
        ("sales", "0005_merges"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["owner", "created_at", "id"], name="lead_new_by_owner"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("deleted_at", None)), fields=["owner", "contact"], name="lead_path_to_contact"
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["status", "id"], name="lead_by_status_alone"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["topic", "id"], name="lead_by_topic"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["company_name", "id"], name="lead_by_company"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["created_at", "id"], name="lead_by_creation"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["updated_at", "id"], name="lead_by_change"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("closed_at", None), _negated=True), fields=["closed_at", "id"], name="lead_by_end"
            ),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["owner", "estimated_close", "id"], name="opportunity_close_by_owner"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(
                condition=models.Q(("deleted_at", None)),
                fields=["owner", "contact"],
                name="opportunity_path_to_contact",
            ),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["status", "id"], name="opportunity_by_status"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["topic", "id"], name="opportunity_by_topic"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["estimated_close", "id"], name="opportunity_by_close"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["estimated_revenue_base", "id"], name="opportunity_by_estimate"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["created_at", "id"], name="opportunity_by_creation"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["updated_at", "id"], name="opportunity_by_change"),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(
                condition=models.Q(("closed_on", None), _negated=True),
                fields=["closed_on", "id"],
                name="opportunity_by_end",
            ),
        ),
    ]
