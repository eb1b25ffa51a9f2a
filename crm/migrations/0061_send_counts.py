"""The counts of sends that stand, by one statement, and the triggers that keep them (crm/delivery/send_counts.py)."""

from django.db import migrations

from crm.delivery.send_counts import operations


class Migration(migrations.Migration):
    dependencies = [("crm", "0060_heard_of_the_past")]
    operations = operations()
