"""The log without indexes that another one answers for, and without those that hold empty values for most rows."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def speak(*, postgresql: list[str], sqlite: list[str]) -> migrations.RunPython:
    """By hand, since Django would make the whole table anew on SQLite, once for each column."""

    def run(apps, editor):
        for statement in postgresql if editor.connection.vendor == "postgresql" else sqlite:
            editor.execute(statement)

    return migrations.RunPython(run)


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0062_hits_with_clients"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                speak(
                    postgresql=[
                        "DROP INDEX crm_interaction_contact_id_ec797025",
                        "DROP INDEX crm_interaction_account_id_60ad2724",
                        "DROP INDEX crm_interaction_campaign_id_0c06136e",
                        "DROP INDEX crm_interaction_actor_id_8b173930",
                        "CREATE INDEX interaction_by_actor ON crm_interaction (actor_id) WHERE actor_id IS NOT NULL",
                        "CREATE UNIQUE INDEX interaction_once_per_key ON crm_interaction (key) WHERE key IS NOT NULL",
                        "ALTER TABLE crm_interaction DROP CONSTRAINT crm_interaction_key_key",
                        "DROP INDEX crm_interaction_key_06956111_like",
                        "ALTER TABLE crm_interaction DROP CONSTRAINT crm_interaction_message_id_855eb935_fk_crm_message_id",
                    ],
                    sqlite=[
                        "DROP INDEX crm_interaction_contact_id_ec797025",
                        "DROP INDEX crm_interaction_account_id_60ad2724",
                        "DROP INDEX crm_interaction_campaign_id_0c06136e",
                        "DROP INDEX crm_interaction_actor_id_8b173930",
                        "CREATE INDEX interaction_by_actor ON crm_interaction (actor_id) WHERE actor_id IS NOT NULL",
                        "CREATE UNIQUE INDEX interaction_once_per_key ON crm_interaction (key) WHERE key IS NOT NULL",
                    ],
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="interaction",
                    name="account",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="interactions",
                        to="crm.account",
                    ),
                ),
                migrations.AlterField(
                    model_name="interaction",
                    name="actor",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="interaction",
                    name="campaign",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="interactions",
                        to="crm.campaign",
                    ),
                ),
                migrations.AlterField(
                    model_name="interaction",
                    name="contact",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="interactions",
                        to="crm.contact",
                    ),
                ),
                migrations.AlterField(
                    model_name="interaction",
                    name="key",
                    field=models.CharField(max_length=120, null=True),
                ),
                migrations.AddIndex(
                    model_name="interaction",
                    index=models.Index(
                        condition=models.Q(("actor__isnull", False)), fields=["actor"], name="interaction_by_actor"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="interaction",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("key__isnull", False)), fields=("key",), name="interaction_once_per_key"
                    ),
                ),
                migrations.AlterField(
                    model_name="interaction",
                    name="message",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="interactions",
                        to="crm.message",
                    ),
                ),
            ],
        ),
    ]
