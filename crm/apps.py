"""The shared ground floor: people, companies, activities, consent, delivery, rules, the log and the hooks."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "CRM"

    def ready(self) -> None:
        from crm import wiring
        from crm.custom_fields import indexes
        from crm.delivery import send_counts
        from crm.hooks.resources import grant_defaults
        from crm.log import triggers
        from crm.search import sql

        wiring.wire()
        post_migrate.connect(grant_defaults, sender=self, dispatch_uid="crm.grant_defaults")
        pre_migrate.connect(triggers.take_away, sender=self, dispatch_uid="crm.triggers.take_away")
        post_migrate.connect(triggers.put_back, sender=self, dispatch_uid="crm.triggers.put_back")
        pre_migrate.connect(sql.take_away, sender=self, dispatch_uid="crm.search.take_away")
        post_migrate.connect(sql.put_back, sender=self, dispatch_uid="crm.search.put_back")
        pre_migrate.connect(send_counts.take_away, sender=self, dispatch_uid="crm.send_counts.take_away")
        post_migrate.connect(send_counts.put_back, sender=self, dispatch_uid="crm.send_counts.put_back")
        post_migrate.connect(indexes.want_lost_ones, sender=self, dispatch_uid="crm.custom_fields.want_lost_ones")
