from django.db import migrations

from crm.search.sql import operations
from sales.indexed import COMPETITORS


class Migration(migrations.Migration):
    """Competitors are found by their name, their website and what they sell."""

    dependencies = [("crm", "0008_search_words"), ("sales", "0011_lost_tells_why")]
    operations = operations(COMPETITORS)
