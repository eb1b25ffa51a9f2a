from django.db import migrations, models


class Migration(migrations.Migration):
    """A second factor can be asked for: of everybody, or by role."""

    dependencies = [("crm", "0017_privacy")]

    operations = [
        migrations.AddField(
            model_name="company",
            name="needs_second_factor",
            field=models.BooleanField(
                default=False,
                help_text="Whoever has none sets one up at their next page. Or ask for it by role, under Roles.",
                verbose_name="everybody needs a second factor to sign in",
            ),
        ),
        migrations.AddField(
            model_name="role",
            name="needs_second_factor",
            field=models.BooleanField(default=False, verbose_name="needs a second factor to sign in"),
        ),
    ]
