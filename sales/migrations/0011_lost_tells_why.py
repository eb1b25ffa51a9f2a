from django.db import migrations, models


class Migration(migrations.Migration):
    """Lost with a reason, and nothing else with one."""

    dependencies = [("sales", "0010_lost_reasons")]
    operations = [
        migrations.AddConstraint(
            model_name="opportunity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "lost"), models.Q(("lost_reason", ""), _negated=True)),
                    models.Q(models.Q(("status", "lost"), _negated=True), ("lost_reason", ""), ("lost_to", None)),
                    _connector="OR",
                ),
                name="opportunity_lost_tells_why",
            ),
        ),
    ]
