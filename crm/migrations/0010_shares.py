import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """One record can be shared with a person or a team."""

    dependencies = [
        ("crm", "0009_verbs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("resource", models.CharField(max_length=60)),
                ("record", models.BigIntegerField()),
                ("can_change", models.BooleanField(default=False)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("until", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="crm.team"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shares",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["resource", "record"], name="share_by_record")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("team", None), ("user__isnull", False)),
                            models.Q(("team__isnull", False), ("user", None)),
                            _connector="OR",
                        ),
                        name="share_with_a_person_or_a_team",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("user__isnull", False)),
                        fields=("user", "resource", "record"),
                        name="share_once_per_person",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("team__isnull", False)),
                        fields=("team", "resource", "record"),
                        name="share_once_per_team",
                    ),
                ],
            },
        ),
    ]
