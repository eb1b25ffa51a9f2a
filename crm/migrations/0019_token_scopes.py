from django.db import migrations, models


class Migration(migrations.Migration):
    """API tokens have a scope, and stay on record when they are revoked. Those made before may do what they could."""

    dependencies = [("crm", "0018_second_factor")]

    operations = [
        migrations.AddField("apitoken", "may_write", models.BooleanField(default=True)),
        migrations.AddField(
            "apitoken",
            "resources",
            models.JSONField(blank=True, default=list, help_text="Labels of models; empty: all of them."),
        ),
        migrations.AddField("apitoken", "revoked_at", models.DateTimeField(editable=False, null=True)),
    ]
