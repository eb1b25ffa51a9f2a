"""The floor of benchmarks/hits.py, served by the same web server: a view that checks a token, inserts a row and commits; no more.

It runs without middleware, and is told in the address whose hit it is.
"""

import os
from base64 import b64decode

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

from crm.delivery import tokens  # noqa: E402
from crm.models import Interaction  # noqa: E402

settings.MIDDLEWARE = []
settings.ROOT_URLCONF = "benchmarks.bare_view"
application = get_wsgi_application()
PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def opened(request: HttpRequest, token: str, contact: int) -> HttpResponse:
    message = tokens.read_open(token)
    if message is None:
        return HttpResponse(status=404)
    Interaction.objects.create(
        kind="email.opened",
        contact_id=contact,
        message_id=message,
        source_type="benchmark",
        source_id=1,
        data={"agent": request.headers.get("User-Agent", ""), "method": request.method},
        occurred_at=timezone.now(),
    )
    return HttpResponse(PIXEL, content_type="image/gif")


urlpatterns = [path("bare/<str:token>/<int:contact>", opened)]
