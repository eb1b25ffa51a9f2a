from django.db import migrations


class Migration(migrations.Migration):
    """The segments of a send have a table of their own."""

    dependencies = [("marketing", "0014_segments_of_sends")]

    operations = [migrations.RemoveField(model_name="send", name="segment")]
