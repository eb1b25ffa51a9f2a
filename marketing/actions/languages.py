"""An email in several languages: the reader's decides, else it is the one that the email itself is written in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import transaction

from crm.errors import Invalid
from marketing.blocks.uses import keep_uses
from marketing.models import EmailTranslation, MarketingEmail

if TYPE_CHECKING:
    from crm.models import User

CODE = re.compile(r"[a-z]{2}(-[a-z]{2})?\Z")


@transaction.atomic
def add_language(email: MarketingEmail, language: str, *, by: User) -> EmailTranslation:
    """Begins as a copy of the email. Raises Invalid for what is no code, or is there."""
    email.must_be_editable_by(by)
    code = language.strip().lower()
    if not CODE.match(code):
        raise Invalid("A language is two letters, like de, or four, like pt-br.", field="language")
    email = MarketingEmail.objects.select_for_update().get(pk=email.pk)
    if code == email.language.lower() or email.translations.filter(language=code).exists():
        raise Invalid(f"It is written in “{code}” already.", field="language")
    made = EmailTranslation.objects.create(
        email=email,
        language=code,
        subject=email.subject,
        preheader=email.preheader,
        blocks=email.blocks,
        html=email.html,
    )
    _changed(email)
    return made


@transaction.atomic
def remove_language(email: MarketingEmail, language: str, *, by: User) -> None:
    """Its readers get the email itself from the next version on."""
    email.must_be_editable_by(by)
    email = MarketingEmail.objects.select_for_update().get(pk=email.pk)
    deleted, _ = email.translations.filter(language=language).delete()
    if not deleted:
        raise Invalid(f"It has no version in “{language}”.", field="language")
    _changed(email)
    keep_uses(email)


def _changed(email: MarketingEmail) -> None:
    if email.status == MarketingEmail.Status.READY:
        email.rework()
    email.version += 1
    email.save()
