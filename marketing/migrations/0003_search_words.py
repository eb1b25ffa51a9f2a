from django.db import migrations

from crm.search.sql import operations
from marketing.indexed import EMAILS, EVENTS, FORMS, SCORING_MODELS, SEGMENTS, TEXTS


class Migration(migrations.Migration):
    """The words by which the records of marketing are found are kept from here on, and taken from the rows that stand."""

    dependencies = [("crm", "0008_search_words"), ("marketing", "0002_touched")]

    operations = operations(EMAILS, EVENTS, FORMS, SCORING_MODELS, SEGMENTS, TEXTS)
