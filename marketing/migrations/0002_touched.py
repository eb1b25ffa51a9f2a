"""Triggers that note whose score or registration changed (crm/log/triggers.py)."""

from django.db import migrations

from crm.log.triggers import operations
from marketing.watched import REGISTRATION, SCORE


class Migration(migrations.Migration):
    dependencies = [("marketing", "0001_initial"), ("crm", "0004_touched")]
    operations = operations(SCORE, REGISTRATION)
