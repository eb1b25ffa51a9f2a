"""Stored JSON -> rules. Everything a marketer can get wrong is caught here, with its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.errors import Invalid
from crm.hooks import attributes, rankings, records
from crm.log import kinds
from crm.models import User
from crm.rules import facts
from crm.rules.operators import label_of, operator
from crm.rules.tree import CONTACT, LAST, All, Did, Either, First, Has, Me, Not, Rule, Source, Test, Top
from crm.rules.values import BadValue, read_value, same_choice

DEEPEST = 8
MOST = 100
MAX_TIMES = 100_000
MAX_DAYS = 3650
MAX_TOP = 100_000
ME = "me"


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where: “rule/all[0]”."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class RuleInvalid(Invalid):
    """A rule that cannot be used; `problems` are all of them, the message is the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(str(problems[0]), field=problems[0].path)
        self.problems = problems


def parse(stored: Any, of: str = CONTACT, *, me: User | None = None) -> Rule:
    """The tree of a stored rule over records of kind `of`. Raises RuleInvalid with every problem found."""
    rule, problems = read(stored, of, me=me)
    if rule is None or problems:
        raise RuleInvalid(problems)
    return rule


def check(stored: Any, of: str = CONTACT, *, me: User | None = None) -> list[Problem]:
    return read(stored, of, me=me)[1]


def read(stored: Any, of: str = CONTACT, *, me: User | None = None) -> tuple[Rule | None, list[Problem]]:
    """The tree as far as it can be read, and the problems; with problems the tree must not be used.

    `me` is whom “me” means, where somebody looks: a rule that works by itself knows no “me”.
    """
    reader = _Reader(of, me)
    rule = reader.rule(stored, "rule", 0)
    return (None if reader.problems else rule), reader.problems


def contact_column(of: str) -> str:
    """Where a record of this kind names the contact whose behaviour can be asked for; "" where it names none."""
    if of == CONTACT:
        return "pk"
    return "contact_id" if any(field.name == "contact" for field in records.get(of).fields) else ""


def had_by_contacts() -> list[str]:
    """The kinds of record of which a contact may have some: those that name a contact."""
    return [kind.name for kind in records.all_kinds() if kind.name != CONTACT and contact_column(kind.name)]


class _Reader:
    """Reads one rule. A method answers None where it has added a problem."""

    def __init__(self, of: str, me: User | None) -> None:
        self.problems: list[Problem] = []
        self.count = 0
        self.of, self.me = of, me

    def problem(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def rule(self, node: Any, path: str, depth: int) -> Rule | None:
        self.count += 1
        if self.count > MOST:
            if self.count == MOST + 1:
                self.problem(path, f"A rule may have at most {MOST} conditions.")
            return None
        if depth > DEEPEST:
            self.problem(path, f"Groups may lie in one another at most {DEEPEST} deep.")
            return None
        if not isinstance(node, dict):
            self.problem(path, "A condition is missing here.")
            return None
        known: dict[str, Callable[[dict, str, int], Rule | None]] = {
            "all": self.group,
            "any": self.group,
            "not": self.negation,
            "test": self.test,
            "did": self.did,
            "has": self.has,
            "top": self.top,
        }
        words = [word for word in known if word in node]
        if len(words) != 1:
            self.problem(path, "A condition is one of: all, any, not, test, did, has, top.")
            return None
        if not self.only(node, path, _FIELDS[words[0]]):
            return None
        return known[words[0]](node, path, depth)

    def only(self, node: dict, path: str, names: set[str]) -> bool:
        for name in sorted(map(str, node.keys() - names)):
            self.problem(path, f"“{name}” is not known here.")
        return not node.keys() - names

    def group(self, node: dict, path: str, depth: int) -> Rule | None:
        word = "all" if "all" in node else "any"
        inner = node[word]
        if not isinstance(inner, list) or not inner:
            self.problem(path, "This group has no condition yet. Add one, or remove the group.")
            return None
        rules = tuple(
            rule
            for i, one in enumerate(inner)
            if (rule := self.rule(one, f"{path}/{word}[{i}]", depth + 1)) is not None
        )
        return All(rules) if word == "all" else Either(rules)

    def negation(self, node: dict, path: str, depth: int) -> Rule | None:
        inner = self.rule(node["not"], f"{path}/not", depth + 1)
        return None if inner is None else Not(inner)

    def test(self, node: dict, path: str, depth: int) -> Rule | None:
        name = node["test"]
        if not isinstance(name, str) or not facts.known(name, self.of):
            self.problem(path, facts.why_unknown(name, self.of) if name else "Choose what to test.")
            return None
        attribute = facts.get(name, self.of)
        op = operator(attribute.kind, node["op"]) if isinstance(node.get("op"), str) else None
        if op is None:
            self.problem(path, f"“{attribute.label}” cannot be tested with “{label_of(node.get('op', ''))}”.")
            return None
        of = self.subject(attribute.subjects, node.get("of"), path, str(attribute.label))
        try:
            value = read_value(op, node.get("value"), self.choices(attribute), attribute.to)
        except BadValue as problem:
            self.problem(path, f"“{attribute.label} {op.label}”: {problem}")
            return None
        return Test(name, op.name, self.person(value) if attribute.is_person else value, of, self.of)

    def choices(self, attribute: attributes.Attribute) -> attributes.Choices | None:
        every = attribute.choices
        if attribute.is_person and every and self.me:
            return lambda: [(ME, "me"), *every()]
        return every

    def person(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self.person(one) for one in value)
        return Me(self.me.pk) if value == ME and self.me else value

    def subject(self, subjects: attributes.Choices | None, given: Any, path: str, label: str) -> Any:
        if subjects is None:
            if given is not None:
                self.problem(path, f"“{label}” is not “of” anything.")
            return None
        found = same_choice(given, subjects())
        if found is None:
            self.problem(
                path,
                f"Choose which “{label}” is meant; “{given}” does not exist."
                if given
                else f"Choose which “{label}” is meant.",
            )
        return found

    def did(self, node: dict, path: str, depth: int) -> Rule | None:
        who = contact_column(self.of)
        if not who:
            self.problem(path, f"{records.get(self.of).plural} have no contact whose behaviour could be asked for.")
            return None
        kind = self.kind(node["did"], path)
        at_least = self.whole(node, "at_least", path, 1, MAX_TIMES)
        at_most = self.whole(node, "at_most", path, 0, MAX_TIMES)
        days = self.whole(node, "within_days", path, 1, MAX_DAYS)
        if at_least is not None and at_most is not None and at_most < at_least:
            self.problem(path, f"At least {at_least} and at most {at_most} times cannot both hold.")
        verdicts = node.get("verdicts", "human")
        if verdicts not in ("human", "all"):
            self.problem(path, "“verdicts” is human or all.")
        before = self.whole(node, "before_days", path, 1, MAX_DAYS)
        if days is not None and before is not None and before >= days:
            self.problem(path, f"Nothing is longer than {before} days ago and in the last {days} days.")
        since, until = self.day(node, "since", path), self.day(node, "until", path)
        if since and until and until < since:
            self.problem(path, "The last day is before the first.")
        link = self.whole(node, "link", path, 1, 10**17)
        page = self.page(node.get("page"), path)
        source = self.source(node.get("source"), path, kind)
        if kind is None:
            return None
        return Did(kind, source, at_least, at_most, days, verdicts == "all", who, before, since, until, link, page)

    def page(self, given: Any, path: str) -> str:
        if given in (None, ""):
            return ""
        if not isinstance(given, str) or len(given) > 500:
            self.problem(path, "“page” is a part of an address.")
            return ""
        return given

    def day(self, node: dict, name: str, path: str) -> date | None:
        given = node.get(name)
        if given in (None, ""):
            return None
        try:
            return date.fromisoformat(given)
        except (TypeError, ValueError):
            self.problem(path, f"“{given}” is no day; write it like 2026-11-28.")
            return None

    def has(self, node: dict, path: str, depth: int) -> Rule | None:
        kind = node["has"]
        if self.of != CONTACT:
            self.problem(path, "Only contacts are asked what they have.")
            return None
        if not isinstance(kind, str) or kind not in had_by_contacts():
            self.problem(path, f"A contact has no “{kind}”." if kind else "Choose what the person has.")
            return None
        at_least = self.whole(node, "at_least", path, 1, MAX_TIMES)
        at_most = self.whole(node, "at_most", path, 0, MAX_TIMES)
        if at_least is not None and at_most is not None and at_most < at_least:
            self.problem(path, f"At least {at_least} and at most {at_most} cannot both hold.")
        inner = node.get("where")
        if inner is None:
            return Has(kind, None, at_least, at_most)
        self.of = kind
        try:
            rule = self.rule(inner, f"{path}/where", depth + 1)
        finally:
            self.of = CONTACT
        return Has(kind, rule, at_least, at_most) if rule is not None else None

    def kind(self, name: Any, path: str) -> str | None:
        if isinstance(name, str) and kinds.known(name):
            return name
        self.problem(path, f"There is no behaviour “{name}”." if name else "Choose what the person did.")
        return None

    def source(self, given: Any, path: str, kind: str | None = None) -> Source | None:
        if given in (None, ""):
            return None
        if given == LAST[0]:
            if kind and not kind.startswith("email."):
                self.problem(path, "“The last email” can only be asked of what happens to an email.")
            return LAST
        if isinstance(given, str) and given.count(":") == 1:
            given = given.split(":")
        if isinstance(given, list | tuple) and len(given) == 2 and isinstance(given[0], str) and given[0]:
            number = str(given[1])
            if number.isascii() and number.isdigit() and len(number) < 18:
                return given[0], int(number)
        self.problem(path, f"“{given}” does not name a record; write it like marketing.email:7.")
        return None

    def whole(self, node: dict, name: str, path: str, lowest: int, highest: int) -> int | None:
        value = node.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            self.problem(path, f"“{name.replace('_', ' ')}” is a whole number from {lowest} to {highest:,}.")
            return None
        return value

    def top(self, node: dict, path: str, depth: int) -> Rule | None:
        if self.of != CONTACT:
            self.problem(path, "Only contacts are ranked.")
            return None
        body = node["top"]
        if not isinstance(body, dict):
            self.problem(path, "“top” needs n, by and of.")
            return None
        if not self.only(body, path, {"n", "by", "of", "ties"}):
            return None
        if body.get("n") is None:
            self.problem(path, "Say how many: the top 10?")
        n = self.whole(body, "n", path, 1, MAX_TOP)
        by, subject = self.ranking(body.get("by"), path)
        of = self.rule(body.get("of"), f"{path}/top/of", depth + 1)
        ties = self.ties(body.get("ties"), path)
        return Top(n, by, subject, of, ties) if n and by and of is not None else None

    def ranking(self, given: Any, path: str) -> tuple[str, Any]:
        name, _, subject = given.partition(":") if isinstance(given, str) else ("", "", "")
        if not rankings.known(name):
            self.problem(path, f"There is no ranking “{given}”." if given else "Choose by what to rank.")
            return "", None
        ranking = rankings.get(name)
        return name, self.subject(ranking.subjects, subject or None, path, ranking.label)

    def ties(self, given: Any, path: str) -> First | None:
        if given is None:
            return None
        if not isinstance(given, dict) or not self.only(given, path, {"first", "source"}):
            if not isinstance(given, dict):
                self.problem(path, "“ties” is like {“first”: “event.registered”}.")
            return None
        kind = self.kind(given.get("first"), path)
        source = self.source(given.get("source"), path)
        return First(kind, source) if kind else None


_FIELDS = {
    "all": {"all"},
    "any": {"any"},
    "not": {"not"},
    "test": {"test", "op", "value", "of"},
    "did": {
        "did",
        "source",
        "at_least",
        "at_most",
        "within_days",
        "before_days",
        "since",
        "until",
        "link",
        "page",
        "verdicts",
    },
    "has": {"has", "where", "at_least", "at_most"},
    "top": {"top"},
}
