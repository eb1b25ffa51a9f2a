import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes for the orders that lists are read in: of everybody's rows, and of one owner's; and for what is filtered by most."""

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("crm", "0030_merges"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="account",
            name="account_by_owner",
        ),
        migrations.RemoveIndex(
            model_name="contact",
            name="contact_by_owner",
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["owner", "name", "id"], name="account_by_owner"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["city", "id"], name="account_by_city"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["country", "id"], name="account_by_country"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["created_at", "id"], name="account_by_creation"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["updated_at", "id"], name="account_by_change"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(django.db.models.functions.text.Upper("city"), name="account_in_city"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(django.db.models.functions.text.Upper("name"), name="account_named"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(
                condition=models.Q(("is_active", False)), fields=["name", "id"], name="account_inactive"
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["owner", "due_at", "id"], name="activity_due_by_owner"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["due_at", "id"], name="activity_by_due"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["done_at", "id"], name="activity_by_done"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["subject", "id"], name="activity_by_subject"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["status", "id"], name="activity_by_status"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["created_at", "id"], name="activity_by_creation"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["updated_at", "id"], name="activity_by_change"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["city", "id"], name="contact_by_city"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["created_at", "id"], name="contact_by_creation"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["updated_at", "id"], name="contact_by_change"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["owner", "created_at", "id"], name="contact_new_by_owner"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["owner", "last_name", "first_name", "id"], name="contact_by_owner"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("is_active", False)),
                fields=["last_name", "first_name", "id"],
                name="contact_inactive",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("is_prospect", True)), fields=["created_at", "id"], name="contact_prospect"
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("is_prospect", True)),
                fields=["owner", "created_at", "id"],
                name="contact_prospect_by_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(django.db.models.functions.text.Upper("city"), name="contact_in_city"),
        ),
    ]
