"""Whose history is kept, and who changed it from where (django-auditlog, one table).

What a page or the API changes is told by the middleware (crm/web/middleware.py). A job says so itself:

    with changing("import", about="contacts.csv", of=run, by=importer): …

auditlog does not see bulk writes: whoever makes one calls `keep_in_bulk` or `keep_created` beside it
(tests/test_history.py finds whoever forgets).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from typing import TYPE_CHECKING, Any, Self

from auditlog.context import disable_auditlog, set_actor
from auditlog.diff import model_instance_diff
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

if TYPE_CHECKING:
    from crm.models import User

BOOKKEEPING = [
    "version", "created_at", "updated_at", "last_active_at", "name_normal", "email_normal", "mobile_normal", "phone_normal",
    "vat_normal", "name_key", "company_key", "mail_domain", "domain", "normal_version",
]  # fmt: skip
DEFINED = ["label", "type", "to", "choices", "help_text", "is_required", "default", "group", "is_retired", "is_indexed"]
SOURCES = ("page", "api", "admin", "import", "journey", "form", "rule", "bulk", "merge", "privacy", "system")

_source: ContextVar[dict[str, str] | None] = ContextVar("change_source", default=None)


def keep_history() -> None:
    """Called once, at start-up. Other apps call `auditlog.register` for theirs, with `exclude_fields=["version", "updated_at"]`."""
    from crm.models import Account, Activity, Campaign, Company, Contact, CustomField, Role, Team, User

    for model in (Account, Contact, Activity, Campaign):
        names = {field.name for field in model._meta.get_fields()}
        auditlog.register(model, exclude_fields=[name for name in BOOKKEEPING if name in names])
    for settings in (Company, Role, Team):
        auditlog.register(settings)
    auditlog.register(CustomField, include_fields=DEFINED)
    auditlog.register(User, exclude_fields=["password", "last_login"])


@contextmanager
def changing(source: str, about: str = "", *, of: Model | None = None, by: User | None = None) -> Iterator[None]:
    """What is changed inside the block is kept as changed by `by` from `source`.

    `about` says more in words (“contacts.csv”); `of` is the import, the journey, the bulk run that the history leads to.
    """
    token = _source.set(source_words(source, about, of))
    try:
        if by is None:
            yield
        else:
            with set_actor(by):
                yield
    finally:
        _source.reset(token)


def source_words(source: str, about: str = "", of: Model | None = None) -> dict[str, str]:
    """How the history keeps where a change came from; for writers that make its rows by themselves."""
    if source not in SOURCES:
        raise LookupError(f"“{source}” is not a source of changes. Known: {', '.join(SOURCES)}.")
    words = {"source": source, "about": about, "of": f"{of._meta.label_lower}:{of.pk}" if of is not None else ""}
    return {name: word for name, word in words.items() if word}


def current_source() -> dict[str, str] | None:
    """{"source": …, "about": …} of the change under way; auditlog stores it with each entry (Record.get_additional_data)."""
    return _source.get()


def keep_in_bulk(
    changed: Iterable[tuple[Model, dict[str, Any]]], *, by: User | None, action: int = LogEntry.Action.UPDATE
) -> None:
    """One entry a record, as auditlog writes them: (record, {field: [before, after]})."""
    LogEntry.objects.bulk_create([_entry(record, changes, action, by) for record, changes in changed], batch_size=500)


def _entry(record: Model, changes: dict[str, Any], action: int, by: User | None) -> LogEntry:
    return LogEntry(
        content_type=ContentType.objects.get_for_model(record),
        object_pk=str(record.pk),
        object_id=record.pk,
        object_repr=str(record),
        action=action,
        changes=changes,
        actor=by,
        actor_email=by.email if by else None,
        additional_data=current_source(),
    )


class AtOnce:
    """What is saved inside is kept by one write at the end, instead of a read and a write for each save.

        with AtOnce(by=user) as history:
            history.changes(contact)
            contact.save()
            history.made(account)

    Inside, only what is named here is kept.
    """

    def __init__(self, *, by: User | None) -> None:
        self.by = by
        self._before: list[tuple[Model, Model]] = []
        self._made: list[Model] = []

    def changes(self, record: Model) -> None:
        """Called before it is changed; it is told as it stands at the end."""
        self._before.append((copy(record), record))

    def made(self, record: Model) -> None:
        self._made.append(record)

    def __enter__(self) -> Self:
        self._silence = disable_auditlog()
        self._silence.__enter__()
        return self

    def __exit__(self, problem: type[BaseException] | None, *rest: Any) -> None:
        self._silence.__exit__(problem, *rest)
        if problem is None:
            update, create = LogEntry.Action.UPDATE, LogEntry.Action.CREATE
            changed = [(after, model_instance_diff(before, after)) for before, after in self._before]
            rows = [_entry(record, diff, update, self.by) for record, diff in changed if diff]
            rows += [_entry(one, model_instance_diff(None, one) or {}, create, self.by) for one in self._made]
            LogEntry.objects.bulk_create(rows)


def keep_created(made: Iterable[Model], *, by: User | None) -> None:
    """One entry for each record that a bulk write has made, with every field it began with; all of one model."""
    rows = list(made)
    fields = [field.name for field in rows[0]._meta.concrete_fields] if rows else []
    told = [(record, model_instance_diff(None, record, fields_to_check=fields) or {}) for record in rows]
    keep_in_bulk(told, by=by, action=LogEntry.Action.CREATE)
