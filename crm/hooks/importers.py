"""Offer a kind of thing that files bring in: what a column may become, how lines are judged, done and taken back.

    importers.register(Importer("sales.lead", _("Leads"), _("lead"), "user-star", targets=…, work=ByRow(…), …))

Reading, mapping, staging, progress, errors and revert are the same for all (crm/imports).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from crm.access.depths import may
from crm.hooks.registry import Registry, Text
from crm.hooks.resources import resources

if TYPE_CHECKING:
    from crm.imports.staging import Span
    from crm.models import Import, ImportLine, User

Values = dict[str, Any]


@dataclass(frozen=True)
class Habits:
    """How a file writes what a program must understand, and who imports it."""

    by: User
    day_first: bool = True
    decimal_comma: bool = False
    creates_related: bool = True


@dataclass(frozen=True)
class Target:
    """What a column of a file may become.

    `clean` makes a cell what is kept with the line (text, a number as text, a key, a list), or raises ValueError with a
    sentence. `words` are headers it is known by besides its label. `to` names the records that a reference points at
    (“crm.account”), which is looked up later, by the batch; `row_of` the small table whose key `clean` answers
    (“crm.currency”). `kind` is one of crm.hooks.records.FIELD_KINDS.
    """

    name: str
    label: Text
    kind: str = "text"
    words: tuple[str, ...] = ()
    clean: Callable[[str], Any] | None = None
    max_length: int = 500
    to: str = ""
    row_of: str = ""
    help: Text = ""


class Work(Protocol):
    """How lines become records. `check_batch` and `run_batch` say how many lines one short transaction takes."""

    check_batch: int
    run_batch: int

    def judge(self, span: Span) -> None:
        """Give each staged line of the span its verdict, and the record it is about; touch nothing else."""

    def carry(self, span: Span, now: datetime) -> None:
        """Do what the lines say, as it is true now; a line that cannot be done becomes an error of its own."""

    def link(self, span: Span, now: datetime) -> int:
        """When all lines are done: tie their records to each other; answers how many lines asked for it."""

    def needs_link(self, mapped: frozenset[str]) -> bool:
        """Is there anything to tie, with these columns?"""

    def take_back(self, span: Span, by: User, now: datetime) -> None:
        """Undo what the lines of the span did, as far as nobody has touched it since."""

    def as_it_is(self, lines: Sequence[ImportLine], user: User) -> dict[int, Values]:
        """What the records of these lines say now, by the line's id; only those that the user may see."""


def nothing_to_say(names: set[str], creates: bool) -> str:
    return ""


def nothing_to_tell(of: Import) -> str:
    return ""


def as_they_are(values: Values) -> str:
    return ""


@dataclass(frozen=True)
class Importer:
    """`name` names the kind (“crm.contact”) and, unless `resource` says otherwise, the resource whose grants count.

    `label` is the plural; `recognised` says by what a known record is found. `complaint(names, creates)` answers why
    columns mapped to these targets cannot work, or "". `finish(values)` fills what follows from other values, and answers
    a problem, or "". `key(values)` is the normal form that tells two lines of one file apart; "" where nothing does.
    `list_url` names the list where the records are found. `related` says what may be made on the way, in words;
    `by_rules` offers that what has no owner is given to somebody by rules, and says so. `finished(of)`, once all lines are
    done, tells those whom it concerns, and answers a sentence for who imported, or "".
    """

    name: str
    label: Text
    icon: str
    targets: Callable[[Habits], Sequence[Target]]
    work: Work
    recognised: Text
    list_url: str = ""
    resource: str = ""
    complaint: Callable[[set[str], bool], str] = nothing_to_say
    finish: Callable[[Values], str] = as_they_are
    key: Callable[[Values], str] = as_they_are
    same_key: str = "It stands in line {line} already."
    related: Text = ""
    by_rules: Text = ""
    finished: Callable[[Import], str] = nothing_to_tell
    updates: bool = True
    doubts: bool = False
    examples: Sequence[Sequence[str]] = field(default_factory=tuple)
    order: int = 100

    @property
    def needs(self) -> str:
        return self.resource or self.name

    def may_be_imported_by(self, user: Any) -> bool:
        """Imports at all, and this kind: by the grant of importing where the resource has one, else of adding."""
        verb = "import" if "import" in resources.get(self.needs).further else "add"
        return may(user, "crm.import", "add") and may(user, self.needs, verb)


_importers: Registry[Importer] = Registry("kind of import")


def register(importer: Importer) -> None:
    _importers.register(importer.name, importer)


def get(name: str) -> Importer:
    """Raises LookupError with the known names."""
    return _importers.get(name)


def known(name: str) -> bool:
    return name in _importers


def all_importers() -> list[Importer]:
    return sorted(_importers.values(), key=lambda importer: importer.order)


def open_to(user: Any) -> list[Importer]:
    """What this person may import, in the order it is offered."""
    return [importer for importer in all_importers() if importer.may_be_imported_by(user)]
