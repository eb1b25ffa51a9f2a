import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import django_fsm
from django.conf import settings
from django.db import migrations, models

import crm.models.users
import marketing.fields
import marketing.models.links


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("crm", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="MarketingEmail",
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
                ("name", models.CharField(help_text="For you; readers never see it.", max_length=200)),
                ("subject", models.CharField(blank=True, max_length=200)),
                (
                    "preheader",
                    models.CharField(
                        blank=True, help_text="The grey words that an inbox shows behind the subject.", max_length=200
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.sender",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[("commercial", "Commercial"), ("transactional", "Transactional")],
                        default="commercial",
                        help_text="A commercial email needs consent and an unsubscribe link.",
                        max_length=20,
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.topic",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="emails",
                        to="crm.campaign",
                    ),
                ),
                ("language", models.CharField(default="en", help_text="Like en or de.", max_length=10)),
                ("blocks", models.JSONField(blank=True, default=list)),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[("draft", "Draft"), ("ready", "Ready")],
                        default="draft",
                        editable=False,
                        max_length=10,
                        protected=True,
                    ),
                ),
                (
                    "ready_version",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="The newest version that can be sent; 0 where there is none yet.",
                    ),
                ),
            ],
            options={
                "verbose_name": "email",
                "ordering": ["-updated_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status", "draft"), ("ready_version__gt", 0), _connector="OR"),
                        name="email_ready_has_a_version",
                    )
                ],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="EmailVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "email",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="marketing.marketingemail",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("subject", models.CharField(max_length=200)),
                ("html", models.TextField()),
                ("text", models.TextField()),
                ("blocks", models.JSONField(default=list)),
                ("checked", models.JSONField(default=list, help_text="What the check had to say when it was made.")),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [models.UniqueConstraint(fields=("email", "number"), name="email_version_once")],
            },
        ),
        migrations.CreateModel(
            name="Form",
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
                    "slug",
                    models.SlugField(
                        help_text="The end of its public address: /f/…/",
                        max_length=80,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                ("introduction", models.TextField(blank=True, help_text="Shown above the fields.")),
                ("fields", models.JSONField(default=marketing.fields.starting_fields)),
                ("button", models.CharField(default="Send", max_length=60, verbose_name="button label")),
                (
                    "thank_you",
                    models.TextField(default="Thank you. We have what you sent.", verbose_name="thank-you text"),
                ),
                (
                    "redirect_url",
                    marketing.models.links.WebLink(
                        blank=True,
                        help_text="Instead of the thank-you text, lead to this page of yours.",
                        verbose_name="redirect to",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        help_text="Answers count for it.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="crm.campaign",
                    ),
                ),
                (
                    "creates_lead",
                    models.BooleanField(
                        default=False,
                        help_text="Each answer becomes a lead, given to a rep in turn.",
                        verbose_name="hand every answer to sales",
                    ),
                ),
                ("is_open", models.BooleanField(default=True, verbose_name="takes answers")),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "form",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="submissions", to="marketing.form"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="submissions",
                        to="crm.contact",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.campaign"
                    ),
                ),
                ("values", models.JSONField(default=dict)),
                ("key", models.CharField(max_length=120, unique=True)),
                (
                    "verdict",
                    models.CharField(choices=[("human", "Human"), ("bot", "Bot")], default="human", max_length=10),
                ),
                ("ip_hash", models.CharField(blank=True, max_length=64, verbose_name="network address (hashed)")),
                ("user_agent", models.CharField(blank=True, max_length=300, verbose_name="browser")),
                ("page", models.CharField(blank=True, help_text="Where the form stood.", max_length=500)),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["form", "-id"], name="submission_by_form"),
                    models.Index(fields=["contact", "-id"], name="submission_by_contact"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verdict", "bot"), models.Q(("contact", None), _negated=True), _connector="OR"
                        ),
                        name="submission_of_a_human_has_a_contact",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Visitor",
            fields=[
                ("key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="browsers",
                        to="crm.contact",
                    ),
                ),
                ("first_seen_at", models.DateTimeField(auto_now_add=True)),
                ("recognised_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ScoringModel",
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
                ("description", models.TextField(blank=True)),
                ("is_active", models.BooleanField(default=True, verbose_name="is in use")),
                (
                    "warm_at",
                    models.IntegerField(
                        default=20, help_text="Points from which a person is worth watching.", verbose_name="warm from"
                    ),
                ),
                (
                    "ready_at",
                    models.IntegerField(
                        default=50,
                        help_text="Points from which a person is ready for sales.",
                        verbose_name="ready from",
                    ),
                ),
                ("computed_at", models.DateTimeField(editable=False, null=True)),
                ("recompute_due_at", models.DateTimeField(editable=False, null=True)),
                ("recompute_after", models.BigIntegerField(default=0, editable=False)),
                ("recomputed", models.PositiveIntegerField(default=0, editable=False)),
                ("recompute_total", models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("warm_at__lte", models.F("ready_at"))), name="scoring_warm_before_ready"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoringRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="marketing.scoringmodel"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "label",
                    models.CharField(
                        help_text="What the reader of a score sees, e.g. “Clicked the invitation”.", max_length=100
                    ),
                ),
                ("when", models.JSONField()),
                (
                    "points",
                    models.IntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(-1000),
                            django.core.validators.MaxValueValidator(1000),
                        ]
                    ),
                ),
                (
                    "limit",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Times counted; empty: every time.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="at most",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scores", to="marketing.scoringmodel"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scores", to="crm.contact"
                    ),
                ),
                ("points", models.IntegerField(default=0)),
                ("reasons", models.JSONField(default=list)),
                ("reached_at", models.DateTimeField(null=True)),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["model", "-points"], name="score_best_first")],
                "constraints": [models.UniqueConstraint(fields=("model", "contact"), name="score_once_per_model")],
            },
        ),
        migrations.CreateModel(
            name="Segment",
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
                ("description", models.TextField(blank=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("dynamic", "Rule: kept up to date by itself"), ("static", "List: filled by hand")],
                        default="dynamic",
                        max_length=10,
                    ),
                ),
                ("rule", models.JSONField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("building", "Being built"),
                            ("ready", "Up to date"),
                            ("problem", "Cannot be refreshed"),
                        ],
                        default="ready",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("problem", models.TextField(blank=True, editable=False)),
                ("member_count", models.PositiveIntegerField(default=0, editable=False, verbose_name="people")),
                ("runs", models.PositiveIntegerField(default=0, editable=False)),
                ("built_at", models.DateTimeField(editable=False, null=True)),
                ("refreshed_at", models.DateTimeField(editable=False, null=True, verbose_name="refreshed")),
                ("refresh_due_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["name", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("refresh_due_at", None), _negated=True),
                        fields=["refresh_due_at"],
                        name="segment_refresh_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind", "static"), ("rule__isnull", False), _connector="OR"),
                        name="segment_dynamic_has_a_rule",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SegmentMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="marketing.segment"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="segment_memberships",
                        to="crm.contact",
                    ),
                ),
                ("entered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("entered_in", models.PositiveIntegerField(default=0)),
                ("left_in", models.PositiveIntegerField(null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("segment", "contact"), name="segment_member_once")],
            },
        ),
        migrations.CreateModel(
            name="TextMessage",
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
                ("name", models.CharField(help_text="For you; readers never see it.", max_length=200)),
                ("text", models.TextField(max_length=1000)),
                (
                    "sender",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.sender",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[("commercial", "Commercial"), ("transactional", "Transactional")],
                        default="commercial",
                        max_length=20,
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.topic",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="texts",
                        to="crm.campaign",
                    ),
                ),
                ("ready_version", models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                "verbose_name": "text message",
                "ordering": ["-updated_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="TextVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="marketing.textmessage"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [models.UniqueConstraint(fields=("message", "number"), name="text_version_once")],
            },
        ),
        migrations.CreateModel(
            name="Send",
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
                    "email",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sends",
                        to="marketing.marketingemail",
                    ),
                ),
                (
                    "text_message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sends",
                        to="marketing.textmessage",
                    ),
                ),
                ("content_version", models.PositiveIntegerField()),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sends", to="marketing.segment"
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="sends",
                        to="crm.campaign",
                    ),
                ),
                ("due_at", models.DateTimeField()),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[("scheduled", "Scheduled"), ("started", "Started"), ("cancelled", "Cancelled")],
                        default="scheduled",
                        editable=False,
                        max_length=10,
                        protected=True,
                    ),
                ),
                ("started_at", models.DateTimeField(editable=False, null=True)),
                ("queued_count", models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                "ordering": ["-due_at", "-pk"],
                "indexes": [
                    models.Index(condition=models.Q(("status", "scheduled")), fields=["due_at"], name="send_due")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("email", None), ("text_message__isnull", False)),
                            models.Q(("email__isnull", False), ("text_message", None)),
                            _connector="OR",
                        ),
                        name="send_has_one_content",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "started"), _negated=True),
                            ("started_at__isnull", False),
                            _connector="OR",
                        ),
                        name="send_started_has_a_time",
                    ),
                ],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="Event",
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
                        choices=[("webinar", "Webinar"), ("in_person", "In person")], default="webinar", max_length=10
                    ),
                ),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[("draft", "Draft"), ("live", "Live"), ("done", "Done"), ("cancelled", "Cancelled")],
                        default="draft",
                        editable=False,
                        max_length=10,
                        protected=True,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                (
                    "slug",
                    models.SlugField(
                        help_text="The end of its public address: /e/…/",
                        max_length=80,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "summary",
                    models.CharField(blank=True, help_text="One or two sentences under the title.", max_length=300),
                ),
                (
                    "description",
                    models.TextField(blank=True, help_text="Plain text; an empty line begins a new paragraph."),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "time_zone",
                    models.CharField(default="UTC", max_length=60, validators=[crm.models.users.check_time_zone]),
                ),
                (
                    "location",
                    models.CharField(blank=True, help_text="Of an event in person: the address.", max_length=300),
                ),
                (
                    "join_url",
                    marketing.models.links.WebLink(
                        blank=True,
                        help_text="Of a webinar. Only people who registered are told.",
                        verbose_name="link to join",
                    ),
                ),
                (
                    "capacity",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty means no limit.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="crm.campaign",
                    ),
                ),
                (
                    "form",
                    models.OneToOneField(
                        blank=True,
                        help_text="Left empty, one is made: name, email, company, country, phone and the wish for news.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="event",
                        to="marketing.form",
                        verbose_name="registration form",
                    ),
                ),
                (
                    "confirmation_subject",
                    models.CharField(
                        default="You are registered: {{ event_title }}",
                        max_length=200,
                        verbose_name="subject of the confirmation",
                    ),
                ),
                (
                    "confirmation_text",
                    models.TextField(
                        default='Hello {{ contact.first_name | default: "there" }},\n\nyou are registered for {{ event_title }}.\n\nWhen: {{ event_when }}\nWhere: {{ event_where }}\n\nThe calendar file is attached. Everything else is on the page of the event:\n{{ event_url }}\n\nSee you there.',
                        help_text="Plain text with tokens: {{ contact.first_name }}, {{ event_title }}, {{ event_when }}, {{ event_where }}, {{ event_url }}.",
                        verbose_name="text of the confirmation",
                    ),
                ),
                ("published_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["-starts_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="event_ends_after_it_starts"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "live"), _negated=True),
                            models.Q(("form", None), _negated=True),
                            _connector="OR",
                        ),
                        name="event_live_has_a_form",
                    ),
                ],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="Speaker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="speakers", to="marketing.event"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("title", models.CharField(blank=True, help_text="What they do, and where.", max_length=160)),
                ("bio", models.TextField(blank=True)),
                ("order", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["order", "pk"],
            },
        ),
        migrations.CreateModel(
            name="EventMaterial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="materials", to="marketing.event"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("slides", "Slides"), ("recording", "Recording"), ("reading", "Reading")],
                        default="slides",
                        max_length=10,
                    ),
                ),
                ("label", models.CharField(max_length=200)),
                ("description", models.CharField(blank=True, max_length=300)),
                ("url", marketing.models.links.WebLink(verbose_name="link")),
                ("order", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "material",
                "ordering": ["order", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Registration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="registrations", to="marketing.event"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="registrations", to="crm.contact"
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="marketing.submission",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("registered", "Registered"), ("cancelled", "Cancelled"), ("attended", "Attended")],
                        default="registered",
                        max_length=10,
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(default=1)),
                ("registered_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-registered_at", "-pk"],
                "indexes": [
                    models.Index(fields=["event", "status", "registered_at"], name="registration_by_event"),
                    models.Index(fields=["contact", "-registered_at"], name="registration_by_contact"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("event", "contact"), name="registration_once_per_event_and_contact")
                ],
            },
        ),
    ]
