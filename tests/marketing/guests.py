"""A guest with a browser: reads a public page, fills in what stands there, and sends it as a browser would."""

from datetime import timedelta
from html import unescape
from re import search

import time_machine
from django.utils import timezone

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ASHA = {"first_name": "Asha", "last_name": "Rao", "email": "asha@example.com", "company": "Rao Mills", "country": "IN"}


def look(client, url, **headers):
    return client.get(url, headers={"user-agent": BROWSER, **headers})


def token_in(response):
    return unescape(search(r'name="token" value="([^"]+)"', response.content.decode())[1])


def fill_in(client, url, *, after=timedelta(seconds=20), token=None, **values):
    """Look at the page, take `after` over it, send it. Values replace Asha's; None leaves a field out."""
    token = token or token_in(look(client, url))
    answer = {name: value for name, value in {**ASHA, **values, "token": token}.items() if value is not None}
    with time_machine.travel(timezone.now() + after):
        return client.post(url, answer, headers={"user-agent": BROWSER})
