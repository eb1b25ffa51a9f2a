"""Triggers that note who came into a journey or left one (crm/log/triggers.py)."""

from django.db import migrations

from crm.log.triggers import operations
from journeys.watched import PARTICIPANT


class Migration(migrations.Migration):
    dependencies = [("journeys", "0002_search_words"), ("crm", "0004_touched")]
    operations = operations(PARTICIPANT)
