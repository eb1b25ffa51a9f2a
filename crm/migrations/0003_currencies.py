"""Every currency in circulation, from Babel's copy of ISO 4217 and CLDR."""

from babel.core import get_global
from babel.numbers import get_currency_name, get_currency_precision, get_currency_symbol, list_currencies
from django.db import migrations


def add_currencies(apps, schema_editor):
    currency = apps.get_model("crm", "Currency")
    in_use = {
        code
        for periods in get_global("territory_currencies").values()
        for code, _, end, is_tender in periods
        if end is None and is_tender
    }
    currency.objects.bulk_create(
        currency(
            code=code,
            name=get_currency_name(code, locale="en"),
            symbol=get_currency_symbol(code, locale="en")[:6],
            decimals=get_currency_precision(code),
        )
        for code in sorted(in_use & list_currencies())
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0002_roles")]
    operations = [migrations.RunPython(add_currencies, migrations.RunPython.noop)]
