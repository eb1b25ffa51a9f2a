"""What happens to the process of an opportunity as a whole: finished, abandoned, taken up again, exchanged for another one."""

from __future__ import annotations

from django.db import transaction
from django_fsm import can_proceed

from crm.errors import Invalid, NotAllowed
from crm.models import User
from sales.actions.opportunities import lock, must_be_open, save, tell_the_log
from sales.actions.steps import must_be_complete
from sales.models import Opportunity, Process, Stage, StageVisit
from sales.models.processes import ORDER


def must_be_under_way(opportunity: Opportunity) -> None:
    """Raises NotAllowed where the opportunity is closed, or its process was finished or abandoned."""
    must_be_open(opportunity)
    if not opportunity.is_under_way:
        state = opportunity.get_process_state_display().lower()
        raise NotAllowed(f"The process of “{opportunity}” is {state}. Take it up again before you move it.")


@transaction.atomic
def finish_process(opportunity: Opportunity, *, by: User) -> Opportunity:
    """The last stage is done; whether the sale is won is another question. The clock of the stage stops.

    Raises NotAllowed before the last stage, StepsMissing where a stage lacks something.
    """
    opportunity = lock(opportunity)
    must_be_under_way(opportunity)
    if not can_proceed(opportunity.finish_process):
        raise NotAllowed(f"“{opportunity}” is not in the last stage yet. Go on to {Stage.CLOSE.label} first.")
    must_be_complete(opportunity, ORDER)
    opportunity.finish_process()
    return _ended(opportunity, "process.finished", by)


@transaction.atomic
def abandon_process(opportunity: Opportunity, *, by: User) -> Opportunity:
    """The sale goes on without the process: nothing is asked for any more. Raises NotAllowed where it has ended already."""
    opportunity = lock(opportunity)
    must_be_under_way(opportunity)
    opportunity.abandon_process()
    return _ended(opportunity, "process.abandoned", by)


@transaction.atomic
def resume_process(opportunity: Opportunity, *, by: User) -> Opportunity:
    """Take the process up again in the stage where it was left. Raises NotAllowed where it is under way."""
    opportunity = lock(opportunity)
    must_be_open(opportunity)
    if not can_proceed(opportunity.resume_process):
        raise NotAllowed(f"The process of “{opportunity}” is under way.")
    _resume(opportunity, by)
    save(opportunity)
    tell_the_log("process.resumed", opportunity, by, text=str(opportunity.process))
    return opportunity


@transaction.atomic
def choose_process(opportunity: Opportunity, *, process: Process, by: User) -> Opportunity:
    """Follow another process from the stage where it stands; one that had ended is taken up.

    Raises Invalid for a process that is no longer offered, NotAllowed where the opportunity is closed.
    """
    opportunity = lock(opportunity)
    must_be_open(opportunity)
    if process == opportunity.process and opportunity.is_under_way:
        return opportunity
    if not process.is_active:
        raise Invalid(f"“{process}” is no longer offered. Choose another process.", field="process")
    left, opportunity.process = opportunity.process, process
    if not opportunity.is_under_way:
        _resume(opportunity, by)
    save(opportunity)
    tell_the_log("process.chosen", opportunity, by, text=f"{left} → {process}")
    return opportunity


def _resume(opportunity: Opportunity, by: User) -> None:
    opportunity.resume_process()
    StageVisit.objects.create(
        opportunity=opportunity, stage=opportunity.stage, entered_at=opportunity.stage_since, by=by
    )


def _ended(opportunity: Opportunity, kind: str, by: User) -> Opportunity:
    save(opportunity)
    StageVisit.objects.filter(opportunity=opportunity, left_at=None).update(left_at=opportunity.process_ended_at)
    tell_the_log(kind, opportunity, by, text=str(opportunity.process))
    return opportunity
