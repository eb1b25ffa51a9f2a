from django.db import migrations

from crm.log.triggers import operations
from crm.log.watched import ACTIVITY


class Migration(migrations.Migration):
    """An activity that changes is noted for its contact: rules ask what activities somebody has."""

    dependencies = [("crm", "0040_interactions_by_kind")]

    operations = operations(ACTIVITY)
