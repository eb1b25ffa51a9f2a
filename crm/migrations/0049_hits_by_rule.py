from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0048_delivery_reports")]

    operations = [
        migrations.AddIndex(
            model_name="interaction",
            index=models.Index(
                condition=models.Q(("verdict_version__gt", 0)),
                fields=["verdict_version", "id"],
                name="interaction_by_rule",
            ),
        ),
    ]
