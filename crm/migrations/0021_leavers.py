import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """To whom the records of somebody who has left are being handed over."""

    dependencies = [("crm", "0020_invitations")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="handed_to",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
