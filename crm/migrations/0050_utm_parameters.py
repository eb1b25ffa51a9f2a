from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0049_hits_by_rule")]

    operations = [
        migrations.AddField(
            model_name="company",
            name="utm_medium",
            field=models.CharField(
                blank=True, help_text="Empty: email, or sms.", max_length=60, verbose_name="UTM medium"
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="utm_source",
            field=models.CharField(
                blank=True,
                help_text="Added to the links of emails and texts, so that your web analytics knows where visitors come from, e.g. newsletter. Empty: nothing is added. What a link says itself stays.",
                max_length=60,
                verbose_name="UTM source",
            ),
        ),
        migrations.AddField(
            model_name="trackedlink",
            name="target",
            field=models.TextField(
                blank=True, help_text="Where it leads, with UTM parameters; empty: the address itself."
            ),
        ),
    ]
