from django.db import migrations

from crm.search.sql import operations
from journeys.indexed import JOURNEYS


class Migration(migrations.Migration):
    """The words by which the records of journeys are found are kept from here on, and taken from the rows that stand."""

    dependencies = [("crm", "0008_search_words"), ("journeys", "0001_initial")]

    operations = operations(JOURNEYS)
