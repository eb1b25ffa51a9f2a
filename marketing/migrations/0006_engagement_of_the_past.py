from django.db import migrations

HUMAN = "verdict IN ('', 'human', 'proxy')"
LAST = """
    SELECT MAX(hit.occurred_at) FROM crm_interaction hit
    WHERE hit.message_id = marketing_engagement.last_email AND hit.contact_id = marketing_engagement.contact_id AND hit.kind =
"""
FILL = [
    f"""
    INSERT INTO marketing_engagement (contact_id, opened_at, opened_any_at, clicked_at, clicked_any_at)
    SELECT contact_id,
        MAX(CASE WHEN kind = 'email.opened' AND {HUMAN} THEN occurred_at END),
        MAX(CASE WHEN kind = 'email.opened' THEN occurred_at END),
        MAX(CASE WHEN kind = 'email.clicked' AND {HUMAN} THEN occurred_at END),
        MAX(CASE WHEN kind = 'email.clicked' THEN occurred_at END)
    FROM crm_interaction WHERE contact_id IS NOT NULL AND kind IN ('email.opened', 'email.clicked') GROUP BY contact_id
    """,
    """
    INSERT INTO marketing_engagement (contact_id, last_email)
    SELECT contact_id, id FROM (
        SELECT contact_id, id, ROW_NUMBER() OVER (PARTITION BY contact_id ORDER BY sent_at DESC, id DESC) AS place
        FROM crm_message
        WHERE channel = 'email' AND purpose = 'commercial' AND sent_at IS NOT NULL AND contact_id IS NOT NULL
    ) AS sent WHERE place = 1
    ON CONFLICT (contact_id) DO UPDATE SET last_email = excluded.last_email
    """,
    f"""
    UPDATE marketing_engagement SET
        last_opened_at = ({LAST} 'email.opened' AND hit.{HUMAN}),
        last_opened_any_at = ({LAST} 'email.opened'),
        last_clicked_at = ({LAST} 'email.clicked' AND hit.{HUMAN}),
        last_clicked_any_at = ({LAST} 'email.clicked')
    WHERE last_email IS NOT NULL
    """,
]


class Migration(migrations.Migration):
    """The roll-up of what was opened and clicked before it was kept, by set: three statements, whatever the size."""

    dependencies = [("marketing", "0005_engagement")]

    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in FILL]
