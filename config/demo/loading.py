"""Loading the demo company into an empty database, and taking out again exactly what it brought."""

from __future__ import annotations

from collections.abc import Callable

from auditlog.models import LogEntry
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from config.demo.company import make_company, make_people
from config.demo.letters import make_letters
from config.demo.marketing import make_campaign
from config.demo.sales import make_availability, make_customers, make_deals, make_leads, make_quotas, qualify_one
from crm.audit import changing
from crm.errors import NotAllowed
from crm.models import Company, DemoRows, User
from sales.demo import make_catalogue

OURS = ("crm", "sales", "marketing", "journeys")
KEPT = {"crm.Role", "crm.RoleGrant", "crm.Currency", "crm.Company", "crm.DemoRows", "crm.LogCursor", "crm.JobRun"}
KEPT |= {"crm.Schedule", "crm.Claim", "sales.Process", "sales.ProcessStep", "sales.AssignmentRule"}


@transaction.atomic
def load(say: Callable[[str], None]) -> None:
    """Make the demo company. Raises NotAllowed where somebody has an account already: it belongs into an empty Tandem."""
    if User.objects.exists():
        raise NotAllowed("There are accounts already; the demo company is for an empty Tandem.")
    with changing("system", about="Demo data"):
        _make(say)
    _note_rows()


def _make(say: Callable[[str], None]) -> None:
    say("company and people")
    make_company(timezone.localdate())
    users = make_people()
    say("catalogue")
    make_catalogue(users["marta"])
    say("accounts and contacts")
    contacts = make_customers(users)
    say("leads and deals")
    make_leads(users)
    make_availability(users)
    make_quotas(users)
    make_deals(users, contacts)
    qualify_one(users)
    make_letters(users)
    say("a campaign with its webinar")
    make_campaign(users, contacts)


def is_loaded() -> bool:
    return DemoRows.objects.exists()


def _note_rows() -> None:
    """Into an empty database everything came from us."""
    for model in _models():
        if keys := list(model._base_manager.values_list("pk", flat=True)):
            DemoRows.objects.create(label=model._meta.label, keys=keys)


def _models() -> list[type[models.Model]]:
    return [m for app in OURS for m in apps.get_app_config(app).get_models() if m._meta.label not in KEPT]


@transaction.atomic
def remove() -> str:
    """Take the demo out and answer what was kept, in a sentence. A row that your own records need stays.

    The demo's users go as well, or are deactivated where your records name them. With nobody left, the first set-up
    opens again.
    """
    waiting = {apps.get_model(row.label): set(row.keys) for row in DemoRows.objects.all()}
    all_rows = {model: set(keys) for model, keys in waiting.items()}
    progress = True
    while waiting and progress:
        progress = False
        for model in list(waiting):
            left = _delete(model, waiting[model])
            progress = progress or left != waiting[model]
            if left:
                waiting[model] = left
            else:
                del waiting[model]
    for model, keys in all_rows.items():
        _forget_history(model, keys - waiting.get(model, set()))
    kept = waiting.pop(User, set())
    for user in User.objects.filter(pk__in=kept):
        user.is_active = False
        user.save(update_fields=["is_active"])
    DemoRows.objects.all().delete()
    if not User.objects.filter(is_active=True).exists():
        User.objects.all().delete() if not kept else None
        Company.objects.all().delete()
        _forget_history(Company, {1})
    names = ", ".join(f"{len(keys)} {model._meta.verbose_name_plural}" for model, keys in waiting.items())
    return (
        f"The demo data is gone. Kept, because your own records need them: {names}."
        if names
        else "The demo data is gone."
    )


def _forget_history(model: type[models.Model], gone: set) -> None:
    """What was told of them goes as well; a row each of their deletion would only be noise."""
    told = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
    keys = [str(key) for key in gone]
    for start in range(0, len(keys), 500):
        told.filter(object_pk__in=keys[start : start + 500]).delete()


def _delete(model: type[models.Model], keys: set) -> set:
    """Delete these rows, at once or, where something protects some of them, one by one; answers the keys that are left."""
    try:
        with transaction.atomic():
            model._base_manager.filter(pk__in=keys).delete()
        return set()
    except (ProtectedError, RestrictedError):
        return {key for key in keys if not _delete_one(model, key)}


def _delete_one(model: type[models.Model], key: object) -> bool:
    try:
        with transaction.atomic():
            model._base_manager.get(pk=key).delete()
        return True
    except ObjectDoesNotExist:
        return True
    except (ProtectedError, RestrictedError):
        return False
