from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import crm.log.columns
import crm.models.users


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="Currency",
            fields=[
                ("code", models.CharField(max_length=3, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                ("symbol", models.CharField(blank=True, max_length=6)),
                (
                    "decimals",
                    models.PositiveSmallIntegerField(
                        default=2, validators=[django.core.validators.MaxValueValidator(4)]
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "currencies",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "currency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rates", to="crm.currency"
                    ),
                ),
                ("on", models.DateField()),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=8,
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("1E-8"))],
                    ),
                ),
            ],
            options={
                "ordering": ["-on"],
                "constraints": [models.UniqueConstraint(fields=("currency", "on"), name="exchange_rate_once_a_day")],
            },
        ),
        migrations.CreateModel(
            name="Company",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("street", models.CharField(blank=True, max_length=200)),
                ("postal_code", models.CharField(blank=True, max_length=20)),
                ("city", models.CharField(blank=True, max_length=100)),
                ("country", models.CharField(blank=True, help_text="Two letters, e.g. DE.", max_length=2)),
                ("vat_id", models.CharField(blank=True, max_length=30, verbose_name="VAT id")),
                (
                    "base_currency",
                    models.ForeignKey(default="EUR", on_delete=django.db.models.deletion.PROTECT, to="crm.currency"),
                ),
                (
                    "time_zone",
                    models.CharField(default="UTC", max_length=60, validators=[crm.models.users.check_time_zone]),
                ),
                (
                    "fiscal_year_starts",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(12),
                        ],
                        verbose_name="fiscal year starts in month",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "company",
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="there_is_one_company")],
            },
        ),
        migrations.CreateModel(
            name="ContactPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("channel", models.CharField(choices=[("email", "Email"), ("sms", "SMS")], max_length=10)),
                ("value", models.CharField(max_length=254)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("channel", "value"), name="contact_point_once")],
            },
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("description", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="suppressions", to="crm.contactpoint"
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[("bounce", "Bounced"), ("complaint", "Complained"), ("manual", "Set by hand")],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("since", models.DateTimeField(auto_now_add=True)),
                ("until", models.DateTimeField(blank=True, help_text="Empty means for ever.", null=True)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                ("lifted_reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("lifted_at", None)), fields=["point"], name="suppression_in_force")
                ],
            },
        ),
        migrations.CreateModel(
            name="DemoRows",
            fields=[
                ("label", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("keys", models.JSONField(default=list)),
            ],
            options={
                "verbose_name_plural": "demo rows",
            },
        ),
        migrations.CreateModel(
            name="LogCursor",
            fields=[
                ("reader", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("epoch", models.IntegerField(default=0)),
                ("xid", models.BigIntegerField(default=0)),
                ("position", models.BigIntegerField(default=0)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("batch", models.PositiveIntegerField(default=500)),
                ("problem", models.TextField(blank=True)),
                ("moved_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("token", models.CharField(max_length=36, primary_key=True, serialize=False)),
                ("worker", models.CharField(db_index=True, max_length=60)),
                ("beat_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
                ("runs", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Sender",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("email", models.EmailField(max_length=254)),
                ("reply_to", models.EmailField(blank=True, max_length=254)),
                ("sms_from", models.CharField(blank=True, max_length=20, verbose_name="SMS sender")),
                ("is_default", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)), fields=("is_default",), name="sender_one_default"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TrackedLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content_type", models.CharField(max_length=40)),
                ("content_id", models.BigIntegerField()),
                ("url", models.TextField()),
                ("label", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("content_type", "content_id", "url"), name="tracked_link_once_per_content"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Touched",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("epoch", models.IntegerField(db_default=crm.log.columns.LogEpoch(), editable=False)),
                ("xid", models.BigIntegerField(db_default=crm.log.columns.WriterXid(), editable=False)),
                ("contact_id", models.BigIntegerField()),
            ],
            options={
                "verbose_name_plural": "touched",
                "indexes": [models.Index(fields=["epoch", "xid", "id"], name="touched_by_position")],
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="crm.team",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="crm.team",
                    ),
                ),
                (
                    "manager",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="reports",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=40)),
                (
                    "time_zone",
                    models.CharField(default="UTC", max_length=60, validators=[crm.models.users.check_time_zone]),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("date_joined", models.DateTimeField(auto_now_add=True)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="user_email_once_whatever_the_case"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="consents", to="crm.contactpoint"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("commercial", "Commercial"),
                            ("transactional", "Transactional"),
                            ("tracking", "Tracking"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="crm.topic"
                    ),
                ),
                ("granted", models.BooleanField()),
                ("source", models.CharField(max_length=100)),
                ("text_shown", models.TextField(blank=True)),
                ("proof", models.JSONField(blank=True, default=dict)),
                ("given_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("is_current", models.BooleanField(default=True)),
            ],
            options={
                "verbose_name_plural": "consent",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True), ("topic", None)),
                        fields=("point", "purpose"),
                        name="consent_one_current_per_purpose",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True), models.Q(("topic", None), _negated=True)),
                        fields=("point", "purpose", "topic"),
                        name="consent_one_current_per_topic",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(default="contacts", max_length=20)),
                ("file", models.FileField(upload_to="imports/")),
                ("file_name", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "Waiting for its mapping"),
                            ("checking", "Being checked"),
                            ("checked", "Checked"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="new",
                        max_length=10,
                    ),
                ),
                ("problem", models.TextField(blank=True)),
                (
                    "encoding",
                    models.CharField(blank=True, help_text="Found by looking; empty for a spreadsheet.", max_length=20),
                ),
                ("separator", models.CharField(blank=True, max_length=1)),
                ("columns", models.JSONField(default=list, help_text="The header of the file.")),
                ("mapping", models.JSONField(default=dict, help_text="Number of the column (a string) -> field.")),
                (
                    "policy",
                    models.CharField(
                        choices=[
                            ("both", "Create new and update known"),
                            ("create", "Only create new"),
                            ("update", "Only update known"),
                        ],
                        default="both",
                        max_length=10,
                    ),
                ),
                (
                    "consent",
                    models.JSONField(
                        blank=True, default=dict, help_text="Consent that the people in the file gave, with its source."
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0)),
                ("handled", models.PositiveIntegerField(default=0)),
                (
                    "position",
                    models.PositiveIntegerField(
                        default=0, help_text="The last line of the file that the run has done."
                    ),
                ),
                ("created_count", models.PositiveIntegerField(default=0)),
                ("updated_count", models.PositiveIntegerField(default=0)),
                ("unchanged_count", models.PositiveIntegerField(default=0)),
                ("error_count", models.PositiveIntegerField(default=0)),
                ("skipped_count", models.PositiveIntegerField(default=0)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="imports", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("claim", models.CharField(max_length=36, null=True)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ImportLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="crm.import"
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="The line in the file; the header is line 1.")),
                ("values", models.JSONField()),
                (
                    "match_key",
                    models.CharField(blank=True, help_text="The normal form that finds duplicates.", max_length=254),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("create", "Create"),
                            ("update", "Update"),
                            ("same", "Unchanged"),
                            ("error", "Error"),
                            ("skip", "Skipped"),
                        ],
                        max_length=10,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("record_id", models.BigIntegerField(null=True)),
                ("account_id", models.BigIntegerField(null=True)),
            ],
            options={
                "ordering": ["number"],
                "indexes": [
                    models.Index(fields=["of", "verdict", "number"], name="import_line_by_verdict"),
                    models.Index(fields=["of", "match_key"], name="import_line_by_match"),
                ],
                "constraints": [models.UniqueConstraint(fields=("of", "number"), name="import_line_once")],
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=300)),
                ("text", models.TextField()),
                ("html", models.TextField(blank=True)),
                (
                    "sent_from",
                    models.CharField(blank=True, help_text="Empty means: the sender of the message.", max_length=254),
                ),
                ("reply_to", models.CharField(blank=True, max_length=254)),
                (
                    "written_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="LetterFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="crm.letter"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("media_type", models.CharField(max_length=100)),
                ("data", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("text", models.CharField(max_length=300)),
                ("url", models.CharField(blank=True, max_length=300)),
                ("icon", models.CharField(default="bell", max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("key", models.CharField(max_length=120, null=True, unique=True)),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(condition=models.Q(("read_at", None)), fields=["user"], name="notification_unread"),
                    models.Index(fields=["user", "-id"], name="notification_by_user"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(editable=False, max_length=12, unique=True)),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "API token",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="IdempotentRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ("key", models.CharField(max_length=100)),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("body", models.TextField(blank=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="idempotency_key_once_per_user")],
            },
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.team",
                    ),
                ),
                ("custom", models.JSONField(blank=True, default=dict, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[("planned", "Planned"), ("running", "Running"), ("done", "Done")],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("budget", models.DecimalField(blank=True, decimal_places=2, max_digits=18, null=True)),
                (
                    "currency",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="crm.currency"
                    ),
                ),
                ("description", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True)),
                ("key", models.SlugField(help_text="Stable name used by the program; leave it as it is.", unique=True)),
                (
                    "opens_admin",
                    models.BooleanField(default=False, verbose_name="opens the marketing and set-up pages"),
                ),
                ("takes_leads", models.BooleanField(default=False, verbose_name="takes leads that are handed over")),
                ("users", models.ManyToManyField(blank=True, related_name="roles", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="crm.role"
                    ),
                ),
                ("resource", models.CharField(max_length=60)),
                (
                    "verb",
                    models.CharField(
                        choices=[("view", "view"), ("add", "add"), ("change", "change"), ("delete", "delete")],
                        max_length=10,
                    ),
                ),
                (
                    "depth",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Nothing"), (1, "Own"), (2, "Team"), (3, "Team and below"), (4, "Everything")],
                        default=0,
                    ),
                ),
            ],
            options={
                "ordering": ["resource", "verb"],
                "constraints": [models.UniqueConstraint(fields=("role", "resource", "verb"), name="role_grants_once")],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.team",
                    ),
                ),
                ("custom", models.JSONField(blank=True, default=dict, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=200)),
                ("number", models.CharField(blank=True, max_length=20)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="children",
                        to="crm.account",
                    ),
                ),
                ("industry", models.CharField(blank=True, max_length=100)),
                ("website", models.URLField(blank=True)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("street", models.CharField(blank=True, max_length=200)),
                ("postal_code", models.CharField(blank=True, max_length=20)),
                ("city", models.CharField(blank=True, max_length=100)),
                ("region", models.CharField(blank=True, max_length=100)),
                ("country", models.CharField(blank=True, help_text="Two letters, e.g. IN.", max_length=2)),
                ("vat_id", models.CharField(blank=True, max_length=30, verbose_name="VAT id")),
                ("employees", models.PositiveIntegerField(blank=True, null=True)),
                ("annual_revenue", models.DecimalField(blank=True, decimal_places=2, max_digits=18, null=True)),
                (
                    "currency",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="crm.currency"
                    ),
                ),
                ("description", models.TextField(blank=True)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "name_normal",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Lower(django.db.models.functions.text.Trim("name")),
                        output_field=models.CharField(max_length=200),
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "indexes": [
                    models.Index(fields=["name", "id"], name="account_by_name"),
                    models.Index(fields=["name_normal"], name="account_by_normal_name"),
                    models.Index(fields=["owner", "name"], name="account_by_owner"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.team",
                    ),
                ),
                ("custom", models.JSONField(blank=True, default=dict, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("first_name", models.CharField(blank=True, max_length=100)),
                ("last_name", models.CharField(max_length=100)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="contacts",
                        to="crm.account",
                    ),
                ),
                (
                    "company_name",
                    models.CharField(
                        blank=True,
                        help_text="As the person wrote it; qualifying a lead turns it into an account.",
                        max_length=200,
                    ),
                ),
                ("job_title", models.CharField(blank=True, max_length=100)),
                ("department", models.CharField(blank=True, max_length=100)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("mobile", models.CharField(blank=True, max_length=40)),
                ("street", models.CharField(blank=True, max_length=200)),
                ("postal_code", models.CharField(blank=True, max_length=20)),
                ("city", models.CharField(blank=True, max_length=100)),
                ("region", models.CharField(blank=True, max_length=100)),
                ("country", models.CharField(blank=True, help_text="Two letters, e.g. IN.", max_length=2)),
                ("language", models.CharField(blank=True, help_text="Like en or de-AT.", max_length=10)),
                (
                    "time_zone",
                    models.CharField(blank=True, max_length=60, validators=[crm.models.users.check_time_zone]),
                ),
                ("description", models.TextField(blank=True)),
                (
                    "origin",
                    models.CharField(blank=True, help_text="Where the person came from, in words.", max_length=100),
                ),
                ("is_prospect", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("last_active_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "email_normal",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Lower(django.db.models.functions.text.Trim("email")),
                        output_field=models.CharField(max_length=254),
                    ),
                ),
                ("mobile_normal", models.CharField(blank=True, editable=False, max_length=20)),
            ],
            options={
                "ordering": ["last_name", "first_name", "pk"],
                "indexes": [
                    models.Index(fields=["last_name", "first_name", "id"], name="contact_by_name"),
                    models.Index(fields=["email_normal"], name="contact_by_email"),
                    models.Index(fields=["mobile_normal"], name="contact_by_mobile"),
                    models.Index(fields=["country", "id"], name="contact_by_country"),
                    models.Index(fields=["owner", "last_name"], name="contact_by_owner"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HandoverReceipt",
            fields=[
                ("key", models.CharField(max_length=120, primary_key=True, serialize=False)),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="handovers", to="crm.contact"
                    ),
                ),
                ("lead", models.BigIntegerField()),
                (
                    "owner",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("is_new", models.BooleanField()),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120, unique=True)),
                (
                    "send_key",
                    models.CharField(help_text="What sent it; an address gets one message per send.", max_length=100),
                ),
                ("channel", models.CharField(choices=[("email", "Email"), ("sms", "SMS")], max_length=10)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("commercial", "Commercial"),
                            ("transactional", "Transactional"),
                            ("tracking", "Tracking"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="crm.topic"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="crm.contact",
                    ),
                ),
                ("address", models.CharField(max_length=254)),
                ("sender", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="crm.sender")),
                (
                    "campaign",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="crm.campaign",
                    ),
                ),
                ("content_type", models.CharField(max_length=40)),
                ("content_id", models.BigIntegerField(null=True)),
                ("content_version", models.PositiveIntegerField(default=1)),
                ("variables", models.JSONField(default=dict)),
                ("message_id", models.CharField(blank=True, max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("due", "Due"),
                            ("sent", "Sent"),
                            ("not_sent", "Not sent"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("unknown", "Unknown"),
                        ],
                        default="due",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("due_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claim", models.CharField(max_length=36, null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("provider_ref", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "due")), fields=["channel", "due_at"], name="message_due"
                    ),
                    models.Index(fields=["contact", "-created_at"], name="message_by_contact"),
                    models.Index(fields=["campaign", "status"], name="message_by_campaign"),
                    models.Index(fields=["content_type", "content_id", "status"], name="message_by_content"),
                    models.Index(
                        condition=models.Q(("claim", None), _negated=True), fields=["claim"], name="message_by_claim"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("address", ""), _negated=True),
                        fields=("send_key", "channel", "address"),
                        name="message_once_per_send_and_address",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outbox_items",
                        to="crm.message",
                    ),
                ),
                ("channel", models.CharField(choices=[("email", "Email"), ("sms", "SMS")], max_length=10)),
                ("to", models.CharField(max_length=254)),
                ("sent_from", models.CharField(blank=True, max_length=254)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("raw", models.BinaryField(help_text="The MIME message, or the text in UTF-8.")),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [models.Index(fields=["to", "-id"], name="outbox_by_reader")],
                "constraints": [models.UniqueConstraint(fields=("message",), name="outbox_item_once_per_message")],
            },
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.team",
                    ),
                ),
                ("custom", models.JSONField(blank=True, default=dict, editable=False)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("task", "Task"),
                            ("call", "Phone call"),
                            ("appointment", "Appointment"),
                            ("email", "Email"),
                            ("note", "Note"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("done", "Done"), ("cancelled", "Cancelled")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField(blank=True)),
                (
                    "direction",
                    models.CharField(choices=[("out", "Outgoing"), ("in", "Incoming")], default="out", max_length=3),
                ),
                ("outcome", models.CharField(blank=True, max_length=100)),
                ("location", models.CharField(blank=True, max_length=200)),
                (
                    "due_at",
                    models.DateTimeField(blank=True, help_text="For an appointment: when it starts.", null=True),
                ),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("guest_invited_at", models.DateTimeField(editable=False, null=True)),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to="crm.contact",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to="crm.account",
                    ),
                ),
                (
                    "regarding_type",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contenttypes.contenttype",
                    ),
                ),
                ("regarding_id", models.PositiveBigIntegerField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "activities",
                "ordering": ["-due_at", "-pk"],
                "indexes": [
                    models.Index(fields=["owner", "status", "due_at"], name="activity_by_owner"),
                    models.Index(fields=["contact", "-created_at"], name="activity_by_contact"),
                    models.Index(fields=["regarding_type", "regarding_id"], name="activity_by_regarding"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at", None), ("due_at", None), ("ends_at__gte", models.F("due_at")), _connector="OR"
                        ),
                        name="activity_ends_after_it_starts",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Interaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("epoch", models.IntegerField(db_default=crm.log.columns.LogEpoch(), editable=False)),
                ("xid", models.BigIntegerField(db_default=crm.log.columns.WriterXid(), editable=False)),
                ("kind", models.CharField(max_length=40)),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="interactions",
                        to="crm.contact",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="interactions",
                        to="crm.account",
                    ),
                ),
                ("visitor", models.CharField(blank=True, max_length=40)),
                (
                    "campaign",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="interactions",
                        to="crm.campaign",
                    ),
                ),
                ("source_type", models.CharField(blank=True, max_length=40)),
                ("source_id", models.BigIntegerField(null=True)),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="interactions",
                        to="crm.message",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("data", models.JSONField(default=dict)),
                ("occurred_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("key", models.CharField(max_length=120, null=True, unique=True)),
                ("verdict", models.CharField(blank=True, max_length=10)),
                ("verdict_version", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["epoch", "xid", "id"], name="interaction_by_position"),
                    models.Index(fields=["contact", "-occurred_at"], name="interaction_by_contact"),
                    models.Index(fields=["source_type", "source_id", "kind"], name="interaction_by_source"),
                    models.Index(
                        condition=models.Q(("campaign", None), _negated=True),
                        fields=["campaign", "kind"],
                        name="interaction_by_campaign",
                    ),
                    models.Index(
                        condition=models.Q(("visitor", ""), _negated=True),
                        fields=["visitor"],
                        name="interaction_by_visitor",
                    ),
                    models.Index(
                        condition=models.Q(("account", None), _negated=True),
                        fields=["account", "-occurred_at"],
                        name="interaction_by_account",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("contact", None), _negated=True),
                            models.Q(("account", None), _negated=True),
                            models.Q(("visitor", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="interaction_is_about_somebody",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SetAside",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reader", models.CharField(max_length=60)),
                ("row", models.BigIntegerField()),
                (
                    "interaction",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="crm.interaction"),
                ),
                ("reason", models.TextField()),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "set aside",
                "constraints": [models.UniqueConstraint(fields=("reader", "row"), name="set_aside_once")],
            },
        ),
        migrations.AddField(
            model_name="team",
            name="manager",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="manages",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="account",
            name="primary_contact",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.contact"
            ),
        ),
    ]
