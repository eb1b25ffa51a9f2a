from django.db import migrations

from crm.log.triggers import operations
from crm.log.watched import TAGGING


class Migration(migrations.Migration):
    """A tag put on a contact, or taken off, is noted for those who look at contacts again."""

    dependencies = [("crm", "0005_tags"), ("contenttypes", "0002_remove_content_type_name")]

    operations = operations(TAGGING)
