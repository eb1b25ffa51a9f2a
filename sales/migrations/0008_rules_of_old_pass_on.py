"""Rules that stand already go on as they did: where nobody takes a lead, the next rule that fits is tried."""

from django.db import migrations


def pass_on(apps, schema_editor):
    apps.get_model("sales", "AssignmentRule").objects.update(waits=False)


class Migration(migrations.Migration):
    dependencies = [("sales", "0007_assignment_in_full")]
    operations = [migrations.RunPython(pass_on, migrations.RunPython.noop)]
