"""Triggers that note whose lead or opportunity changed (crm/log/triggers.py)."""

from django.db import migrations

from crm.log.triggers import operations
from sales.watched import LEAD, OPPORTUNITY


class Migration(migrations.Migration):
    dependencies = [("sales", "0002_process_and_rule"), ("crm", "0004_touched")]
    operations = operations(LEAD, OPPORTUNITY)
