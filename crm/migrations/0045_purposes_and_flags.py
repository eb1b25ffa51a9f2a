import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

BUILT_IN = (
    ("commercial", "News and offers", "Invitations, product news, offers.", "opt_in", True, 10),
    ("transactional", "Messages about what you asked for", "Confirmations, invoices, answers.", "free", False, 20),
    ("tracking", "Let us see what interests you", "Opens and clicks are counted for you.", "opt_out", True, 90),
)


def add_purposes(apps, schema_editor):
    purposes = apps.get_model("crm", "ConsentPurpose").objects
    for key, name, description, rule, is_offered, position in BUILT_IN:
        facts = {"name": name, "description": description, "rule": rule, "is_offered": is_offered, "position": position}
        purposes.get_or_create(key=key, defaults=facts)


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0044_variants_and_pauses"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentPurpose",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.SlugField(
                        help_text="Short and for ever: what imports, forms and the API call it, like “research”.",
                        max_length=20,
                        unique=True,
                        verbose_name="key",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="As readers of the preference page see it.", max_length=60, verbose_name="name"
                    ),
                ),
                ("description", models.CharField(blank=True, max_length=300, verbose_name="description")),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("opt_in", "Only after a yes"),
                            ("opt_out", "Unless the person said no"),
                            ("free", "Always: the ledger is not asked"),
                        ],
                        default="opt_in",
                        max_length=10,
                        verbose_name="a message goes out",
                    ),
                ),
                ("is_offered", models.BooleanField(default=True, verbose_name="on the preference page")),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="One that is not used any more stays in the ledger, and is offered nowhere.",
                        verbose_name="is used",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=50, verbose_name="order")),
            ],
            options={
                "verbose_name": "purpose",
                "verbose_name_plural": "purposes",
                "ordering": ["position", "name"],
            },
        ),
        migrations.AlterModelOptions(
            name="topic",
            options={"ordering": ["position", "name"]},
        ),
        migrations.AddField(
            model_name="contact",
            name="do_not_email",
            field=models.BooleanField(
                default=False, help_text="No email goes to this person, and to nobody else at the same address."
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="do_not_phone",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="contact",
            name="do_not_sms",
            field=models.BooleanField(default=False, verbose_name="do not SMS"),
        ),
        migrations.AddField(
            model_name="suppression",
            name="lifted_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="suppression",
            name="set_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="suppression",
            name="strikes",
            field=models.PositiveSmallIntegerField(default=1, editable=False),
        ),
        migrations.AddField(
            model_name="topic",
            name="is_active",
            field=models.BooleanField(
                default=True,
                help_text="One that is not used any more stays in the ledger, and is offered nowhere.",
                verbose_name="is used",
            ),
        ),
        migrations.AddField(
            model_name="topic",
            name="is_offered",
            field=models.BooleanField(default=True, verbose_name="on the preference page"),
        ),
        migrations.AddField(
            model_name="topic",
            name="needs_yes",
            field=models.BooleanField(
                default=False,
                help_text="Otherwise who agreed to the purpose gets it until they leave it.",
                verbose_name="needs a yes of its own",
            ),
        ),
        migrations.AddField(
            model_name="topic",
            name="position",
            field=models.PositiveSmallIntegerField(default=50, verbose_name="order"),
        ),
        migrations.AddField(
            model_name="topic",
            name="purpose",
            field=models.CharField(
                default="commercial",
                help_text="The purpose that it is a part of.",
                max_length=20,
                verbose_name="belongs to",
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="purpose",
            field=models.CharField(max_length=20),
        ),
        migrations.AlterField(
            model_name="message",
            name="purpose",
            field=models.CharField(max_length=20),
        ),
        migrations.AlterField(
            model_name="suppression",
            name="cause",
            field=models.CharField(
                choices=[
                    ("bounce", "Bounced"),
                    ("soft", "Could not be reached for a while"),
                    ("complaint", "Complained"),
                    ("manual", "Set by hand"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(fields=["point", "-id"], name="consent_by_point"),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("do_not_email", True)), fields=["email_normal"], name="contact_not_to_email"
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("do_not_sms", True)), fields=["mobile_normal"], name="contact_not_to_sms"
            ),
        ),
        migrations.RunPython(add_purposes, migrations.RunPython.noop),
    ]
