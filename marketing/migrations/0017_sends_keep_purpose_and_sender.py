"""A send keeps purpose, topic and sender as they were when it was asked for; those that exist take them from their content."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    sends = apps.get_model("marketing", "Send").objects.using(schema_editor.connection.alias)
    for column, name in (("email", "MarketingEmail"), ("text_message", "TextMessage")):
        content = apps.get_model("marketing", name).objects.filter(pk=OuterRef(column))
        sends.exclude(**{column: None}).update(
            purpose=Subquery(content.values("purpose")),
            topic_id=Subquery(content.values("topic_id")),
            sender_id=Subquery(content.values("sender_id")),
        )


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0055_urgent_messages"),
        ("marketing", "0016_forms_confirm_by_mail"),
    ]

    operations = [
        migrations.AddField(
            model_name="send",
            name="purpose",
            field=models.CharField(
                default="commercial",
                editable=False,
                help_text="With topic and sender as they were when it was asked for, and agreed to.",
                max_length=20,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="send",
            name="topic",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="crm.topic",
            ),
        ),
        migrations.AddField(
            model_name="send",
            name="sender",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="crm.sender",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
