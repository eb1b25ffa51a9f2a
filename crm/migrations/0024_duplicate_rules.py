from django.db import migrations

POSSIBLE, CERTAIN = 1, 2
RULES = [
    ("crm.contact", "email", CERTAIN, True),
    ("crm.contact", "number+name", CERTAIN, True),
    ("crm.contact", "number", POSSIBLE, True),
    ("crm.contact", "name+company", POSSIBLE, True),
    ("crm.contact", "name+domain", POSSIBLE, True),
    ("crm.account", "vat", CERTAIN, True),
    ("crm.account", "name+domain", CERTAIN, True),
    ("crm.account", "name", POSSIBLE, True),
    ("crm.account", "domain", POSSIBLE, True),
    ("crm.account", "number", POSSIBLE, False),
    ("crm.account", "email", POSSIBLE, False),
]


def make(apps, schema_editor):
    rules = apps.get_model("crm", "DuplicateRule").objects
    for kind, key, strength, is_active in RULES:
        rules.get_or_create(kind=kind, key=key, defaults={"strength": strength, "is_active": is_active})


class Migration(migrations.Migration):
    """The rules that a company begins with; an administrator changes them under Set-up, Duplicates, Rules."""

    dependencies = [("crm", "0023_duplicates")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
