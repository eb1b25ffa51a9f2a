"""What crm lets go with time."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.delivery.heard import keep_heard
from crm.hooks import retention
from crm.hooks.retention import Keeping
from crm.models import (
    Contact,
    DeliveryReport,
    IdempotentRequest,
    Import,
    ImportLine,
    IncomingMail,
    Interaction,
    Notification,
    OutboxItem,
)

MACHINES = ("prefetch", "scanner", "bot")


def register_all() -> None:
    retention.register(
        Keeping(
            "crm.prospects",
            _("Prospects who never became customers"),
            _("Anonymised when nothing was heard of them for so long, and no lead of theirs was ever qualified."),
            quiet_prospects,
            anonymise,
            least=30,
            order=10,
        ),
        Keeping(
            "crm.behaviour",
            _("What people opened, clicked and visited"),
            _("Rows of the log go; scores, segments and the numbers of emails count what is left."),
            lambda before: Interaction.objects.filter(occurred_at__lt=before).exclude(verdict="").exclude(contact=None),
            forget_hits,
            least=30,
            order=20,
        ),
        Keeping(
            "crm.machines",
            _("Opens and clicks of machines"),
            _("Scanners and previews: they count for nothing, but are kept to judge again."),
            lambda before: Interaction.objects.filter(verdict__in=MACHINES, occurred_at__lt=before),
            forget_hits,
            days=180,
            order=21,
        ),
        Keeping(
            "crm.outbox",
            _("The Outbox"),
            _("Mails and texts kept as their reader would see them; the messages themselves stay."),
            lambda before: OutboxItem.objects.filter(at__lt=before),
            days=90,
            order=30,
        ),
        Keeping(
            "crm.unfiled_mails",
            _("Mails that were not filed"),
            _("Why a mail could not be read, was too large or ignored, and what of it was kept to look into."),
            lambda before: IncomingMail.objects.filter(at__lt=before).exclude(became=IncomingMail.Became.FILED),
            days=90,
            order=35,
        ),
        Keeping(
            "crm.reports",
            _("Bounces and complaints as they came"),
            _("The reports of mail servers and email services; suppressions and messages stay."),
            lambda before: DeliveryReport.objects.filter(received_at__lt=before),
            days=180,
            order=36,
        ),
        Keeping(
            "crm.import_files",
            _("Imported files and their lines"),
            _(
                "What an import did stays in the history; it can no longer be reverted, and its errors no longer be read."
            ),
            lambda before: Import.objects.filter(finished_at__lt=before).exclude(file="", lines=None),
            forget_import,
            days=90,
            order=40,
        ),
        Keeping(
            "crm.notifications",
            _("Notifications that were read"),
            "",
            lambda before: Notification.objects.filter(read_at__lt=before),
            days=90,
            order=50,
        ),
        Keeping(
            "crm.answers",
            _("Answers kept for clients that ask twice"),
            _("An Idempotency-Key is remembered so long."),
            lambda before: IdempotentRequest.objects.filter(at__lt=before),
            days=2,
            order=60,
        ),
    )


def forget_hits(rows: QuerySet) -> int:
    """Messages must not go on telling what the log has forgotten."""
    messages = set(rows.exclude(message=None).values_list("message", flat=True))
    gone = retention.delete(rows)
    keep_heard(messages)
    return gone


def quiet_prospects(before: datetime) -> QuerySet[Contact]:
    quiet = Contact.objects.filter(is_prospect=True, is_active=True, created_at__lt=before)
    return quiet.exclude(last_active_at__gte=before).exclude(interactions__occurred_at__gte=before)


def anonymise(rows: QuerySet[Contact]) -> int:
    from crm.actions.privacy import forget_person

    people = list(rows)
    for person in people:
        forget_person(person, mode="anonymise", reason=str(_("Retention: nothing was heard of them.")), by=None)
    return len(people)


def forget_import(rows: QuerySet[Import]) -> int:
    imports = list(rows)
    ImportLine.objects.filter(of__in=[one.pk for one in imports]).delete()
    for one in imports:
        for file in filter(None, (one.file, one.rows)):
            file.delete(save=False)
        Import.objects.filter(pk=one.pk).update(file="", rows="")
    return len(imports)
