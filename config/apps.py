"""The whole: knows every app, known by none. Its commands set up, serve and demonstrate the product."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class TandemConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from crm.hooks.navigation import Door, register

        register(Door("demo", "setup", "Demo data", "demo-data", "sparkles", ("crm.company", "change"), order=110))


class TandemAdminConfig(AdminConfig):
    """The admin in our own shell."""

    default_site = "crm.admin_site.TandemAdminSite"
