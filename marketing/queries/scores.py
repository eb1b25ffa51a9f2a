"""Reading scores: the best, one person's, and what rules ask of them."""

from __future__ import annotations

from typing import Any

from django.db.models import F, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from crm.hooks.attributes import Proof
from crm.models import Contact, Interaction
from crm.rules.columns import among, column
from crm.rules.compile import HUMAN
from marketing.models import Score, ScoringModel


def model_choices() -> list[tuple[int, str]]:
    return list(ScoringModel.objects.alive().values_list("pk", "name"))


def points_in(model: int) -> Any:
    """The points of a contact in a model, 0 where there are none: an expression over Contact."""
    rows = Score.objects.filter(model=model, contact=OuterRef("pk"))
    return Coalesce(Subquery(rows.values("points")[:1]), Value(0), output_field=IntegerField())


def score_q(op: str, value: Any, model: int) -> Q:
    """The attribute “score”: who has no score has 0, but is “empty” too."""
    rows = Score.objects.filter(model=model)
    if op in ("is_empty", "is_filled"):
        has_one = among("pk", rows, "contact_id")
        return has_one if op == "is_filled" else ~has_one
    fits = among("pk", rows.filter(column("points")(op, value)), "contact_id")
    return fits | ~among("pk", rows, "contact_id") if _fits_zero(op, value) else fits


def _fits_zero(op: str, value: Any) -> bool:
    return {
        "equals": lambda: value == 0,
        "over": lambda: value < 0,
        "at_least": lambda: value <= 0,
        "under": lambda: value > 0,
        "at_most": lambda: value >= 0,
        "between": lambda: value[0] <= 0 <= value[1],
    }[op]()


def score_proof(contact: int, _value: Any, model: int) -> list[Proof]:
    """The points she has now; nothing where she has none."""
    rows = Score.objects.filter(model=model, contact=contact)
    return [Proof(_("%s points") % one.points, one.updated_at) for one in rows]


def top(
    model: ScoringModel | int, contacts: QuerySet[Contact], n: int, source: tuple[str, int] | None = None
) -> QuerySet[Contact]:
    """The best `n` of these contacts, with their `points`; equals: who registered first (for `source`), comes first."""
    registered = Interaction.objects.filter(kind="event.registered", contact=OuterRef("pk"), verdict__in=HUMAN)
    if source:
        registered = registered.filter(source_type=source[0], source_id=source[1])
    first = registered.order_by().values("contact").annotate(at=Min("occurred_at")).values("at")
    pk = model if isinstance(model, int) else model.pk
    ranked = contacts.annotate(points=points_in(pk), registered_first=Subquery(first))
    return ranked.order_by(F("points").desc(), F("registered_first").asc(nulls_last=True), "pk")[:n]


def best(model: ScoringModel, user: Any) -> QuerySet[Score]:
    """The scores of the people that this user may see, the best first."""
    visible = Contact.objects.visible_to(user).values("pk")
    return (
        Score.objects.filter(model=model, contact__in=visible)
        .select_related("contact", "model")
        .order_by("-points", "pk")
    )


def scores_of(contact: Contact) -> QuerySet[Score]:
    rows = Score.objects.filter(contact=contact, model__is_active=True, model__deleted_at=None)
    return rows.select_related("model").order_by("-points", "pk")


def panel(request: HttpRequest, record: Any) -> str:
    """The box on a person's page; on any record with a `contact` it shows that person's scores."""
    contact = record if isinstance(record, Contact) else getattr(record, "contact", None)
    found = list(scores_of(contact)) if contact else []
    return render_to_string("marketing/scores/_panel.html", {"scores": found}, request) if found else ""
