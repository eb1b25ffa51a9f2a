from django.db import migrations

from crm.search.indexed import ACCOUNTS, ACTIVITIES, CAMPAIGNS, CONTACTS
from crm.search.sql import operations


class Migration(migrations.Migration):
    """The words of contacts, accounts, activities and campaigns are kept from here on, and taken from the rows that stand."""

    dependencies = [("crm", "0007_search")]

    operations = operations(CONTACTS, ACCOUNTS, ACTIVITIES, CAMPAIGNS)
