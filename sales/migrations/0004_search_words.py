from django.db import migrations

from crm.search.sql import operations
from sales.indexed import INVOICES, LEADS, OPPORTUNITIES, ORDERS, PRICE_LISTS, PRODUCTS, QUOTES, TAX_RATES


class Migration(migrations.Migration):
    """The words by which the records of sales are found are kept from here on, and taken from the rows that stand."""

    dependencies = [("crm", "0008_search_words"), ("sales", "0003_touched")]

    operations = operations(INVOICES, LEADS, OPPORTUNITIES, ORDERS, PRICE_LISTS, PRODUCTS, QUOTES, TAX_RATES)
