"""Messages without indexes that another one answers for, and without those that hold empty values for most rows."""

import django.db.models.deletion
from django.db import migrations, models


def speak(*, postgresql: list[str], sqlite: list[str]) -> migrations.RunPython:
    """By hand, since Django would make the whole table anew on SQLite, once for each column."""

    def run(apps, editor):
        for statement in postgresql if editor.connection.vendor == "postgresql" else sqlite:
            editor.execute(statement)

    return migrations.RunPython(run)


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0063_log_indexes"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                speak(
                    postgresql=[
                        "DROP INDEX crm_message_contact_id_a3219b35",
                        "DROP INDEX crm_message_campaign_id_1546a824",
                        "DROP INDEX crm_message_topic_id_f433a655",
                        "DROP INDEX message_by_campaign",
                        "CREATE INDEX message_of_campaign ON crm_message (campaign_id, status) WHERE campaign_id IS NOT NULL",
                        "CREATE INDEX message_of_topic ON crm_message (topic_id) WHERE topic_id IS NOT NULL",
                        "CREATE INDEX message_of_letter_by_key ON crm_message (key varchar_pattern_ops) WHERE content_type = 'crm.letter'",
                        "DROP INDEX crm_message_key_655e8070_like",
                        "ALTER TABLE crm_message RENAME CONSTRAINT crm_message_key_key TO message_once_per_key",
                    ],
                    sqlite=[
                        "DROP INDEX crm_message_contact_id_a3219b35",
                        "DROP INDEX crm_message_campaign_id_1546a824",
                        "DROP INDEX crm_message_topic_id_f433a655",
                        "DROP INDEX message_by_campaign",
                        "CREATE INDEX message_of_campaign ON crm_message (campaign_id, status) WHERE campaign_id IS NOT NULL",
                        "CREATE INDEX message_of_topic ON crm_message (topic_id) WHERE topic_id IS NOT NULL",
                        "CREATE INDEX message_of_letter_by_key ON crm_message (key) WHERE content_type = 'crm.letter'",
                    ],
                )
            ],
            state_operations=[
                migrations.RemoveIndex(
                    model_name="message",
                    name="message_by_campaign",
                ),
                migrations.AlterField(
                    model_name="message",
                    name="campaign",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="crm.campaign",
                    ),
                ),
                migrations.AlterField(
                    model_name="message",
                    name="contact",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="crm.contact",
                    ),
                ),
                migrations.AlterField(
                    model_name="message",
                    name="key",
                    field=models.CharField(max_length=120),
                ),
                migrations.AlterField(
                    model_name="message",
                    name="topic",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="crm.topic",
                    ),
                ),
                migrations.AddIndex(
                    model_name="message",
                    index=models.Index(
                        condition=models.Q(("campaign__isnull", False)),
                        fields=["campaign", "status"],
                        name="message_of_campaign",
                    ),
                ),
                migrations.AddIndex(
                    model_name="message",
                    index=models.Index(
                        condition=models.Q(("topic__isnull", False)), fields=["topic"], name="message_of_topic"
                    ),
                ),
                migrations.AddIndex(
                    model_name="message",
                    index=models.Index(
                        condition=models.Q(("content_type", "crm.letter")),
                        fields=["key"],
                        name="message_of_letter_by_key",
                        opclasses=["varchar_pattern_ops"],
                    ),
                ),
                migrations.AddConstraint(
                    model_name="message",
                    constraint=models.UniqueConstraint(fields=("key",), name="message_once_per_key"),
                ),
            ],
        ),
    ]
