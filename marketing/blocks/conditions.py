"""Who sees a block: a simple condition on a token, or a rule of crm/rules. Compiled to Liquid; rules are asked for a batch of
readers at once and stand as true or false under “shown”."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha1
from typing import Any

from django.utils import timezone

from crm.delivery.templates import allowed
from crm.errors import Invalid
from crm.hooks import embeds
from crm.rules import use
from marketing.blocks.wants import DATA

OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "filled": "is known",
    "empty": "is not known",
}
SHOWN, LISTS = "shown", "lists"
VALUE = re.compile(rf"{DATA}(\.[A-Za-z_]\w*)+")
"""What a program gives that sends the email."""
LONGEST = 200


@dataclass(frozen=True)
class Condition:
    """Either `token`, `op` and `value`, or `rule`: the stored JSON of crm/rules as text."""

    token: str = ""
    op: str = ""
    value: str = ""
    rule: str = ""

    @property
    def name(self) -> str:
        """What a rule is called among the facts of a reader; the same rule twice has one name."""
        return f"c{sha1(self.rule.encode(), usedforsecurity=False).hexdigest()[:12]}"

    @property
    def opening(self) -> str:
        """The Liquid tag before what is shown; `{% endif %}` follows it."""
        if self.rule:
            return f"{{% if {SHOWN}.{self.name} %}}"
        quote = "'" if '"' in self.value else '"'
        value = f"{quote}{self.value}{quote}"
        test = {
            "is": f"{self.token} == {value}",
            "is_not": f"{self.token} != {value}",
            "contains": f"{self.token} contains {value}",
            "filled": f'{self.token} != ""',
            "empty": f'{self.token} == ""',
            **self._of_values(),
        }[self.op]
        return f"{{% if {test} %}}"

    def _of_values(self) -> dict[str, str]:
        """What a program left out is no empty text, as what is not known of a reader is."""
        if not VALUE.fullmatch(self.token):
            return {}
        return {
            "filled": f'{self.token} and {self.token} != ""',
            "empty": f'{self.token} == nil or {self.token} == ""',
        }

    def as_json(self) -> dict[str, Any]:
        if self.rule:
            return {"rule": json.loads(self.rule)}
        return {"token": self.token, "op": self.op, "value": self.value}


def must_be_writable(text: str, name: str, path: str) -> str:
    """Raises Invalid for what no database keeps: a NUL, or half of a character. The field is `path`."""
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Invalid(f"{name} holds a character that cannot be kept. Type it anew.", field=path)
    return text


def parse_condition(stored: Any, path: str) -> Condition | None:
    """None where everybody sees it. Raises Invalid with its path."""
    if not stored:
        return None
    if not isinstance(stored, dict):
        raise Invalid("A condition is an object: a token with “op” and “value”, or a “rule”.", field=path)
    if stored.get("rule"):
        try:
            use.parse(stored["rule"])
        except Invalid as problem:
            raise Invalid(problem.message, field=f"{path}.{problem.field or 'rule'}") from None
        return Condition(rule=json.dumps(stored["rule"], sort_keys=True))
    token, op, value = (str(stored.get(name) or "").strip() for name in ("token", "op", "value"))
    if token not in allowed(frozenset()) and not VALUE.fullmatch(token):
        raise Invalid(f"Nothing is known as “{token}”.", field=f"{path}.token")
    if op not in OPERATORS:
        raise Invalid(f"A condition is one of: {', '.join(OPERATORS)}.", field=f"{path}.op")
    if op in ("filled", "empty"):
        return Condition(token, op)
    if not value:
        raise Invalid("Say what it is compared with.", field=f"{path}.value")
    must_be_writable(value, "What it is compared with", f"{path}.value")
    if len(value) > LONGEST or any(mark in value for mark in "{}%\n") or ('"' in value and "'" in value):
        raise Invalid(
            "It is compared with a short text without braces, and without both kinds of quotes.", field=f"{path}.value"
        )
    return Condition(token, op, value)


def facts_for(asks: Mapping[str, Any], contacts: Collection[int]) -> dict[int, dict[str, Any]]:
    """By contact: “shown.c1…” for each rule, “lists.x” for each list; one query each, however many readers."""
    now, ids = timezone.now(), set(contacts)
    facts: dict[int, dict[str, Any]] = {pk: {} for pk in ids}
    for name, rule in asks.get("rules", {}).items():
        fits = set(use.those(rule, now).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
        for pk in ids:
            facts[pk][f"{SHOWN}.{name}"] = pk in fits
    for name, most in asks.get("lists", {}).items():
        listing = embeds.listing(name)
        cards = listing.cards_of(ids, most) if listing and ids else {}
        for pk in ids:
            facts[pk][f"{LISTS}.{list_name(name)}"] = [_row(card) for card in cards.get(pk, ())]
    return facts


def asked(asks: Mapping[str, Any]) -> Any:
    """For Content.facts: None where nothing is asked, so that sending does not ask either."""
    return partial(facts_for, asks) if asks.get("rules") or asks.get("lists") else None


def list_name(source: str) -> str:
    return source.replace(".", "_")


def all_asks(asks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Those of several languages together."""
    rules: dict[str, Any] = {}
    lists: dict[str, int] = {}
    for one in asks:
        rules.update(one.get("rules", {}))
        for name, most in one.get("lists", {}).items():
            lists[name] = max(most, lists.get(name, 0))
    return {**({"rules": rules} if rules else {}), **({"lists": lists} if lists else {})}


def _row(card: embeds.Card) -> dict[str, str]:
    return {"title": card.title, "text": card.text, "price": card.price, "url": card.url}
