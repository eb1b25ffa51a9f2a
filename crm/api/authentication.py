"""`Authorization: Bearer tdm_…`: who it is, how far the token reaches, and a limit on guessing."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from crm.api.tokens import user_of
from crm.errors import Forbidden
from crm.hooks.resources import resources
from crm.models import User
from crm.web.networks import address_of

BY_ITS_RECORD = "*"
"""The `resource` of a view whose rows hang on records of any kind: seeing that record, within the scope, decides."""
WRONG_TOKENS = 30
WITHIN = 300
"""A network may show so many wrong tokens within so many seconds; then it hears 429. A right one always works."""


class TokenAuthentication(BaseAuthentication):
    """A client acts as the user whose token it shows."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        scheme, _sep, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        user = user_of(text.strip())
        if user is None:
            _count_failure(request)
            raise AuthenticationFailed(_("This token is unknown, expired or withdrawn."))
        return user, None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _count_failure(request: Request) -> None:
    """Raises Throttled where this network guesses too much."""
    key = f"wrong-tokens:{address_of(request)}"
    cache.add(key, 0, WITHIN)
    try:
        failures = cache.incr(key)
    except ValueError:  # it ran out between the two
        return
    if failures > WRONG_TOKENS:
        raise Throttled(wait=WITHIN, detail=_("Too many wrong tokens came from your network. Wait a few minutes."))


class WithinScope(BasePermission):
    """A token that does not reach what is asked hears which scope it lacks; whatever a view forgets, the grants still hold.

    A view names its resource as `resource`, else it is that of its queryset. `reads` are actions that only look, by POST.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        scope = getattr(request.user, "scope", None)
        if scope is None:
            return True
        name = getattr(view, "resource", "") or _resource_of(view)
        if name != BY_ITS_RECORD and not scope.reaches(name):
            label = resources.get(name).label if name in resources else view.get_view_name()
            raise Forbidden(_("This token lacks the scope “%s”. Make one that reaches it, under API tokens.") % label)
        only_looks = request.method in SAFE_METHODS or getattr(view, "action", "") in getattr(view, "reads", ())
        if not scope.may_write and not only_looks:
            raise Forbidden(_("This token may only read: it lacks the scope “write”."))
        return True


def _resource_of(view: Any) -> str:
    queryset = getattr(view, "queryset", None)
    return queryset.model._meta.label_lower if queryset is not None else ""


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
