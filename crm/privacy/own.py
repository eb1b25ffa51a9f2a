"""What crm itself holds about a person."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.actions.attachments import forget_files
from crm.actions.digests import KEY as DIGEST_KEY
from crm.hooks import personal
from crm.hooks.personal import ALWAYS, ON_ERASE, PersonalData, of_contact
from crm.models import (
    AccountRole,
    Activity,
    Attachment,
    Attendee,
    Consent,
    Contact,
    DeliveryReport,
    HandoverReceipt,
    Import,
    ImportLine,
    IncomingMail,
    Interaction,
    Letter,
    Merge,
    Message,
    Notification,
    OptIn,
    OutboxItem,
    Suppression,
    Tagging,
)

NOBODY = "Erased person"
LETTER = "crm.letter"


def register_all() -> None:
    texts = {"subject": "Erased", "body": "", "outcome": "", "location": "", "custom": {}}
    personal.register(
        PersonalData("crm.contact", _("The person"), herself, blank=blank_contact(), order=10),
        PersonalData("crm.consent", _("Consent"), consents_of, "given_at", why_kept=_PROOF, order=20),
        PersonalData("crm.suppression", _("Suppressions"), suppressions_of, "since", why_kept=_PROOF, order=21),
        PersonalData("crm.activity", _("Activities"), of_contact(Activity), blank=texts, deletes=ON_ERASE, order=30),
        PersonalData(
            "crm.attendee", _("Appointments she takes part in"), of_contact(Attendee), deletes=ALWAYS, order=32
        ),
        PersonalData(
            "crm.incomingmail",
            _("Mails that were filed"),
            mails_of,
            "at",
            blank={"said": "", "raw": None, "message_id": ""},
            hides=("key", "raw"),
            order=33,
        ),
        PersonalData("crm.attachment", _("Files"), files_of, "at", deletes=ALWAYS, before=forget_bytes, order=31),
        PersonalData(
            "crm.interaction",
            _("What she did, and what happened to her"),
            of_contact(Interaction),
            "occurred_at",
            blank={"data": {}, "visitor": ""},
            deletes=ON_ERASE,
            hides=("epoch", "xid", "key"),
            order=40,
        ),
        PersonalData(
            "crm.message",
            _("Messages"),
            of_contact(Message),
            blank={"address": "", "variables": {}},
            before=forget_letters,
            hides=("claim",),
            order=41,
        ),
        PersonalData(
            "crm.optin",
            _("Confirmations that she was asked for"),
            lambda contact: OptIn.objects.filter(_points(contact)),
            "asked_at",
            why_kept=_PROOF,
            hides=("key",),
            order=22,
        ),
        PersonalData(
            "crm.deliveryreport",
            _("Bounces and complaints"),
            lambda contact: DeliveryReport.objects.filter(message__contact=contact),
            "received_at",
            deletes=ALWAYS,
            hides=("key", "raw"),
            order=42,
        ),
        PersonalData("crm.merge", _("Merges"), Merge.objects.of_person, "merged_at", deletes=ALWAYS, order=12),
        PersonalData("crm.tagging", _("Tags"), tags_of, "pk", deletes=ALWAYS, order=50),
        PersonalData("crm.accountrole", _("Roles at companies"), of_contact(AccountRole), deletes=ALWAYS, order=51),
        PersonalData(
            "crm.importline",
            _("Lines of imported files"),
            import_lines_of,
            "pk",
            blank={"values": {}, "match_key": "", "problem": ""},
            before=forget_import_files,
            order=60,
        ),
        PersonalData("crm.handoverreceipt", _("Hand-overs to sales"), of_contact(HandoverReceipt), "at", order=61),
        PersonalData("crm.notification", _("Notifications that name her"), notifications_of, deletes=ALWAYS, order=70),
        PersonalData(
            "crm.letter",
            _("Digests to colleagues that name her"),
            digests_of,
            blank={"text": ""},
            before=forget_outbox,
            hides=("text", "html"),
            order=71,
        ),
        PersonalData(
            "auditlog.logentry",
            _("Change history"),
            history_of,
            "timestamp",
            blank={"changes": {}, "object_repr": NOBODY, "serialized_data": None, "changes_text": ""},
            hides=("serialized_data", "object_pk"),
            order=80,
        ),
    )


_PROOF = _("It proves what she agreed to, and keeps us from writing to her again.")


def blank_contact() -> dict[str, Any]:
    """Every text that says who she is. The row stays: deals and counts hang on it."""
    columns = [column for column in Contact._meta.concrete_fields if not column.generated and not column.choices]
    texts = [c.name for c in columns if isinstance(c, models.CharField | models.TextField) and c.name != "country"]
    nothing = {name: None if Contact._meta.get_field(name).null else "" for name in texts}
    return {**nothing, "last_name": NOBODY, "custom": {}, "is_active": False, "account": None}


def herself(contact: int) -> QuerySet[Contact]:
    """The person, and whoever was merged into her."""
    return Contact._base_manager.filter(Q(pk=contact) | Q(merged_into=contact))


def consents_of(contact: int) -> QuerySet[Consent]:
    return Consent.objects.filter(_points(contact))


def suppressions_of(contact: int) -> QuerySet[Suppression]:
    return Suppression.objects.filter(_points(contact))


def _points(contact: int) -> Q:
    """The addresses and numbers of the contact, as long as nobody has blanked them."""
    person = herself(contact)
    email = Q(point__channel="email", point__value__in=person.exclude(email_normal="").values("email_normal"))
    mobile = Q(point__channel="sms", point__value__in=person.exclude(mobile_normal="").values("mobile_normal"))
    return email | mobile


def files_of(contact: int) -> QuerySet[Attachment]:
    """Files on the contact, on her activities, and on the records that point at her."""
    from crm.hooks import records

    question = Q(record_type=ContentType.objects.get_for_model(Contact), record_id=contact)
    for kind in records.all_kinds():
        model: Any = kind.model
        if any(column.name == "contact" for column in model._meta.concrete_fields) and kind.name != "sales.opportunity":
            on = ContentType.objects.get_for_model(model)
            question |= Q(record_type=on, record_id__in=model._base_manager.filter(contact=contact).values("pk"))
    return Attachment.objects.filter(question)


def mails_of(contact: int) -> QuerySet[IncomingMail]:
    """What was noted of her mails; that they were filed stays known, so that they do not come again."""
    activities = Activity._base_manager.filter(contact=contact).values("pk")
    return IncomingMail.objects.filter(
        pk__in=IncomingMail.activities.through.objects.filter(activity__in=activities).values("incomingmail")
    )


def tags_of(contact: int) -> QuerySet[Tagging]:
    return Tagging.objects.filter(record_type=ContentType.objects.get_for_model(Contact), record_id=contact)


def import_lines_of(contact: int) -> QuerySet[ImportLine]:
    """Those that became her, and those of any other kind that are told apart by her address."""
    lines = Q(record_id__in=herself(contact).values("pk"), of__kind="crm.contact")
    for address in herself(contact).exclude(email="").values_list("email_normal", flat=True):
        lines |= Q(match_key=address) | Q(match_key__startswith=f"email|{address}|")
    return ImportLine.objects.filter(lines)


def notifications_of(contact: int) -> QuerySet[Notification]:
    """Lines that lead to her page, or that write her full name."""
    return Notification.objects.filter(_naming(contact, lambda address: Q(url=address)))


def digests_of(contact: int) -> QuerySet[Letter]:
    """Mails that told colleagues of such lines. They tell of other people too, so the export leaves their text out."""
    mails = Message.objects.filter(key__startswith=DIGEST_KEY, content_type=LETTER).values("content_id")
    lines = _naming(contact, lambda address: Q(text__contains=f"{address}\n"))
    return Letter.objects.filter(lines, pk__in=mails)


def _naming(contact: int, leads_to: Callable[[str], Q]) -> Q:
    lines = Q(pk__in=[])
    for person in herself(contact):
        lines |= leads_to(person.get_absolute_url())
        if person.first_name and person.last_name:
            lines |= Q(text__icontains=str(person))
    return lines


def history_of(contact: int) -> QuerySet[LogEntry]:
    """Entries about her, her activities and the records that are about her alone."""
    from crm.hooks import records

    question = Q(content_type=ContentType.objects.get_for_model(Contact), object_id__in=herself(contact).values("pk"))
    for kind in records.all_kinds():
        model: Any = kind.model
        if any(column.name == "contact" for column in model._meta.concrete_fields):
            on = ContentType.objects.get_for_model(model)
            question |= Q(content_type=on, object_id__in=model._base_manager.filter(contact=contact).values("pk"))
    return LogEntry.objects.filter(question)


def forget_bytes(rows: QuerySet) -> None:
    forget_files(rows)


def forget_letters(rows: QuerySet) -> None:
    """The text of letters to her, their files, and what lies in the Outbox."""
    letters = rows.filter(content_type=LETTER).values("content_id")
    Letter.objects.filter(pk__in=letters).update(subject="Erased", text="", html="", to_line="", cc_line="")
    from crm.models import LetterFile

    LetterFile.objects.filter(letter__in=letters).delete()
    OutboxItem.objects.filter(message__in=rows.values("pk")).delete()


def forget_outbox(letters: QuerySet) -> None:
    mails = Message.objects.filter(content_type=LETTER, content_id__in=letters.values("pk"))
    OutboxItem.objects.filter(message__in=mails.values("pk")).delete()


def forget_import_files(rows: QuerySet) -> None:
    """The files themselves hold her line, too; a finished import needs its file no more."""
    for one in Import.objects.filter(pk__in=rows.values("of"), finished_at__isnull=False).exclude(file=""):
        kept = [file for file in (one.file, one.rows) if file]
        Import.objects.filter(pk=one.pk).update(file="", rows="")
        for file in kept:
            transaction.on_commit(partial(file.storage.delete, str(file.name)))
