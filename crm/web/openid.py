"""Signing in at your organisation's own OpenID Connect provider: whom we let in, and by which address."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from crm.actions.invitations import accept_invitation
from crm.actions.users import welcome_from_provider
from crm.errors import CrmError
from crm.models import Invitation, User


class Adapter(DefaultSocialAccountAdapter):
    """Known people are matched by the address that the provider has verified; invited ones come in by it."""

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: Any, sociallogin: Any) -> None:
        if sociallogin.is_existing:
            return
        email = next((one.email for one in sociallogin.email_addresses if one.verified), "")
        if not email:
            raise _refused(request, _("Your provider did not say that your email address is verified."))
        try:
            user = _user_with(email, sociallogin)
        except CrmError as problem:
            raise _refused(request, problem.message) from problem
        if user is None:
            said = _("Nobody invited %s to Tandem yet. Ask the person who runs it in your company.")
            raise _refused(request, said % email)
        sociallogin.connect(request, user)


def _user_with(email: str, sociallogin: Any) -> User | None:
    """The user with this address; else the invited one, or, where unknown people get a role, a new one."""
    if user := User.objects.filter(email__iexact=email).first():
        return user
    said = sociallogin.account.extra_data
    name = str({**said.get("id_token", {}), **said.get("userinfo", {})}.get("name") or "")[:120]
    if invitation := Invitation.objects.open().filter(email__iexact=email).first():
        return accept_invitation(invitation, name=name, password=None)
    if settings.OIDC_DEFAULT_ROLE:
        return welcome_from_provider(email=email, name=name, role=settings.OIDC_DEFAULT_ROLE)
    return None


def _refused(request: HttpRequest, sentence: str) -> ImmediateHttpResponse:
    return ImmediateHttpResponse(render(request, "socialaccount/refused.html", {"sentence": sentence}, status=403))


class VerifyingAdapter(OpenIDConnectOAuth2Adapter):
    """Checks the signature of the identity against the provider's keys, even though it came straight from there."""

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        return jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )


@login_not_required
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        return OAuth2CallbackView.adapter_view(VerifyingAdapter(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
