"""Moving an opportunity through its stages. A stage lets go once its required steps are filled."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django_fsm import can_proceed

from crm.errors import Invalid, NotAllowed
from crm.log.recording import record
from crm.models import User
from sales.actions.opportunities import keep_base, keep_place, lock, save
from sales.actions.processes import must_be_under_way
from sales.actions.steps import fill_steps, must_be_complete
from sales.models import Opportunity, Stage, StageVisit
from sales.queries.steps import asked_on_the_way


@transaction.atomic
def advance_opportunity(opportunity: Opportunity, *, by: User, **values: Any) -> Opportunity:
    """To the next stage, once this one and those passed have what they ask for; `values` fills steps on the way.

    Raises StepsMissing with the fields' paths, NotAllowed where it is closed or in the last stage.
    """
    opportunity = _filled(opportunity, values)
    if not can_proceed(opportunity.advance):
        raise NotAllowed(f"“{opportunity}” is in the last stage. Win or lose it.")
    to = Stage(opportunity.stage).next or Stage.CLOSE
    must_be_complete(opportunity, asked_on_the_way(opportunity, to))
    return _moved(opportunity, to, by)


@transaction.atomic
def move_back(opportunity: Opportunity, *, by: User) -> Opportunity:
    """To the stage before; what is filled stays. Raises NotAllowed where it is closed or in the first stage."""
    opportunity = _filled(opportunity, {})
    if not can_proceed(opportunity.back):
        raise NotAllowed(f"“{opportunity}” is in the first stage.")
    return _moved(opportunity, Stage(opportunity.stage).previous or Stage.QUALIFY, by)


@transaction.atomic
def set_stage(opportunity: Opportunity, *, stage: str, by: User, **values: Any) -> Opportunity:
    """To any stage: back freely, forward where each stage passed has what it asks for.

    Raises StepsMissing, Invalid for an unknown stage, NotAllowed where it is closed.
    """
    if stage not in Stage:
        raise Invalid(f"There is no stage “{stage}”. Known: {', '.join(Stage.values)}.", field="stage")
    opportunity = _filled(opportunity, values)
    if stage == opportunity.stage:
        return opportunity
    must_be_complete(opportunity, asked_on_the_way(opportunity, stage))
    return _moved(opportunity, Stage(stage), by)


def _filled(opportunity: Opportunity, values: dict[str, Any]) -> Opportunity:
    opportunity = lock(opportunity)
    must_be_under_way(opportunity)
    fill_steps(opportunity, values)
    if values:
        keep_base(opportunity)
        keep_place(opportunity)
    return opportunity


def _moved(opportunity: Opportunity, to: Stage, by: User) -> Opportunity:
    left = Stage(opportunity.stage)
    if to == left.next:
        opportunity.advance()
    elif to == left.previous:
        opportunity.back()
    else:
        opportunity.set_stage(to)
    save(opportunity)
    StageVisit.objects.filter(opportunity=opportunity, left_at=None).update(left_at=opportunity.stage_since)
    StageVisit.objects.create(opportunity=opportunity, stage=to, entered_at=opportunity.stage_since, by=by)
    record(
        "opportunity.advanced",
        contact=opportunity.contact_id,
        account=opportunity.account_id,
        source=opportunity,
        campaign=opportunity.campaign_id,
        by=by,
        data={"from": left.value, "to": to.value, "text": f"{left.label} → {to.label}"},
    )
    return opportunity
