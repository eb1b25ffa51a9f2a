from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0036_mailboxes")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["message_id"], name="message_by_message_id"),
        ),
    ]
