from django.db import migrations

HUMAN = "verdict IN ('', 'human', 'proxy')"
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
    UPDATE marketing_engagement SET last_opened_at = hit.opened, last_opened_any_at = hit.opened_any,
        last_clicked_at = hit.clicked, last_clicked_any_at = hit.clicked_any
    FROM (
        SELECT deed.contact_id,
            MAX(CASE WHEN kind = 'email.opened' AND {HUMAN} THEN occurred_at END) AS opened,
            MAX(CASE WHEN kind = 'email.opened' THEN occurred_at END) AS opened_any,
            MAX(CASE WHEN kind = 'email.clicked' AND {HUMAN} THEN occurred_at END) AS clicked,
            MAX(CASE WHEN kind = 'email.clicked' THEN occurred_at END) AS clicked_any
        FROM crm_interaction deed
        JOIN marketing_engagement known ON known.contact_id = deed.contact_id AND known.last_email = deed.message_id
        WHERE kind IN ('email.opened', 'email.clicked') GROUP BY deed.contact_id
    ) AS hit WHERE hit.contact_id = marketing_engagement.contact_id
    """,
]


class Migration(migrations.Migration):
    """The roll-up of what was opened and clicked before it was kept, by set: three statements, whatever the size."""

    dependencies = [("marketing", "0005_engagement")]

    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in FILL]
