from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import django_fsm
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("crm", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AssignmentRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "order",
                    models.PositiveSmallIntegerField(
                        default=10, help_text="Rules are tried from the lowest number up."
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        help_text="Only leads of this campaign; empty: all leads.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="crm.campaign",
                    ),
                ),
                (
                    "distribution",
                    models.CharField(
                        choices=[("round_robin", "In turn"), ("fixed", "Always the first available")],
                        default="round_robin",
                        max_length=12,
                    ),
                ),
                (
                    "last_owner",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "users",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Who takes part. Empty: everybody whose role takes leads.",
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["order", "pk"],
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
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
                ("name", models.CharField(max_length=60)),
                (
                    "percent",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                ("country", models.CharField(blank=True, help_text="Two letters, e.g. DE.", max_length=2)),
            ],
            options={
                "ordering": ["country", "-percent", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "country"),
                        name="tax_rate_once_per_country",
                        violation_error_message="There is a rate of this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("percent__gte", 0), ("percent__lte", 100)), name="tax_rate_is_a_percentage"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Product",
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
                ("number", models.CharField(help_text="Your article number, e.g. LIC-100.", max_length=40)),
                (
                    "description",
                    models.TextField(blank=True, help_text="Printed under the name on quotes and invoices."),
                ),
                (
                    "unit",
                    models.CharField(
                        default="piece", help_text="What one of it is called: day, licence, month.", max_length=30
                    ),
                ),
                (
                    "tax_rate",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxrate",
                    ),
                ),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[("draft", "Draft"), ("active", "Active"), ("retired", "Retired")],
                        default="draft",
                        max_length=50,
                        protected=True,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "indexes": [models.Index(fields=["status", "name"], name="product_by_status")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("number",),
                        name="product_number_once",
                        violation_error_message="Another product has this number.",
                    )
                ],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="PriceList",
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
                ("name", models.CharField(max_length=100)),
                (
                    "currency",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.currency"),
                ),
                ("is_default", models.BooleanField(default=False, verbose_name="the usual one for its currency")),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name",),
                        name="price_list_name_once",
                        violation_error_message="Another price list has this name.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("currency",),
                        name="price_list_one_default_per_currency",
                        violation_error_message="Another price list is the usual one for this currency. Change that one first.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceListItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "price_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="sales.pricelist"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="prices", to="sales.product"
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=4,
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
            ],
            options={
                "ordering": ["product__name", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("price_list", "product"), name="price_once_per_list"),
                    models.CheckConstraint(condition=models.Q(("price__gte", 0)), name="price_is_not_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="NumberSequence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("series", models.CharField(max_length=10)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("series", "year"), name="number_sequence_once_a_year")],
            },
        ),
        migrations.CreateModel(
            name="Lead",
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
                ("topic", models.CharField(max_length=300)),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="leads", to="crm.contact"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="leads",
                        to="crm.account",
                    ),
                ),
                ("company_name", models.CharField(blank=True, max_length=200, verbose_name="company")),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="leads",
                        to="crm.campaign",
                    ),
                ),
                ("source", models.CharField(blank=True, help_text="What brought it, in words.", max_length=200)),
                (
                    "rating",
                    models.CharField(
                        choices=[("hot", "Hot"), ("warm", "Warm"), ("cold", "Cold")], default="warm", max_length=4
                    ),
                ),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[("open", "Open"), ("qualified", "Qualified"), ("disqualified", "Disqualified")],
                        default="open",
                        max_length=12,
                        protected=True,
                    ),
                ),
                (
                    "disqualify_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("lost", "Lost"),
                            ("cannot_contact", "Cannot be reached"),
                            ("no_longer_interested", "No longer interested"),
                            ("cancelled", "Cancelled"),
                        ],
                        editable=False,
                        max_length=20,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("assigned_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "budget_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=18,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "currency",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.currency",
                    ),
                ),
                (
                    "budget_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "No committed budget"),
                            ("may_buy", "May buy"),
                            ("can_buy", "Can buy"),
                            ("will_buy", "Will buy"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "need",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("must", "Must have"),
                            ("should", "Should have"),
                            ("good", "Good to have"),
                            ("none", "No need"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "timeframe",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("immediate", "Immediate"),
                            ("this_quarter", "This quarter"),
                            ("next_quarter", "Next quarter"),
                            ("this_year", "This year"),
                            ("unknown", "Not known"),
                        ],
                        max_length=14,
                        verbose_name="purchase timeframe",
                    ),
                ),
                ("decision_maker", models.BooleanField(default=False, verbose_name="decides on the purchase")),
                ("description", models.TextField(blank=True)),
                ("details", models.JSONField(blank=True, default=dict, editable=False)),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(fields=["owner", "status", "-assigned_at"], name="lead_by_owner"),
                    models.Index(fields=["status", "-created_at"], name="lead_by_status"),
                    models.Index(
                        condition=models.Q(("campaign", None), _negated=True),
                        fields=["campaign", "status"],
                        name="lead_by_campaign",
                    ),
                    models.Index(fields=["contact", "-created_at"], name="lead_by_contact"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None), ("status", "open")),
                        fields=("contact",),
                        name="lead_one_open_per_contact",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("status", "open")),
                            models.Q(
                                models.Q(("status", "open"), _negated=True),
                                models.Q(("closed_at", None), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="lead_closed_at_tells_the_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "disqualified"), models.Q(("disqualify_reason", ""), _negated=True)),
                            models.Q(models.Q(("status", "disqualified"), _negated=True), ("disqualify_reason", "")),
                            _connector="OR",
                        ),
                        name="lead_disqualified_with_a_reason",
                    ),
                ],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="Process",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("description", models.TextField(blank=True)),
                ("is_default", models.BooleanField(default=False, verbose_name="default")),
            ],
            options={
                "verbose_name_plural": "processes",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)), fields=("is_default",), name="process_one_default"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProcessStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "process",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="sales.process"
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("qualify", "Qualify"),
                            ("develop", "Develop"),
                            ("propose", "Propose"),
                            ("close", "Close"),
                        ],
                        max_length=10,
                    ),
                ),
                ("field", models.CharField(max_length=40)),
                ("label", models.CharField(blank=True, help_text="Empty: the field's own name.", max_length=100)),
                ("is_required", models.BooleanField(default=False, verbose_name="required")),
                ("order", models.PositiveSmallIntegerField(default=10)),
            ],
            options={
                "ordering": ["order", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("process", "stage", "field"), name="process_step_once_a_stage")
                ],
            },
        ),
        migrations.CreateModel(
            name="Opportunity",
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
                ("topic", models.CharField(max_length=300)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunities",
                        to="crm.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunities",
                        to="crm.contact",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="opportunities",
                        to="sales.lead",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="opportunities",
                        to="crm.campaign",
                    ),
                ),
                (
                    "process",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunities",
                        to="sales.process",
                    ),
                ),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")],
                        default="open",
                        max_length=6,
                        protected=True,
                    ),
                ),
                (
                    "stage",
                    django_fsm.FSMField(
                        choices=[
                            ("qualify", "Qualify"),
                            ("develop", "Develop"),
                            ("propose", "Propose"),
                            ("close", "Close"),
                        ],
                        default="qualify",
                        max_length=10,
                        protected=True,
                    ),
                ),
                ("stage_since", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "rating",
                    models.CharField(
                        choices=[("hot", "Hot"), ("warm", "Warm"), ("cold", "Cold")], default="warm", max_length=4
                    ),
                ),
                (
                    "currency",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.currency"),
                ),
                (
                    "revenue_mode",
                    models.CharField(
                        choices=[("typed", "Typed estimate"), ("system", "Sum of the products")],
                        default="typed",
                        max_length=6,
                        verbose_name="revenue",
                    ),
                ),
                (
                    "estimated_revenue",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "estimated_revenue_base",
                    models.DecimalField(decimal_places=2, default=0, editable=False, max_digits=18),
                ),
                ("actual_revenue", models.DecimalField(decimal_places=2, editable=False, max_digits=18, null=True)),
                (
                    "actual_revenue_base",
                    models.DecimalField(decimal_places=2, editable=False, max_digits=18, null=True),
                ),
                ("estimated_close", models.DateField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("closed_on", models.DateField(blank=True, editable=False, null=True)),
                (
                    "probability",
                    models.PositiveSmallIntegerField(
                        default=10, validators=[django.core.validators.MaxValueValidator(100)]
                    ),
                ),
                (
                    "forecast_category",
                    models.CharField(
                        choices=[
                            ("pipeline", "Pipeline"),
                            ("best_case", "Best case"),
                            ("committed", "Committed"),
                            ("omitted", "Left out"),
                            ("won", "Won"),
                            ("lost", "Lost"),
                        ],
                        default="pipeline",
                        max_length=10,
                    ),
                ),
                (
                    "budget_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=18,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "budget_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("none", "No committed budget"),
                            ("may_buy", "May buy"),
                            ("can_buy", "Can buy"),
                            ("will_buy", "Will buy"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "need",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("must", "Must have"),
                            ("should", "Should have"),
                            ("good", "Good to have"),
                            ("none", "No need"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "purchase_timeframe",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("immediate", "Immediate"),
                            ("this_quarter", "This quarter"),
                            ("next_quarter", "Next quarter"),
                            ("this_year", "This year"),
                            ("unknown", "Not known"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "purchase_process",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("individual", "One person decides"),
                            ("committee", "A committee decides"),
                            ("unknown", "Not known"),
                        ],
                        max_length=12,
                    ),
                ),
                ("decision_maker", models.BooleanField(default=False, verbose_name="decision maker known")),
                ("current_situation", models.TextField(blank=True)),
                ("customer_need", models.TextField(blank=True)),
                ("pain_points", models.TextField(blank=True)),
                ("proposed_solution", models.TextField(blank=True)),
                ("description", models.TextField(blank=True)),
                ("proposal_developed", models.BooleanField(default=False)),
                ("proposal_reviewed", models.BooleanField(default=False, verbose_name="proposal reviewed by us")),
                ("proposal_presented", models.BooleanField(default=False)),
                ("final_proposal_ready", models.BooleanField(default=False)),
                (
                    "decision_expected_on",
                    models.DateField(blank=True, null=True, verbose_name="final decision expected on"),
                ),
                ("thank_you_sent", models.BooleanField(default=False, verbose_name="thank-you sent")),
                ("debrief_filed", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name_plural": "opportunities",
                "ordering": ["estimated_close", "pk"],
                "indexes": [
                    models.Index(fields=["owner", "status", "estimated_close"], name="opportunity_by_owner"),
                    models.Index(fields=["status", "stage", "estimated_close"], name="opportunity_by_stage"),
                    models.Index(
                        condition=models.Q(("campaign", None), _negated=True),
                        fields=["campaign", "status"],
                        name="opportunity_by_campaign",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("account", None), _negated=True),
                            models.Q(("contact", None), _negated=True),
                            _connector="OR",
                        ),
                        name="opportunity_has_a_customer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("actual_revenue", None), ("closed_at", None), ("closed_on", None), ("status", "open")
                            ),
                            models.Q(
                                ("closed_at__isnull", False),
                                ("closed_on__isnull", False),
                                ("status__in", ["won", "lost"]),
                            ),
                            _connector="OR",
                        ),
                        name="opportunity_closed_at_tells_the_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "won"), _negated=True), ("actual_revenue__gte", 0), _connector="OR"
                        ),
                        name="opportunity_won_with_a_revenue",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("estimated_revenue__gte", 0)), name="opportunity_estimate_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("probability__lte", 100)), name="opportunity_probability_is_a_percentage"
                    ),
                ],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="StageVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "opportunity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="visits", to="sales.opportunity"
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("qualify", "Qualify"),
                            ("develop", "Develop"),
                            ("propose", "Propose"),
                            ("close", "Close"),
                        ],
                        max_length=10,
                    ),
                ),
                ("entered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("left_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["entered_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_at", None)),
                        fields=("opportunity",),
                        name="stage_visit_one_open_per_opportunity",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OpportunityClose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "opportunity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="closes", to="sales.opportunity"
                    ),
                ),
                (
                    "status",
                    models.CharField(choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")], max_length=6),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cancelled", "Cancelled by the customer"),
                            ("out_sold", "Lost to a competitor"),
                            ("price", "Too expensive"),
                            ("no_decision", "No decision"),
                        ],
                        max_length=20,
                    ),
                ),
                ("revenue", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("closed_on", models.DateField()),
                ("description", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="OpportunityLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                ("unit", models.CharField(blank=True, max_length=30)),
                ("quantity", models.DecimalField(decimal_places=4, default=Decimal("1"), max_digits=14)),
                ("unit_price", models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=18)),
                (
                    "discount_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                ("discount_amount", models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=18)),
                (
                    "tax_rate",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxrate",
                    ),
                ),
                (
                    "tax_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        editable=False,
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, validators=[django.core.validators.MaxValueValidator(999)]
                    ),
                ),
                ("net", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                ("tax", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                (
                    "opportunity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="sales.opportunity"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="opportunityline_quantity_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit_price__gte", 0)), name="opportunityline_price_is_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_amount__gte", 0),
                            ("discount_percent__gte", 0),
                            ("discount_percent__lte", 100),
                            models.Q(("discount_percent", 0), ("discount_amount", 0), _connector="OR"),
                        ),
                        name="opportunityline_discount_is_sound",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("net__gte", 0), ("tax__gte", 0)),
                        name="opportunityline_amounts_are_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Quote",
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
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="crm.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="%(class)ss",
                        to="crm.contact",
                    ),
                ),
                (
                    "currency",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.currency"),
                ),
                ("billing_name", models.CharField(max_length=200, verbose_name="bill to")),
                ("billing_street", models.CharField(blank=True, max_length=200, verbose_name="street")),
                ("billing_postal_code", models.CharField(blank=True, max_length=20, verbose_name="postal code")),
                ("billing_city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                (
                    "billing_country",
                    models.CharField(
                        blank=True, help_text="Two letters, e.g. IN.", max_length=2, verbose_name="country"
                    ),
                ),
                ("billing_vat_id", models.CharField(blank=True, max_length=30, verbose_name="customer's VAT id")),
                ("notes", models.TextField(blank=True, help_text="Printed under the totals.")),
                (
                    "discount_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                        verbose_name="discount in per cent",
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="discount as an amount",
                    ),
                ),
                (
                    "freight",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "detail_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                (
                    "discount_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                (
                    "tax_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                ("total", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                (
                    "base_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                ("number", models.CharField(editable=False, max_length=20)),
                ("revision", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "opportunity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotes",
                        to="sales.opportunity",
                    ),
                ),
                (
                    "price_list",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.pricelist",
                    ),
                ),
                ("valid_until", models.DateField(blank=True, null=True)),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[("draft", "Draft"), ("active", "Active"), ("won", "Won"), ("closed", "Closed")],
                        default="draft",
                        max_length=50,
                        protected=True,
                    ),
                ),
                (
                    "close_reason",
                    models.CharField(
                        blank=True,
                        choices=[("lost", "Lost"), ("cancelled", "Cancelled"), ("revised", "Revised")],
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("activated_on", models.DateField(blank=True, editable=False, null=True)),
                ("closed_on", models.DateField(blank=True, editable=False, null=True)),
            ],
            options={
                "ordering": ["-pk"],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["opportunity", "-id"], name="quote_by_opportunity"),
                    models.Index(fields=["account", "-id"], name="quote_by_account"),
                    models.Index(fields=["owner", "status"], name="quote_by_owner"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("billing_name", ""), _negated=True), name="quote_names_its_customer"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("detail_total__gte", 0),
                            ("discount_amount__gte", 0),
                            ("discount_total__gte", 0),
                            ("freight__gte", 0),
                            ("tax_total__gte", 0),
                            ("total__gte", 0),
                        ),
                        name="quote_amounts_are_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("discount_percent", 0), ("discount_amount", 0), _connector="OR"),
                        name="quote_discount_is_per_cent_or_amount",
                    ),
                    models.UniqueConstraint(fields=("number", "revision"), name="quote_number_once_per_revision"),
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None), ("status__in", ["draft", "active"])),
                        fields=("number",),
                        name="quote_one_open_revision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_on__isnull", False),
                                ("status", "closed"),
                                models.Q(("close_reason", ""), _negated=True),
                            ),
                            models.Q(models.Q(("status", "closed"), _negated=True), ("close_reason", "")),
                            _connector="OR",
                        ),
                        name="quote_closed_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status", "draft"), ("activated_on__isnull", False), _connector="OR"),
                        name="quote_activated_has_a_day",
                    ),
                ],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="QuoteLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                ("unit", models.CharField(blank=True, max_length=30)),
                ("quantity", models.DecimalField(decimal_places=4, default=Decimal("1"), max_digits=14)),
                ("unit_price", models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=18)),
                (
                    "discount_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                ("discount_amount", models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=18)),
                (
                    "tax_rate",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxrate",
                    ),
                ),
                (
                    "tax_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        editable=False,
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, validators=[django.core.validators.MaxValueValidator(999)]
                    ),
                ),
                ("net", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                ("tax", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="sales.quote"
                    ),
                ),
                (
                    "made_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="quote_lines",
                        to="sales.opportunityline",
                    ),
                ),
                (
                    "revised_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="revisions",
                        to="sales.quoteline",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="quoteline_quantity_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit_price__gte", 0)), name="quoteline_price_is_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_amount__gte", 0),
                            ("discount_percent__gte", 0),
                            ("discount_percent__lte", 100),
                            models.Q(("discount_percent", 0), ("discount_amount", 0), _connector="OR"),
                        ),
                        name="quoteline_discount_is_sound",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("net__gte", 0), ("tax__gte", 0)), name="quoteline_amounts_are_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
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
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="crm.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="%(class)ss",
                        to="crm.contact",
                    ),
                ),
                (
                    "currency",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.currency"),
                ),
                ("billing_name", models.CharField(max_length=200, verbose_name="bill to")),
                ("billing_street", models.CharField(blank=True, max_length=200, verbose_name="street")),
                ("billing_postal_code", models.CharField(blank=True, max_length=20, verbose_name="postal code")),
                ("billing_city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                (
                    "billing_country",
                    models.CharField(
                        blank=True, help_text="Two letters, e.g. IN.", max_length=2, verbose_name="country"
                    ),
                ),
                ("billing_vat_id", models.CharField(blank=True, max_length=30, verbose_name="customer's VAT id")),
                ("notes", models.TextField(blank=True, help_text="Printed under the totals.")),
                (
                    "discount_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                        verbose_name="discount in per cent",
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="discount as an amount",
                    ),
                ),
                (
                    "freight",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "detail_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                (
                    "discount_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                (
                    "tax_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                ("total", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                (
                    "base_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                ("number", models.CharField(editable=False, max_length=20, unique=True)),
                (
                    "quote",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="sales.quote",
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="sales.opportunity",
                    ),
                ),
                ("ordered_on", models.DateField()),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[
                            ("active", "Active"),
                            ("fulfilled", "Fulfilled"),
                            ("invoiced", "Invoiced"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="active",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("fulfilled_on", models.DateField(blank=True, editable=False, null=True)),
                ("cancelled_on", models.DateField(blank=True, editable=False, null=True)),
            ],
            options={
                "ordering": ["-pk"],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["account", "-id"], name="order_by_account"),
                    models.Index(fields=["owner", "status"], name="order_by_owner"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("billing_name", ""), _negated=True), name="order_names_its_customer"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("detail_total__gte", 0),
                            ("discount_amount__gte", 0),
                            ("discount_total__gte", 0),
                            ("freight__gte", 0),
                            ("tax_total__gte", 0),
                            ("total__gte", 0),
                        ),
                        name="order_amounts_are_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("discount_percent", 0), ("discount_amount", 0), _connector="OR"),
                        name="order_discount_is_per_cent_or_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "fulfilled"), _negated=True),
                            ("fulfilled_on__isnull", False),
                            _connector="OR",
                        ),
                        name="order_fulfilled_has_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cancelled_on__isnull", False), ("status", "cancelled")),
                            models.Q(models.Q(("status", "cancelled"), _negated=True), ("cancelled_on", None)),
                            _connector="OR",
                        ),
                        name="order_cancelled_has_a_day",
                    ),
                ],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                ("unit", models.CharField(blank=True, max_length=30)),
                ("quantity", models.DecimalField(decimal_places=4, default=Decimal("1"), max_digits=14)),
                ("unit_price", models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=18)),
                (
                    "discount_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                ("discount_amount", models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=18)),
                (
                    "tax_rate",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxrate",
                    ),
                ),
                (
                    "tax_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        editable=False,
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, validators=[django.core.validators.MaxValueValidator(999)]
                    ),
                ),
                ("net", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                ("tax", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="sales.order"
                    ),
                ),
                (
                    "made_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="order_lines",
                        to="sales.quoteline",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="orderline_quantity_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit_price__gte", 0)), name="orderline_price_is_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_amount__gte", 0),
                            ("discount_percent__gte", 0),
                            ("discount_percent__lte", 100),
                            models.Q(("discount_percent", 0), ("discount_amount", 0), _connector="OR"),
                        ),
                        name="orderline_discount_is_sound",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("net__gte", 0), ("tax__gte", 0)), name="orderline_amounts_are_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
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
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="crm.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="%(class)ss",
                        to="crm.contact",
                    ),
                ),
                (
                    "currency",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.currency"),
                ),
                ("billing_name", models.CharField(max_length=200, verbose_name="bill to")),
                ("billing_street", models.CharField(blank=True, max_length=200, verbose_name="street")),
                ("billing_postal_code", models.CharField(blank=True, max_length=20, verbose_name="postal code")),
                ("billing_city", models.CharField(blank=True, max_length=100, verbose_name="city")),
                (
                    "billing_country",
                    models.CharField(
                        blank=True, help_text="Two letters, e.g. IN.", max_length=2, verbose_name="country"
                    ),
                ),
                ("billing_vat_id", models.CharField(blank=True, max_length=30, verbose_name="customer's VAT id")),
                ("notes", models.TextField(blank=True, help_text="Printed under the totals.")),
                (
                    "discount_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                        verbose_name="discount in per cent",
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="discount as an amount",
                    ),
                ),
                (
                    "freight",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "detail_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                (
                    "discount_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                (
                    "tax_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                ("total", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                (
                    "base_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                ("number", models.CharField(editable=False, max_length=20, unique=True)),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="sales.order",
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="sales.opportunity",
                    ),
                ),
                ("invoiced_on", models.DateField()),
                ("due_on", models.DateField()),
                (
                    "paid_total",
                    models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18),
                ),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[
                            ("active", "Active"),
                            ("partly_paid", "Partly paid"),
                            ("paid", "Paid"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="active",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("paid_on", models.DateField(blank=True, editable=False, null=True)),
                ("cancelled_on", models.DateField(blank=True, editable=False, null=True)),
            ],
            options={
                "ordering": ["-pk"],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["account", "-id"], name="invoice_by_account"),
                    models.Index(fields=["status", "due_on"], name="invoice_by_due_day"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("billing_name", ""), _negated=True), name="invoice_names_its_customer"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("detail_total__gte", 0),
                            ("discount_amount__gte", 0),
                            ("discount_total__gte", 0),
                            ("freight__gte", 0),
                            ("tax_total__gte", 0),
                            ("total__gte", 0),
                        ),
                        name="invoice_amounts_are_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("discount_percent", 0), ("discount_amount", 0), _connector="OR"),
                        name="invoice_discount_is_per_cent_or_amount",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("paid_total__gte", 0), ("paid_total__lte", models.F("total"))),
                        name="invoice_is_never_paid_more_than_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("paid_on__isnull", False), ("paid_total", models.F("total")), ("status", "paid")),
                            models.Q(
                                ("paid_total__gt", 0), ("paid_total__lt", models.F("total")), ("status", "partly_paid")
                            ),
                            models.Q(("paid_total", 0), ("status__in", ["active", "cancelled"])),
                            _connector="OR",
                        ),
                        name="invoice_status_says_what_was_paid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("due_on__gte", models.F("invoiced_on"))),
                        name="invoice_is_due_after_its_day",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "cancelled"), _negated=True),
                        fields=("order",),
                        name="invoice_one_in_force_per_order",
                    ),
                ],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                ("unit", models.CharField(blank=True, max_length=30)),
                ("quantity", models.DecimalField(decimal_places=4, default=Decimal("1"), max_digits=14)),
                ("unit_price", models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=18)),
                (
                    "discount_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                ("discount_amount", models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=18)),
                (
                    "tax_rate",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxrate",
                    ),
                ),
                (
                    "tax_percent",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        editable=False,
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("100")),
                        ],
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, validators=[django.core.validators.MaxValueValidator(999)]
                    ),
                ),
                ("net", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                ("tax", models.DecimalField(decimal_places=4, default=Decimal("0"), editable=False, max_digits=18)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="sales.invoice"
                    ),
                ),
                (
                    "made_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="invoice_lines",
                        to="sales.orderline",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="invoiceline_quantity_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit_price__gte", 0)), name="invoiceline_price_is_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_amount__gte", 0),
                            ("discount_percent__gte", 0),
                            ("discount_percent__lte", 100),
                            models.Q(("discount_percent", 0), ("discount_amount", 0), _connector="OR"),
                        ),
                        name="invoiceline_discount_is_sound",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("net__gte", 0), ("tax__gte", 0)),
                        name="invoiceline_amounts_are_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="sales.invoice"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=4,
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                    ),
                ),
                ("paid_on", models.DateField()),
                (
                    "method",
                    models.CharField(
                        choices=[("transfer", "Bank transfer"), ("card", "Card"), ("cash", "Cash"), ("other", "Other")],
                        default="transfer",
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(blank=True, help_text="What the bank statement says.", max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["paid_on", "pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="payment_is_more_than_nothing")
                ],
            },
        ),
    ]
