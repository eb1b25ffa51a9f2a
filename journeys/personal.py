"""What journeys hold about a person. Whoever is forgotten leaves the journeys she is in."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.hooks import personal
from crm.hooks.personal import ALWAYS, ON_ERASE, PersonalData, of_contact
from journeys import engine
from journeys.models import Approval, Call, Journey, Participant, Turn, Visit


def leave_all(rows: QuerySet) -> None:
    active = Participant.objects.active().filter(pk__in=rows.values("pk"))
    for journey in Journey._base_manager.filter(pk__in=active.values("journey")):
        taken = active.filter(journey=journey)
        engine.leave(journey, taken, status="exited", outcome="forgotten", now=timezone.now())
    Visit.objects.filter(participant__in=rows.values("pk")).update(detail=None)
    Call.objects.filter(participant__in=rows.values("pk")).delete()
    Approval.objects.filter(participant__in=rows.values("pk")).update(comment="")


def register_all() -> None:
    ways = of_contact(Participant)
    waiting = PersonalData(
        "journeys.turn", _("Waiting to begin a journey"), of_contact(Turn), "at", deletes=ALWAYS, order=48
    )
    personal.register(
        waiting,
        PersonalData(
            "journeys.participant",
            _("Journeys"),
            ways,
            "entered_at",
            {"problem": "", "trigger": {}},
            ON_ERASE,
            leave_all,
            order=47,
        ),
    )
