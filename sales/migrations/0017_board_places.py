from django.db import migrations, models
from django.db.models import Q

DAYS = {
    "postgresql": "COALESCE(estimated_close, DATE '2200-01-01') - DATE '2000-01-01'",
    "sqlite": "CAST(julianday(COALESCE(estimated_close, '2200-01-01')) - julianday('2000-01-01') AS INTEGER)",
}


def by_closing_day(apps, schema_editor):
    days = DAYS[schema_editor.connection.vendor]
    schema_editor.execute(f"UPDATE sales_opportunity SET place = {days} + id * 0.0000001")


class Migration(migrations.Migration):
    """The cards of the board have a place; those that are there stand by their closing day."""

    dependencies = [("sales", "0016_quotas")]

    operations = [
        migrations.AddField("opportunity", "place", models.FloatField(default=0, editable=False)),
        migrations.AddField("opportunity", "placed_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.RunPython(by_closing_day, migrations.RunPython.noop),
        migrations.AddIndex(
            "opportunity",
            models.Index(fields=["status", "stage", "place", "id"], name="opportunity_on_board"),
        ),
        migrations.AddIndex(
            "opportunity",
            models.Index(fields=["status", "forecast_category", "place", "id"], name="opportunity_on_board_category"),
        ),
        migrations.AddIndex(
            "opportunity",
            models.Index(fields=["owner", "status", "place", "id"], name="opportunity_on_board_owner"),
        ),
        migrations.AddIndex(
            "opportunity",
            models.Index(fields=["placed_at"], name="opportunity_placed", condition=~Q(placed_at=None)),
        ),
    ]
