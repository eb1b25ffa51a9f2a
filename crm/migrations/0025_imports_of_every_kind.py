import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def name_kinds(apps, schema_editor):
    """What was called “contacts” while there was nothing else."""
    apps.get_model("crm", "Import").objects.filter(kind="contacts").update(kind="crm.contact")


class Migration(migrations.Migration):
    """Imports of every kind of record: how a file is read, what is done with known and doubtful lines, and the way back."""

    dependencies = [
        ("crm", "0024_duplicate_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportMade",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(help_text="Its label, like crm.account.", max_length=40)),
                ("record_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="ImportMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("name", models.CharField(blank=True, max_length=80)),
                (
                    "header",
                    models.CharField(
                        blank=True, help_text="A digest of the set of column names it was made for.", max_length=64
                    ),
                ),
                ("fields", models.JSONField(default=dict)),
                ("options", models.JSONField(default=dict)),
                ("used_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ImportStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("uploaded", "Uploaded"),
                            ("read", "Read in another way"),
                            ("mapped", "Mapped"),
                            ("checked", "Checked"),
                            ("started", "Started"),
                            ("resumed", "Went on"),
                            ("done", "Done"),
                            ("cancelled", "Stopped"),
                            ("failed", "Failed"),
                            ("reverting", "Revert started"),
                            ("reverted", "Reverted"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="import",
            name="creates_related",
            field=models.BooleanField(default=True, help_text="Accounts and tags that are named and not known."),
        ),
        migrations.AddField(
            model_name="import",
            name="day_first",
            field=models.BooleanField(default=True, help_text="3/4/2026 is a day in April."),
        ),
        migrations.AddField(
            model_name="import",
            name="decimal_comma",
            field=models.BooleanField(default=False, help_text="1.234,50 is a little over a thousand."),
        ),
        migrations.AddField(
            model_name="import",
            name="doubtful",
            field=models.CharField(
                choices=[
                    ("skip", "Leave the line out"),
                    ("create", "Create it all the same"),
                    ("queue", "Create it, and put the pair into the duplicate queue"),
                ],
                default="skip",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="kept_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="import",
            name="known",
            field=models.CharField(
                choices=[
                    ("overwrite", "Overwrite what the file says otherwise"),
                    ("fill", "Fill in only what is blank"),
                ],
                default="overwrite",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="linked",
            field=models.PositiveIntegerField(
                default=0, help_text="The last line whose record has been tied to others."
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="reverted_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="reverted_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="import",
            name="rows",
            field=models.FileField(blank=True, upload_to="imports/"),
        ),
        migrations.AddField(
            model_name="import",
            name="sheet",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="import",
            name="sheets",
            field=models.JSONField(blank=True, default=list, help_text="The names of a workbook's sheets."),
        ),
        migrations.AddField(
            model_name="import",
            name="starts_journeys",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="importline",
            name="before",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="importline",
            name="like_id",
            field=models.BigIntegerField(help_text="The record that this may be a duplicate of.", null=True),
        ),
        migrations.AddField(
            model_name="importline",
            name="undone",
            field=models.CharField(
                blank=True,
                choices=[("reverted", "Reverted"), ("kept", "Kept")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="importline",
            name="version",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="import",
            name="encoding",
            field=models.CharField(blank=True, help_text="Empty for a workbook.", max_length=20),
        ),
        migrations.AlterField(
            model_name="import",
            name="kind",
            field=models.CharField(default="crm.contact", max_length=40),
        ),
        migrations.AlterField(
            model_name="import",
            name="mapping",
            field=models.JSONField(default=dict, help_text="Number of the column (a string) -> what it becomes."),
        ),
        migrations.AlterField(
            model_name="import",
            name="status",
            field=models.CharField(
                choices=[
                    ("new", "Waiting for its mapping"),
                    ("checking", "Being checked"),
                    ("checked", "Checked"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("cancelled", "Cancelled"),
                    ("failed", "Failed"),
                    ("reverting", "Being reverted"),
                    ("reverted", "Reverted"),
                ],
                default="new",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="importline",
            name="verdict",
            field=models.CharField(
                blank=True,
                choices=[
                    ("create", "Create"),
                    ("update", "Update"),
                    ("same", "Unchanged"),
                    ("error", "Error"),
                    ("skip", "Left out"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(
                condition=models.Q(("number", ""), _negated=True), fields=["number"], name="account_by_number"
            ),
        ),
        migrations.AddField(
            model_name="importmade",
            name="of",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="made", to="crm.import"),
        ),
        migrations.AddField(
            model_name="importmapping",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="importstep",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="importstep",
            name="of",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="crm.import"),
        ),
        migrations.AddConstraint(
            model_name="importmade",
            constraint=models.UniqueConstraint(fields=("of", "model", "record_id"), name="import_made_once"),
        ),
        migrations.AddConstraint(
            model_name="importmapping",
            constraint=models.UniqueConstraint(
                condition=models.Q(("name", "")),
                fields=("owner", "kind", "header"),
                name="import_mapping_remembered_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="importmapping",
            constraint=models.UniqueConstraint(
                condition=models.Q(("name", ""), _negated=True),
                fields=("kind", "name"),
                name="import_mapping_name_once",
            ),
        ),
        migrations.RunPython(name_kinds, migrations.RunPython.noop),
    ]
