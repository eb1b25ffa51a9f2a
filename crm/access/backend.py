"""Signing in by email (allauth), and Django's `has_perm` answered by our grants: the admin and every library obey the roles."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from crm.access.depths import grants_of, may


class GrantsBackend(AuthenticationBackend):
    """“crm.change_contact” means: the role reaches at least some contacts with “change”."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        app, _, codename = perm.partition(".")
        verb, _, model = codename.partition("_")
        return may(user_obj, f"{app}.{model}", verb)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        if not user_obj.is_active:
            return False
        return user_obj.is_superuser or any(resource.startswith(f"{app_label}.") for resource, _ in grants_of(user_obj))
