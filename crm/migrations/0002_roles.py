"""The four roles that come with the product; their grants follow after each migrate (crm/hooks/resources.py)."""

from django.db import migrations

ROLES = [
    ("rep", "Sales rep", False, True),
    ("manager", "Sales manager", True, False),
    ("marketer", "Marketer", True, False),
    ("administrator", "Administrator", True, False),
]


def add_roles(apps, schema_editor):
    role = apps.get_model("crm", "Role")
    role.objects.bulk_create(
        role(key=key, name=name, opens_admin=opens, takes_leads=takes) for key, name, opens, takes in ROLES
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [migrations.RunPython(add_roles, migrations.RunPython.noop)]
