"""The purposes as they are set now: which need a yes, which only no no, and how they are called.

The three built-in ones hold also where their row is missing; what nobody has declared needs a yes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from crm.errors import Invalid
from crm.languages import shipped
from crm.models import ConsentPurpose, Purpose, Topic

Rule = ConsentPurpose.Rule
TOPIC = "topic"
SHIPPED = (  # as migration 0045 wrote them
    shipped("News and offers"), shipped("Invitations, product news, offers."),
    shipped("Messages about what you asked for"), shipped("Confirmations, invoices, answers."),
    shipped("Let us see what interests you"), shipped("Opens and clicks are counted for you."),
)  # fmt: skip
BUILT_IN = {Purpose.COMMERCIAL: Rule.OPT_IN, Purpose.TRANSACTIONAL: Rule.FREE, Purpose.TRACKING: Rule.OPT_OUT}


@dataclass(frozen=True)
class Rules:
    """Keys of purposes; every other one needs a yes. `topics` are the ids of those that need a yes of their own."""

    free: frozenset[str]
    unless_no: frozenset[str]
    topics: frozenset[int]

    def needs(self, purpose: str) -> str:
        if purpose in self.free:
            return Rule.FREE
        return Rule.OPT_OUT if purpose in self.unless_no else Rule.OPT_IN


def rules() -> Rules:
    """One small query."""
    chosen = Topic.objects.filter(needs_yes=True).order_by().annotate(key=Cast("pk", CharField()), rule=Value(TOPIC))
    asked = ConsentPurpose.objects.order_by().values_list("key", "rule")
    return rules_said(list(asked.union(chosen.values_list("key", "rule"))))


def rules_said(found: Iterable[tuple[str, str]]) -> Rules:
    """Of (key of a purpose, its rule), and of (id of a topic, “topic”) for each that needs a yes of its own."""
    found = list(found)
    rows: dict[str, str] = {str(key): rule for key, rule in BUILT_IN.items()}
    rows.update((key, rule) for key, rule in found if rule != TOPIC)
    return Rules(
        frozenset(key for key, rule in rows.items() if rule == Rule.FREE),
        frozenset(key for key, rule in rows.items() if rule == Rule.OPT_OUT),
        frozenset(int(key) for key, rule in found if rule == TOPIC),
    )


def is_free(key: str) -> bool:
    """Does it need no consent, because somebody waits for such a message? One small query."""
    return key in rules().free


def in_use() -> QuerySet[ConsentPurpose]:
    """Those that are offered where somebody chooses a purpose."""
    return ConsentPurpose.objects.filter(is_active=True)


def choices() -> list[tuple[str, str]]:
    """For a form."""
    return list(in_use().values_list("key", "name"))


def sending_choices() -> list[tuple[str, str]]:
    """For what is sent: nobody is written to for the sake of tracking."""
    return [(key, name) for key, name in choices() if key != Purpose.TRACKING]


def names() -> dict[str, str]:
    """Every purpose there is by its key, also of those that are not used any more."""
    return dict(ConsentPurpose.objects.values_list("key", "name"))


def purpose_name(key: str) -> str:
    return names().get(key, key)


def name_of(path: str) -> Coalesce:
    """The name of the purpose whose key stands in this column, for the annotation of a list."""
    found = ConsentPurpose.objects.filter(key=OuterRef(path)).values("name")
    return Coalesce(Subquery(found), F(path), output_field=CharField())


def must_be_known(key: str, *, field: str = "purpose") -> str:
    """Raises Invalid where there is no such purpose."""
    known = set(names()) | set(Purpose.values)
    if key not in known:
        raise Invalid(_("The purpose is one of %s.") % ", ".join(sorted(known)), field=field)
    return key
