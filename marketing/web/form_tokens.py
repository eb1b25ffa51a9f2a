"""The signed token in every public form: it names the page, tells its age, and makes two posts one.

No cookie is needed, so that a form works in a frame on somebody else's site.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import Invalid
from marketing.models import Form

OLDEST = 24 * 3600
QUICKEST = 1.5
"""Seconds. Nobody reads and fills in a page faster; one sent at once is asked to be sent again."""
_signer = signing.Signer(salt="marketing.form")


@dataclass(frozen=True)
class Token:
    """`nonce` names one showing of the page, `age` is in seconds since then."""

    nonce: str
    age: float

    @property
    def is_too_quick(self) -> bool:
        return self.age < QUICKEST


def issue(form: Form, now: datetime | None = None) -> str:
    """A token for one showing of this form."""
    shown_at = int((now or timezone.now()).timestamp() * 1000)
    return _signer.sign(f"{form.pk}.{shown_at}.{secrets.token_urlsafe(12)}")


def read(text: str, form: Form, now: datetime | None = None) -> Token:
    """Raises Invalid, with a sentence for the guest, where the token is changed, foreign or too old."""
    try:
        form_id, shown_at, nonce = _signer.unsign(text).split(".", 2)
    except signing.BadSignature:
        raise Invalid(_("We could not tell which page this came from. Please send it once more.")) from None
    if form_id != str(form.pk):
        raise Invalid(_("This came from another form. Please send it once more."))
    age = (now or timezone.now()).timestamp() - int(shown_at) / 1000
    if age > OLDEST:
        raise Invalid(_("This page was open for more than a day. Please send it once more."))
    return Token(nonce, age)
