"""What was heard of messages before it was kept on their rows, by set: one statement, whatever the size."""

from typing import Any

from django.db import migrations

HUMAN = "verdict IN ('', 'human', 'proxy')"
SOFT = {"postgresql": "data ->> 'is_hard' = 'false'", "sqlite": "json_extract(data, '$.is_hard') = 0"}
BITS = {
    1: f"kind = 'email.opened' AND {HUMAN}",
    2: "kind = 'email.opened'",
    4: f"kind IN ('email.clicked', 'sms.clicked') AND {HUMAN}",
    8: "kind IN ('email.clicked', 'sms.clicked')",
    16: "kind = 'email.replied'",
    32: "kind = 'email.bounced' AND NOT COALESCE({soft}, false)",
    64: "kind = 'email.bounced' AND COALESCE({soft}, false)",
    128: "kind = 'email.unsubscribed'",
    256: "kind = 'email.complained'",
}


def fill(apps: Any, editor: Any) -> None:
    soft = SOFT[editor.connection.vendor]
    bits = " + ".join(f"MAX(CASE WHEN {of.format(soft=soft)} THEN {bit} ELSE 0 END)" for bit, of in BITS.items())
    kinds = ("email.opened", "email.clicked", "sms.clicked", "email.replied", "email.bounced", "email.unsubscribed", "email.complained")  # fmt: skip
    chosen = ", ".join(f"'{kind}'" for kind in kinds)
    editor.execute(
        f"UPDATE crm_message SET heard = found.bits FROM (SELECT message_id, {bits} AS bits FROM crm_interaction "
        f"WHERE message_id IS NOT NULL AND kind IN ({chosen}) GROUP BY message_id) AS found WHERE crm_message.id = found.message_id"
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0059_message_heard")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
