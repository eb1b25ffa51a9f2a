from django.db import migrations, models


class Migration(migrations.Migration):
    """Resources have further verbs than four; crm.hooks.resources gives roles their depths after migrating."""

    dependencies = [("crm", "0008_search_words")]

    operations = [
        migrations.AlterField(model_name="rolegrant", name="verb", field=models.CharField(max_length=10)),
    ]
