"""Signing in by email and password, with a second factor where it is set up; accounts are made by invitation only."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.access.depths import grants_of
from crm.models import Company

JUST_NOW = 300
"""Seconds for which whoever has just signed in need not say so again before a change of their own sign-in."""


class Adapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This email address and password do not belong together."),
        "too_many_login_attempts": _(
            "Too many wrong passwords for this address. Wait five minutes, or choose a new password below."
        ),
        "rate_limited": _("That was too often in a short time. Wait a few minutes and try again."),
    }

    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        records = get_authentication_records(self.request, self.request.user)
        if records and time.time() - records[-1]["at"] < JUST_NOW:
            return False
        return super().is_reauthentication_required(app=app, **kwargs)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the address that the operator gave, not the one that a request claims."""
        page = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.PUBLIC_URL + page.replace("UID-KEY", key)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """“Your password was changed.” goes to the one address of the user."""
        super().send_notification_mail(template_prefix, user, context, email or user.email)


class SecondFactorAdapter(DefaultMFAAdapter):
    """The secrets of authenticator apps rest encrypted with a key made of SECRET_KEY."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right. Codes change every 30 seconds: type the newest one."),
        "cannot_delete_authenticator": _("Your company asks for a second factor, so it cannot be switched off."),
    }

    def encrypt(self, text: str) -> str:
        return _safe().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _safe().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        return not needs_second_factor(authenticator.user)


def _safe() -> MultiFernet:
    keys = [str(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"tandem.second-factor:{key}".encode()).digest()))
        for key in keys
    )


def needs_second_factor(user: Any) -> bool:
    """Does the company ask this user for a second factor: everybody, or by a role of theirs?"""
    if user.role_needs_second_factor or grants_of(user):  # the company's wish is read with the grants
        return bool(user.role_needs_second_factor)
    return Company.objects.filter(needs_second_factor=True).exists()


def has_second_factor(request: Any) -> bool:
    """Was this session opened with a second factor, or by a provider that looks after it? Else: is one set up?"""
    methods = {record["method"] for record in get_authentication_records(request, request.user)}
    if methods & {"mfa", "socialaccount"}:
        return True
    return SecondFactorAdapter().is_mfa_enabled(request.user)
