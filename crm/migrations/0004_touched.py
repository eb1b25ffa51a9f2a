"""Triggers that note which contacts a change concerns (crm/log/triggers.py)."""

from django.db import migrations

from crm.log.triggers import operations
from crm.log.watched import ACCOUNT, CONSENT, CONTACT


class Migration(migrations.Migration):
    dependencies = [("crm", "0003_currencies")]
    operations = operations(CONTACT, ACCOUNT, CONSENT)
