"""Field by field: where two records differ, which value would stay, and what a choice means for the columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crm.errors import Invalid
from crm.hooks import records
from crm.hooks.records import Field, RecordKind

BLANK: tuple[Any, ...] = (None, "", [], {})
UNITED = ("tags", "do_not_email", "do_not_sms", "do_not_phone")


@dataclass(frozen=True)
class Difference:
    """A field with two values. `is_losers` says whose stays where nobody chooses: the loser's where the winner has none."""

    field: Field
    winner: Any
    loser: Any
    is_losers: bool


def fields_to_choose(kind: RecordKind) -> list[Field]:
    """What has a value of its own and is not set by a command: custom fields too. Tags are united, not chosen; so is what somebody does not want."""
    return [field for field in kind.all_fields() if field.is_editable and field.name not in UNITED]


def differences(winner: Any, loser: Any) -> list[Difference]:
    """The fields in which the two differ, in the order of the kind."""
    found = []
    for field in fields_to_choose(records.kind_of(winner)):
        mine, theirs = field.value_of(winner), field.value_of(loser)
        if mine != theirs and not (mine in BLANK and theirs in BLANK):
            found.append(Difference(field, mine, theirs, mine in BLANK))
    return found


def values_of_sides(winner: Any, loser: Any, taken: Iterable[str]) -> dict[str, Any]:
    """A choice by sides as values: the fields in `taken` are the loser's, all others the winner's."""
    wanted = set(taken)
    known = {difference.field.name for difference in differences(winner, loser)}
    if unknown := wanted - {field.name for field in fields_to_choose(records.kind_of(winner))}:
        raise Invalid(f"There is no field “{min(unknown)}” to choose.", field=min(unknown))
    return {
        one.field.name: one.loser if one.field.name in wanted else one.winner
        for one in differences(winner, loser)
        if one.field.name in known
    }


def chosen_columns(winner: Any, loser: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that change in the winner. Raises Invalid with the field for a value that neither of the two has."""
    kind = records.kind_of(winner)
    by_name = {field.name: field for field in fields_to_choose(kind)}
    for name, value in values.items():
        if name not in by_name:
            raise Invalid(f"There is no field “{name}” to choose.", field=name)
        if value not in (by_name[name].value_of(winner), by_name[name].value_of(loser)):
            raise Invalid(f"“{by_name[name].label}” is neither the one's nor the other's.", field=name)
    kept = {
        one.field: values.get(one.field.name, one.loser if one.is_losers else one.winner)
        for one in differences(winner, loser)
    }
    columns = {field.name: value for field, value in kept.items() if not field.is_custom}
    custom = {field.key: value for field, value in kept.items() if field.is_custom}
    if custom:
        columns["custom"] = {key: v for key, v in {**winner.custom, **custom}.items() if v not in BLANK}
    _keep_money_with_its_currency(kind, winner, loser, values, columns)
    return {**columns, **_by_rule(winner, loser)}


def _keep_money_with_its_currency(
    kind: RecordKind, winner: Any, loser: Any, values: Mapping[str, Any], columns: dict[str, Any]
) -> None:
    """An amount that is the loser's is in the loser's currency."""
    names = {field.name for field in kind.fields}
    amounts = [field.name for field in kind.fields if field.kind == "money" and field.name in columns]
    takes = any(columns[name] not in BLANK and columns[name] != getattr(winner, name) for name in amounts)
    if takes and "currency" in names and "currency" not in values:
        columns["currency"] = loser.currency


def _by_rule(winner: Any, loser: Any) -> dict[str, Any]:
    """What nobody chooses: a confirmed contact stays one, the later activity counts, the snapshot of a lead is kept."""
    columns: dict[str, Any] = {}
    if hasattr(winner, "is_prospect"):
        columns["is_prospect"] = winner.is_prospect and loser.is_prospect
    for flag in UNITED[1:]:
        if hasattr(winner, flag):
            columns[flag] = getattr(winner, flag) or getattr(loser, flag)
    if hasattr(winner, "last_active_at"):
        columns["last_active_at"] = max(filter(None, (winner.last_active_at, loser.last_active_at)), default=None)
    if hasattr(winner, "details"):
        columns["details"] = winner.details or loser.details
    return columns
