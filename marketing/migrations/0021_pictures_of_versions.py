"""Which pictures each version shows: mails that were sent go on showing them. Versions that exist are looked through."""

import json
import re

from django.db import migrations, models

PICTURE = re.compile(r"/m/([0-9a-f]{32})\.")


def look_through(apps, schema_editor):
    base = schema_editor.connection.alias
    versions = apps.get_model("marketing", "EmailVersion").objects.using(base)
    pictures = dict(apps.get_model("marketing", "MediaFile").objects.using(base).values_list("key", "pk"))
    if not pictures:
        return
    for version in versions.only("html", "translations").iterator(chunk_size=100):
        keys = set(PICTURE.findall(json.dumps([version.html, version.translations])))
        version.media.add(*(pictures[key] for key in keys if key in pictures))


class Migration(migrations.Migration):
    dependencies = [
        ("marketing", "0020_audiences_of_sends"),
    ]

    operations = [
        migrations.AddField(
            model_name="emailversion",
            name="media",
            field=models.ManyToManyField(editable=False, related_name="versions", to="marketing.mediafile"),
        ),
        migrations.RunPython(look_through, migrations.RunPython.noop),
    ]
