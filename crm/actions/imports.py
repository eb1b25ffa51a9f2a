"""An import from its file to its end: start, read, map, check, run, cancel, revert. The work itself is a job (crm/imports/work.py)."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from crm import jobs
from crm.access.depths import may
from crm.errors import Forbidden, Invalid, NotAllowed
from crm.hooks import importers
from crm.imports import claims, files, habits, memory
from crm.imports.lines import check_mapping, targets_of
from crm.imports.work import TASK, in_words, reset_counts
from crm.models import Import, ImportMapping, ImportStep

if TYPE_CHECKING:
    from crm.models import User

Status, What = Import.Status, ImportStep.What
UNSTARTED = (Status.NEW, Status.CHECKED, Status.FAILED, Status.CANCELLED)


def start_import(
    file: IO[bytes] | File,
    file_name: str,
    by: User,
    *,
    kind: str = "crm.contact",
    encoding: str = "",
    separator: str = "",
    sheet: str = "",
) -> Import:
    """Take a file in and guess its mapping: that of the last import of these columns, else by the header's words.

    Raises Invalid with a sentence where the file is no table, and keeps nothing then; Forbidden where the person may not
    import this kind.
    """
    if not importers.known(kind):
        names = ", ".join(importer.name for importer in importers.open_to(by))
        raise Invalid(f"“{kind}” is nothing that files bring in. Known: {names}.", field="kind")
    importer = importers.get(kind)
    if not importer.may_be_imported_by(by):
        raise Forbidden(f"Your role does not let you import {str(importer.label).lower()}.")
    of = Import(owner=by, kind=kind, file_name=file_name.replace("\\", "/").rpartition("/")[2][-200:] or "file")
    files.take_in(of, file, encoding=encoding, separator=separator, sheet=sheet)
    file.seek(0)
    of.file.save(of.file_name[-80:], file if isinstance(file, File) else File(file), save=False)
    with transaction.atomic():
        of.save()
        _prepare(of)
        _note(of, What.UPLOADED, by, of.file_name)
    return of


def read_again(of: Import, *, encoding: str = "", separator: str = "", sheet: str = "", by: User) -> Import:
    """Read the file in another way than was guessed: another encoding, separator or sheet. The mapping begins anew."""
    with transaction.atomic():
        of = _unstarted(of, by)
    with of.file.open("rb") as file:
        files.take_in(of, file, encoding=encoding, separator=separator, sheet=sheet)
    with transaction.atomic():
        fresh = _unstarted(of, by)
        for name in ("encoding", "separator", "sheets", "sheet", "rows", "columns", "total"):
            setattr(fresh, name, getattr(of, name))
        _forget_check(fresh)
        _prepare(fresh)
        how = fresh.sheet or f"{fresh.encoding}, “{fresh.separator}”"
        _note(fresh, What.READ, by, how)
    return fresh


def _prepare(of: Import) -> None:
    sample = files.sample_rows(of, 50)
    of.day_first = habits.day_comes_first(sample)
    of.decimal_comma = not of.rows and habits.comma_is_decimal(sample, of.separator)
    memory.recall(of)
    of.save()


@transaction.atomic
def map_import(
    of: Import,
    *,
    mapping: dict[str, str],
    policy: str = Import.Policy.BOTH,
    known: str = Import.Known.OVERWRITE,
    doubtful: str = Import.Doubtful.SKIP,
    creates_related: bool = True,
    assigns_by_rules: bool = False,
    starts_journeys: bool = False,
    day_first: bool | None = None,
    decimal_comma: bool | None = None,
    consent: dict[str, Any] | None = None,
    save_as: str = "",
    by: User,
) -> Import:
    """Say what each column is: {number of the column from 0: target, or "" to leave it out}, and what to do with the lines.

    `consent` claims that the people in the file agreed: {"source": …, "given_on": date, "purpose"?, "topic"?: id, "text"?}.
    `save_as` keeps the mapping under a name, for everybody. What was checked before is forgotten.
    """
    of = _unstarted(of, by)
    importer = importers.get(of.kind)
    for value, choices, name in (
        (policy, Import.Policy, "policy"),
        (known, Import.Known, "known"),
        (doubtful, Import.Doubtful, "doubtful"),
    ):
        if value not in choices.values:
            raise Invalid(f"It is one of {', '.join(choices.values)}.", field=name)
    of.policy, of.known, of.doubtful = policy, known, doubtful
    if assigns_by_rules and not importer.by_rules:
        raise Invalid(f"No rules choose who gets {str(importer.label).lower()}.", field="assigns_by_rules")
    of.assigns_by_rules = assigns_by_rules
    of.creates_related, of.starts_journeys = creates_related, starts_journeys
    of.day_first = of.day_first if day_first is None else day_first
    of.decimal_comma = of.decimal_comma if decimal_comma is None else decimal_comma
    creates = policy != Import.Policy.UPDATE
    of.mapping = check_mapping(importer, targets_of(of), mapping, of.columns, creates=creates)
    if consent and of.kind != "crm.contact":
        raise Invalid("Consent is claimed for contacts only. Import a file of consent instead.", field="consent")
    of.consent = claims.checked(consent, by) if consent else {}
    _forget_check(of)
    of.save()
    memory.remember(of, by=by)
    if save_as.strip():
        save_mapping(of, name=save_as, by=by)
    _note(of, What.MAPPED, by, ", ".join(of.mapping.values()))
    return of


@transaction.atomic
def check_import(of: Import, *, by: User) -> Import:
    """The dry run: every line is read and judged, nobody is touched. Works on as a job."""
    of = _unstarted(of, by)
    importer = importers.get(of.kind)
    creates = of.policy != Import.Policy.UPDATE
    check_mapping(importer, targets_of(of), of.mapping, of.columns, creates=creates)
    of.lines.all().delete()
    return _set_going(of, Status.CHECKING)


@transaction.atomic
def run_import(of: Import, *, by: User) -> Import:
    """Do it, as a job. What was cancelled or failed in the middle goes on where it stopped."""
    of = _locked(of, by)
    if of.is_partial:
        of.status, of.problem, of.finished_at = Status.RUNNING, "", None
        of.save()
        _note(of, What.RESUMED, by, f"from line {of.position + 1}")
        jobs.nudge(TASK, of.pk)
        return of
    if of.status != Status.CHECKED:
        raise NotAllowed(f"Only a checked import can be run; this one is “{of.get_status_display().lower()}”.")
    _note(of, What.STARTED, by, in_words(of))
    return _set_going(of, Status.RUNNING)


@transaction.atomic
def cancel_import(of: Import, *, by: User) -> Import:
    """Stop it. What is imported stays; the rest is untouched, and can be run later, or what is done be reverted."""
    of = _locked(of, by)
    if of.status in (Status.DONE, Status.CANCELLED, Status.REVERTED):
        raise NotAllowed(f"There is nothing to cancel: it is {of.get_status_display().lower()}.")
    if of.status == Status.REVERTING:
        raise NotAllowed("It is being reverted; half of a revert would help nobody. Let it finish.")
    of.status, of.finished_at = Status.CANCELLED, timezone.now()
    of.save()
    _note(of, What.CANCELLED, by, in_words(of) if of.position else "nobody was touched")
    return of


@transaction.atomic
def revert_import(of: Import, *, by: User) -> Import:
    """Take the whole import back, as a job: what it made goes into the bin, what it changed gets its old values back.

    What somebody has touched since stays, and its line says so. Raises NotAllowed where nothing was done yet.
    """
    of = _locked(of, by)
    if not of.can_be_reverted:
        raise NotAllowed(f"There is nothing to revert: it is “{of.get_status_display().lower()}”.")
    of.status, of.problem, of.claim, of.reverted_by = Status.REVERTING, "", None, by
    of.total, of.handled = of.created_count + of.updated_count, 0
    of.reverted_count = of.kept_count = 0
    of.started_at, of.finished_at = timezone.now(), None
    of.save()
    _note(of, What.REVERTING, by, in_words(of))
    jobs.nudge(TASK, of.pk)
    return of


# Mappings with a name


@transaction.atomic
def save_mapping(of: Import, *, name: str, by: User) -> ImportMapping:
    """Keep the mapping of this import for everybody. Raises NotAllowed where somebody else's has this name."""
    name = " ".join(name.split())[:80]
    if not name:
        raise Invalid("Give the mapping a name.", field="save_as")
    taken = ImportMapping.objects.filter(kind=of.kind, name=name).exclude(owner=by).first()
    if taken:
        raise NotAllowed(f"{taken.owner} has saved a mapping called “{name}”. Choose another name.")
    return memory.remember(of, name, by=by)


@transaction.atomic
def use_mapping(of: Import, *, mapping: ImportMapping, by: User) -> Import:
    """Map the columns as the saved mapping says, by their names. Raises Invalid where none of them is in the file."""
    of = _unstarted(of, by)
    if mapping.kind != of.kind:
        raise Invalid("This mapping was made for another kind of import.", field="saved")
    memory.use(of, mapping)
    if not of.mapping:
        raise Invalid(f"None of the columns of “{mapping.name}” is in this file.", field="saved")
    _forget_check(of)
    of.save()
    return of


def forget_mapping(mapping: ImportMapping, *, by: User) -> None:
    """Whoever saved it deletes it; so does whoever may change everybody's imports."""
    if mapping.owner_id != by.pk and not may(by, "crm.company", "change"):
        raise Forbidden(f"This mapping belongs to {mapping.owner}.")
    mapping.delete()


def _set_going(of: Import, status: str) -> Import:
    reset_counts(of)
    of.status, of.problem, of.claim = status, "", None
    of.started_at, of.finished_at = timezone.now(), None
    of.save()
    jobs.nudge(TASK, of.pk)
    return of


def _forget_check(of: Import) -> None:
    of.lines.all().delete()
    of.status, of.problem = Status.NEW, ""
    reset_counts(of)


def _locked(of: Import, by: User) -> Import:
    if not Import.objects.editable_by(by).filter(pk=of.pk).exists():
        raise Forbidden("Your role does not let you change this import.")
    return Import.objects.select_for_update().get(pk=of.pk)


def _unstarted(of: Import, by: User) -> Import:
    """The import, locked, if nothing of it has been done yet. Raises NotAllowed."""
    of = _locked(of, by)
    if of.is_working:
        raise NotAllowed("It is at work. Cancel it first.")
    if of.status not in UNSTARTED or of.position:
        raise NotAllowed("A part of this file is imported already. Upload it again to import it in another way.")
    if not importers.get(of.kind).may_be_imported_by(by):
        raise Forbidden(f"Your role does not let you import {str(importers.get(of.kind).label).lower()}.")
    return of


def _note(of: Import, what: str, by: User, note: str = "") -> None:
    ImportStep.objects.create(of=of, what=what, note=note[:300], by=by)
