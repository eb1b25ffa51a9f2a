"""A journey may finish: nobody comes in any more, and it is completed when the last one has left."""

import django_fsm
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journeys", "0003_touched")]

    operations = [
        migrations.RemoveConstraint(model_name="journey", name="journey_that_runs_has_a_version"),
        migrations.AlterField(
            model_name="journey",
            name="status",
            field=django_fsm.FSMField(
                choices=[
                    ("draft", "Draft"),
                    ("live", "Live"),
                    ("paused", "Paused"),
                    ("finishing", "Finishing"),
                    ("completed", "Completed"),
                    ("stopped", "Stopped"),
                    ("archived", "Archived"),
                ],
                default="draft",
                max_length=50,
                protected=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="journey",
            constraint=models.CheckConstraint(
                name="journey_that_runs_has_a_version",
                condition=~models.Q(status__in=["live", "paused", "finishing"]) | ~models.Q(live_version=None),
            ),
        ),
    ]
