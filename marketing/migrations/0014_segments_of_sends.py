from datetime import UTC

from django.db import migrations
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import ExtractHour


def copy(apps, schema_editor):
    """Of each send its one segment, and its name; of each reader the hour, from the log."""
    send, segment = apps.get_model("marketing", "Send"), apps.get_model("marketing", "Segment")
    through = send.segments.through
    rows = send.objects.exclude(segment=None).order_by("pk").values_list("pk", "segment_id")
    through.objects.bulk_create(
        (through(send_id=pk, segment_id=one) for pk, one in rows.iterator()), batch_size=1000, ignore_conflicts=True
    )
    name = segment.objects.filter(pk=OuterRef("segment_id")).values("name")
    send.objects.exclude(segment=None).update(to_words=Subquery(name))
    hits = apps.get_model("crm", "Interaction").objects.filter(
        contact=OuterRef("contact_id"), kind__in=["email.opened", "email.clicked"], verdict__in=["human", "proxy"]
    )
    hours = hits.annotate(hour=ExtractHour("occurred_at", tzinfo=UTC)).order_by().values("hour")
    most = hours.annotate(n=Count("pk")).order_by("-n", "hour").values("hour")[:1]
    apps.get_model("marketing", "Engagement").objects.update(usual_hour=Subquery(most))


class Migration(migrations.Migration):
    """What was one segment is the first of several; usual hours are counted once."""

    dependencies = [("marketing", "0013_sends_to_several_and_tests")]

    operations = [migrations.RunPython(copy, migrations.RunPython.noop)]
