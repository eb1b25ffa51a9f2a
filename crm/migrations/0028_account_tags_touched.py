from django.db import migrations

from crm.log.triggers import operations
from crm.log.watched import TAGGING


class Migration(migrations.Migration):
    """A tag put on an account, or taken off, is noted for its contacts: rules ask them for it."""

    dependencies = [("crm", "0027_custom_fields"), ("contenttypes", "0002_remove_content_type_name")]

    operations = operations(TAGGING)
