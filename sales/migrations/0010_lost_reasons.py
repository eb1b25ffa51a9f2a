from django.db import migrations
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce


def take_over(apps, schema_editor):
    deals = apps.get_model("sales", "Opportunity")
    closes = apps.get_model("sales", "OpportunityClose").objects
    last = closes.filter(opportunity=OuterRef("pk"), status="lost").exclude(reason="").order_by("-at", "-pk")
    lost = deals._base_manager.filter(status="lost", lost_reason="")
    lost.update(lost_reason=Coalesce(Subquery(last.values("reason")[:1]), Value("no_decision")))


class Migration(migrations.Migration):
    """A lost deal itself says why, as its last close does."""

    dependencies = [("sales", "0009_competitors")]
    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]
