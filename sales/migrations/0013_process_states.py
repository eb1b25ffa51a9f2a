import django.core.validators
import django_fsm
from django.db import migrations, models
from django.db.models import Q


def days(label):
    return models.PositiveSmallIntegerField(
        default=14, validators=[django.core.validators.MinValueValidator(1)], verbose_name=label
    )


class Migration(migrations.Migration):
    """A process says after how many days a stage is stalled, can be finished and abandoned, and be no longer offered."""

    dependencies = [("sales", "0012_search_competitors")]

    operations = [
        migrations.AddField("process", "qualify_days", days("stalled after days in Qualify")),
        migrations.AddField("process", "develop_days", days("stalled after days in Develop")),
        migrations.AddField("process", "propose_days", days("stalled after days in Propose")),
        migrations.AddField("process", "close_days", days("stalled after days in Close")),
        migrations.AddField(
            "process",
            "is_active",
            models.BooleanField(
                default=True,
                help_text="Otherwise no further opportunity begins with it; those that follow it go on.",
                verbose_name="offered",
            ),
        ),
        migrations.AddConstraint(
            "process",
            models.CheckConstraint(
                condition=Q(("is_default", False), ("is_active", True), _connector="OR"),
                name="process_default_is_offered",
                violation_error_message="New opportunities follow the default process: it has to be offered.",
            ),
        ),
        migrations.AddField(
            "opportunity", "process_ended_at", models.DateTimeField(blank=True, editable=False, null=True)
        ),
        migrations.AddField(
            "opportunity",
            "process_state",
            django_fsm.FSMField(
                choices=[("active", "Under way"), ("finished", "Finished"), ("abandoned", "Abandoned")],
                default="active",
                max_length=9,
                protected=True,
                verbose_name="process",
            ),
        ),
        migrations.AddConstraint(
            "opportunity",
            models.CheckConstraint(
                condition=Q(
                    Q(("process_ended_at", None), ("process_state", "active")),
                    Q(("process_ended_at__isnull", False), ("process_state__in", ["finished", "abandoned"])),
                    _connector="OR",
                ),
                name="opportunity_process_end_tells_its_state",
            ),
        ),
    ]
