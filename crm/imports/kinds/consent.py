"""Consent with its proof, and suppressions, from a file: an address, what was said, when, where, to which text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.actions.consent import give_consent, withdraw_consent
from crm.actions.suppressions import lift, suppress
from crm.delivery.channels import way
from crm.delivery.purposes import names
from crm.errors import CrmError
from crm.hooks.importers import Habits, Importer, Target, Values
from crm.imports import cells
from crm.imports.headers import WORDS
from crm.imports.row_work import ByRow, RowKind
from crm.imports.rows import Desk, Row
from crm.models import Channel, Consent, ImportLine, Purpose, Suppression, Topic, User

GIVEN = {
    "given": "yes", "granted": "yes", "opt-in": "yes", "optin": "yes", "opted in": "yes", "subscribed": "yes", "confirmed": "yes",
    "withdrawn": "no", "revoked": "no", "opt-out": "no", "optout": "no", "opted out": "no", "unsubscribed": "no", "refused": "no",
}  # fmt: skip
CHANNELS = {"mail": "email", "e-mail": "email", "text": "sms", "mobile": "sms", "phone": "sms"}
CAUSES = {
    "hard bounce": "bounce", "bounced": "bounce", "invalid": "bounce", "spam": "complaint", "complained": "complaint",
    "abuse": "complaint", "unsubscribed": "manual", "do not contact": "manual", "by hand": "manual", "opt-out": "manual",
}  # fmt: skip
ADDRESS = Target(
    "address",
    _("Address"),
    "text",
    (*WORDS["email"], "address", "mobile", "phonenumber", "number", "contactpoint"),
    None,
    254,
)


def _channel() -> Target:
    return Target(
        "channel", _("Channel"), "choice", ("channel", "kanal", "medium"), cells.one_of(Channel.choices, CHANNELS), 20
    )


def purposes() -> list[tuple[str, str]]:
    """By their keys and names, and by the usual words for those that are always there."""
    return [*names().items(), *Purpose.choices]


def given(cell: str) -> bool:
    return cells.yes_or_no(GIVEN.get(cell.casefold(), cell))


def consent_targets(habits: Habits) -> list[Target]:
    zone = habits.by.time_zone or "UTC"
    topics = cells.row_named(
        lambda: cells.by_names((pk, name) for pk, name in Topic.objects.values_list("pk", "name")), "topic"
    )
    return [
        ADDRESS,
        Target("granted", _("Given"), "yesno", ("given", "granted", "consent", "status", "optin", "state"), given, 20, help=_("Yes or no; given or withdrawn.")),
        Target("given_at", _("When"), "moment", ("givenat", "when", "date", "consentdate", "timestamp", "givenon"), cells.moment(habits.day_first, zone), 60),
        Target("source", _("Where"), "text", ("source", "where", "form", "quelle", "origin"), None, 100),
        Target("purpose", _("Purpose"), "choice", ("purpose", "zweck"), cells.one_of(purposes()), 40),
        Target("topic", _("Topic"), "lookup", ("topic", "list", "newsletter", "subscription", "thema"), topics, 100, row_of="crm.topic"),
        Target("text_shown", _("Text that was shown"), "longtext", ("text", "textshown", "wording", "consenttext", "statement"), None, 20_000),
        Target("proof", _("Proof"), "longtext", ("proof", "evidence", "ip", "ipaddress", "nachweis"), None, 2_000),
        _channel(),
    ]  # fmt: skip


def suppression_targets(habits: Habits) -> list[Target]:
    until = cells.moment(habits.day_first, habits.by.time_zone or "UTC")
    return [
        ADDRESS,
        Target("cause", _("Cause"), "choice", ("cause", "type", "grund", "status"), cells.one_of(Suppression.Cause.choices, CAUSES), 40),
        Target("reason", _("Reason"), "text", ("reason", "note", "comment", "message"), None, 300),
        Target("until", _("Until"), "moment", ("until", "expires", "bis"), until, 60, help=_("Empty means for ever.")),
        _channel(),
    ]  # fmt: skip


def complaint_of_consent(names: set[str], creates: bool) -> str:
    needed = {"address": "Address", "granted": "Given", "given_at": "When", "source": "Where"}
    lacking = [f"“{label}”" for name, label in needed.items() if name not in names]
    return (
        f"A line of the ledger needs {', '.join(lacking)}: who said what, when and where. Map the column."
        if lacking
        else ""
    )


def complaint_of_suppression(names: set[str], creates: bool) -> str:
    return "" if "address" in names else "No column is mapped to “Address”."


def finish(values: Values) -> str:
    """The normal form of the address, and by it the channel where none is said."""
    address = str(values.get("address", ""))
    if not address:
        return "Address is missing."
    channel = values.setdefault("channel", "email" if "@" in address else "sms")
    normal = way(channel).normal(address)
    if not normal or (channel == "email" and "@" not in normal):
        wanted = "an email address" if channel == "email" else "a mobile number with its country, like +49 151 23456789"
        return f"Address: “{address[:80]}” is not {wanted}."
    values["address"] = normal
    return ""


def key_of_consent(values: Values) -> str:
    names = ("channel", "address", "purpose", "topic", "granted", "given_at")
    return "|".join(str(values.get(name, "")) for name in names)


def key_of_suppression(values: Values) -> str:
    return f"{values['channel']}|{values['address']}|{values.get('cause', '')}"


# The ledger


def find_consent(rows: Sequence[Row], desk: Desk) -> None:
    """The entry that says exactly this already."""
    entries = Consent.objects.filter(
        point__value__in={row.values["address"] for row in rows},
        given_at__in={row.values["given_at"] for row in rows if "given_at" in row.values},
    ).select_related("point")
    known: dict[tuple, Consent] = {
        (one.point.channel, one.point.value, one.purpose, one.topic_id, one.granted, one.given_at): one
        for one in entries
    }
    for row in rows:
        values = row.values
        topic = getattr(values.get("topic"), "pk", None)
        purpose = values.get("purpose", Purpose.COMMERCIAL)
        row.record = known.get(
            (values["channel"], values["address"], purpose, topic, values.get("granted"), values.get("given_at"))
        )


def consent_is_missing(row: Row, desk: Desk) -> str:
    for name, label in (("granted", "Given"), ("given_at", "When"), ("source", "Where")):
        if row.values.get(name) in (None, ""):
            return f"{label} is missing: without it nobody could show that they agreed."
    if row.values["given_at"] > timezone.now():
        return "Consent cannot have been given in the future."
    return ""


def create_consent(values: Values, desk: Desk) -> Consent:
    decide = give_consent if values["granted"] else withdraw_consent
    proof = {
        "import": desk.of.pk,
        "file": desk.of.file_name,
        **({"note": values["proof"]} if "proof" in values else {}),
    }
    return decide(
        values["address"],
        channel=values["channel"],
        purpose=values.get("purpose", Purpose.COMMERCIAL),
        topic=values.get("topic"),
        source=values["source"],
        text_shown=values.get("text_shown", ""),
        proof=proof,
        by=desk.by,
        at=values["given_at"],
    )


def undo_consent(consent: Consent, line: ImportLine, by: User) -> str:
    """What was never said goes out of the ledger; what was said before it counts again."""
    same = Consent.objects.filter(point=consent.point_id, purpose=consent.purpose, topic=consent.topic_id)
    consent.delete()
    if consent.is_current and (before := same.order_by("-given_at", "-pk").first()):
        same.filter(pk=before.pk).update(is_current=True)
    return ""


def read_consent(consent: Consent) -> Values:
    names = ("granted", "given_at", "source", "purpose", "text_shown")
    return {name: getattr(consent, name) for name in names}


# Suppressions


def find_suppression(rows: Sequence[Row], desk: Desk) -> None:
    values = {row.values["address"] for row in rows}
    known = {
        (one.point.channel, one.point.value, one.cause): one
        for one in Suppression.objects.filter(point__value__in=values, lifted_at=None).select_related("point")
    }
    for row in rows:
        cause = row.values.get("cause", Suppression.Cause.MANUAL)
        row.record = known.get((row.values["channel"], row.values["address"], cause))


def create_suppression(values: Values, desk: Desk) -> Suppression:
    until: datetime | None = values.get("until")
    said: dict[str, Any] = {"cause": values.get("cause", Suppression.Cause.MANUAL), "reason": values.get("reason", "")}
    return suppress(values["address"], channel=values["channel"], until=until, by=desk.by, **said)


def undo_suppression(suppression: Suppression, line: ImportLine, by: User) -> str:
    try:
        lift(suppression, reason=f"Import {line.of_id} was reverted", by=by)
    except CrmError as problem:
        return f"Kept: {problem.message}"
    return ""


def read_suppression(suppression: Suppression) -> Values:
    return {name: getattr(suppression, name) for name in ("cause", "reason", "until")}


CONSENT = Importer(
    name="crm.consent",
    label=_("Consent"),
    icon="shield-check",
    targets=consent_targets,
    work=ByRow(
        RowKind(Consent, "crm.consent", "line of the ledger", create_consent, None, find_consent, consent_is_missing,
                read=read_consent, undo=undo_consent)
    ),
    recognised=_("Each line is one entry of the ledger. What the ledger says already, word for word, is not written twice."),
    complaint=complaint_of_consent,
    finish=finish,
    key=key_of_consent,
    same_key="Line {line} says the same.",
    updates=False,
    examples=(
        ("Address", "Given", "When", "Where", "Purpose", "Topic", "Text that was shown", "Proof"),
        ("asha@northwind.example", "given", "2026-10-31 14:05", "Form: trade fair", "Commercial", "", "I want to hear about news.", "IP 203.0.113.7"),
    ),
    order=100,
)  # fmt: skip
SUPPRESSIONS = Importer(
    name="crm.suppression",
    resource="crm.consent",
    label=_("Suppressions"),
    icon="shield-x",
    targets=suppression_targets,
    work=ByRow(
        RowKind(Suppression, "crm.consent", "suppression", create_suppression, None, find_suppression,
                read=read_suppression, undo=undo_suppression)
    ),
    recognised=_("Addresses that are not written to any more. One that is suppressed for the same cause already stays as it is."),
    complaint=complaint_of_suppression,
    finish=finish,
    key=key_of_suppression,
    same_key="The same address stands in line {line}.",
    updates=False,
    examples=(("Address", "Cause", "Reason"), ("old@northwind.example", "Bounced", "Mailbox does not exist")),
    order=110,
)  # fmt: skip
