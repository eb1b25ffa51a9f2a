"""Sharing one record with a person or a team, and taking it back; the history tells both."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.depths import may
from crm.access.see import must_be_able_to
from crm.actions.notifications import notify_many
from crm.audit import keep_in_bulk
from crm.errors import Invalid
from crm.models import Share, Team, User


@transaction.atomic
def share_record(
    record: Any, *, with_: User | Team, can_change: bool = False, until: datetime | None = None, by: User
) -> Share:
    """Let a person or a team see this record, or change it, until a moment or for good; who gets it is told.

    Sharing again changes what was shared. Raises Forbidden where `by` may not share it, or may not change it but would
    let others; Invalid for somebody who owns it or has left, for nobody in the team, for a moment gone by.
    """
    must_be_able_to(by, "share", record)
    if can_change:
        must_be_able_to(by, "change", record)
    _check(record, with_, until)
    whom = {"user": with_} if isinstance(with_, User) else {"team": with_}
    mine = Share.objects.select_for_update().of(record).filter(**whom)
    before = _words(mine.first())
    share, _made = mine.update_or_create(
        defaults={"can_change": can_change, "until": until, "by": by},
        create_defaults={
            "resource": record._meta.label_lower, "record": record.pk, **whom,
            "can_change": can_change, "until": until, "by": by,
        },
    )  # fmt: skip
    _keep(record, before, _words(share), by)
    _tell(record, share, by)
    return share


@transaction.atomic
def revoke_share(share: Share, record: Any, *, by: User) -> None:
    """Take it back, at once. Raises Forbidden where `by` may not share this record."""
    must_be_able_to(by, "share", record)
    before = _words(share)
    share.delete()
    _keep(record, before, "", by)


def _check(record: Any, with_: User | Team, until: datetime | None) -> None:
    if until is not None and until <= timezone.now():
        raise Invalid(_("This moment has passed."), field="until")
    if isinstance(with_, Team):
        return
    if not with_.is_active:
        raise Invalid(_("%s no longer works here.") % with_, field="user")
    if record.owner_id == with_.pk:
        raise Invalid(_("It belongs to %s already.") % with_, field="user")
    if not may(with_, record._meta.label_lower, "view"):
        said = _("No role of %(person)s lets them see any %(nouns)s, so sharing one would change nothing.")
        raise Invalid(said % {"person": with_, "nouns": record._meta.verbose_name_plural}, field="user")


def _words(share: Share | None) -> str:
    """“Max Manager (may change it) until 2026-05-01”, as the history shows it."""
    if share is None:
        return ""
    may_do = _("may change it") if share.can_change else _("may see it")
    until = f" {_('until')} {share.until:%Y-%m-%d}" if share.until else ""
    return f"{share.user or share.team} ({may_do}){until}"


def _keep(record: Any, before: str, after: str, by: User) -> None:
    if before != after:
        keep_in_bulk([(record, {"shared with": [before, after]})], by=by)


def _tell(record: Any, share: Share, by: User) -> None:
    members = User.objects.filter(is_active=True, team=share.team_id or 0).exclude(pk=by.pk)
    people = [share.user_id] if share.user_id else list(members.values_list("pk", flat=True))
    may_do = _("You may change it.") if share.can_change else _("You may see it.")
    text = _("%(who)s shared “%(record)s” with you. %(may)s") % {"who": by, "record": record, "may": may_do}
    notify_many(people, text, record.get_absolute_url(), "share")
