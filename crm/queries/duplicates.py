"""Is this somebody we know? Asked before a record is created: for one that is being typed, or for a batch of an import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from django.db.models import Q

from crm.models import Duplicate, DuplicateRule
from crm.models.duplicates import KINDS, Strength
from crm.queries.likeness import comparable, forms_of_rule, reasons_in_words, rules_of

SHOWN = 5
"""More candidates than these are counted, not shown."""
ALSO_COMPARED = ("vat_id", "email")
"""Columns whose normal form the database makes by itself."""


@dataclass
class Hit:
    """A record that a row is like, by the keys of these rules."""

    pk: int
    strength: int = 0
    keys: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Match:
    """A record that the reader may see, and why it may be the same."""

    record: Any
    strength: int
    reasons: list[str]

    @property
    def is_certain(self) -> bool:
        return self.strength == Strength.CERTAIN


@dataclass(frozen=True)
class Matches:
    """What a new record is like: those that the reader may see, and how many others, as a number only."""

    seen: list[Match]
    hidden: int
    hidden_certain: int

    def __bool__(self) -> bool:
        return bool(self.seen or self.hidden)

    @property
    def has_certain(self) -> bool:
        return bool(self.hidden_certain) or any(match.is_certain for match in self.seen)


def columns_of(kind: str) -> set[str]:
    """What is compared, by the columns of the kind."""
    return (
        {*KINDS[kind].forms_come_from, *ALSO_COMPARED}
        - {"account_id"}
        - ({"vat_id"} if kind == "crm.contact" else set())
    )


def hits_of(kind: str, rows: Sequence[Mapping[str, Any]]) -> list[list[Hit]]:
    """For each row, the living records that it is like, the surest first: one query a rule for all rows together.

    A row is the values of a record of this kind by column (`account` an instance, or `company_name`); only what the rules
    compare is looked at. This is what an import calls for its batches: nobody's access is asked here.
    """
    model = KINDS[kind]
    mine = [comparable(model(**row)) for row in rows]
    found: list[dict[int, Hit]] = [{} for _ in rows]
    for rule in rules_of(kind):
        for index, pk in _found_by(rule, mine):
            hit = found[index].setdefault(pk, Hit(pk))
            hit.strength = max(hit.strength, rule.strength)
            hit.keys.append(rule.key)
    return [sorted(hits.values(), key=lambda hit: (-hit.strength, -len(hit.keys), hit.pk)) for hits in found]


def matches_of(kind: str, values: Mapping[str, Any], user: Any, *, but: int | None = None) -> Matches:
    """What a record with these values is like, within what the user may see; `but` leaves one record out."""
    model = KINDS[kind]
    hits = [hit for hit in hits_of(kind, [values])[0] if hit.pk != but]
    records = model.objects.visible_to(user).select_related("owner").in_bulk([hit.pk for hit in hits])
    typed = model(**values)
    seen = [
        Match(records[hit.pk], hit.strength, reasons_in_words(kind, hit.keys, typed, records[hit.pk]))
        for hit in hits
        if hit.pk in records
    ]
    hidden = [hit for hit in hits if hit.pk not in records]
    return Matches(seen[:SHOWN], len(hidden), sum(hit.strength == Strength.CERTAIN for hit in hidden))


@dataclass(frozen=True)
class ShownPair:
    """A pair with its two records, the older one first, and the reasons in words."""

    pair: Duplicate
    first: Any
    second: Any
    reasons: list[str]


def shown_pairs(pairs: Sequence[Duplicate]) -> list[ShownPair]:
    """The pairs with their records, two queries a kind; one whose record is gone is left out."""
    records: dict[tuple[str, int], Any] = {}
    for kind, model in KINDS.items():
        ids = {pk for pair in pairs if pair.kind == kind for pk in (pair.first_id, pair.second_id)}
        paths = ("owner", "account") if kind == "crm.contact" else ("owner",)
        found = model.objects.select_related(*paths).in_bulk(ids)
        records |= {(kind, pk): record for pk, record in found.items()}
    shown = []
    for pair in pairs:
        one, other = records.get((pair.kind, pair.first_id)), records.get((pair.kind, pair.second_id))
        if one and other:
            shown.append(ShownPair(pair, one, other, reasons_in_words(pair.kind, pair.reason_keys, one, other)))
    return shown


def open_pairs_about(record: Any, user: Any) -> Any:
    """The pairs with this record that wait for a decision, within what the user may see."""
    if record._meta.label_lower not in KINDS:
        return Duplicate.objects.none()
    return Duplicate.objects.about(record).open().visible_to(user)


def _found_by(rule: DuplicateRule, mine: Sequence[Mapping[str, str]]) -> Iterator[tuple[int, int]]:
    """(number of the row, key of the record) for whatever the rule finds; a form that too many share finds nothing."""
    forms = forms_of_rule(rule)
    ways = list(product(*(form.columns for form in forms)))
    wanted: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for index, row in enumerate(mine):
        for key in _keys(ways, row):
            wanted[key].add(index)
    if not wanted:
        return
    groups: dict[tuple[str, ...], set[int]] = defaultdict(set)
    columns = list(dict.fromkeys(column for form in forms for column in form.columns))
    for pk, *values in _candidates(rule, wanted).values_list("pk", *columns).iterator(chunk_size=2000):
        for key in _keys(ways, dict(zip(columns, values, strict=True))):
            if key in wanted:
                groups[key].add(pk)
    pairs = {
        (index, pk)
        for key, pks in groups.items()
        if len(pks) < rule.largest_group
        for index in wanted[key]
        for pk in pks
    }
    yield from sorted(pairs)


def _keys(ways: Sequence[tuple[str, ...]], row: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """The values that a row offers to a rule, one tuple for each way to read its forms; all of them must be filled."""
    for columns in ways:
        key = tuple(row[column] for column in columns)
        if all(key):
            yield key


def _candidates(rule: DuplicateRule, wanted: Mapping[tuple[str, ...], set[int]]) -> Any:
    """Records with a known value in each form. That a column is filled is said as the partial indexes say it."""
    rows = KINDS[rule.kind].objects.alive().order_by()
    if rule.leaves_out_inactive:
        rows = rows.filter(is_active=True)
    for place, form in enumerate(forms_of_rule(rule)):
        values = {key[place] for key in wanted}
        some = Q(pk__in=[])
        for column in form.columns:
            some |= Q(**{f"{column}__in": values}) & ~Q(**{column: ""})
        rows = rows.filter(some)
    return rows
