"""What journeys puts on the hooks."""

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm import jobs
from crm.hooks import attributes, contact_actions, navigation, panels, search
from crm.hooks.resources import EVERYTHING, READS, declare
from crm.log import kinds, triggers
from crm.log.reading import Reader, register
from crm.models import Touched
from crm.search import indexed
from journeys import personal, using_segments, watched
from journeys.indexed import JOURNEYS
from journeys.queries import memberships
from marketing import score_watch, starts, uses
from marketing.models import Segment


def wire() -> None:
    """Register everything; called once, from JourneysConfig.ready()."""
    from journeys import bin_rules, changes, engine, listening, merge_rules, opening, thresholds, turns
    from journeys.actions import calls, path_tests
    from journeys.queries.work import journeys_admitting, journeys_to_clear, journeys_to_complete, moves_to_carry
    from journeys.steps import every  # noqa: F401

    declare("journeys.journey", "Journeys", rep=READS, manager=READS, marketer=EVERYTHING)
    kinds.declare("journey.entered", "Journey entered", icon="route", group="Journeys", is_behaviour=False)
    kinds.declare("journey.ended", "Journey ended", icon="flag", group="Journeys", is_behaviour=False)
    bin_rules.register_all()
    merge_rules.register_all()
    register(Reader("journeys", listening.handle, kinds=listening.kinds))
    register(Reader("journeys.changes", changes.handle, from_start=False, table=Touched))
    score_watch.register("journeys", thresholds.of_model)
    jobs.register_sweep("journeys.tasks.advance", engine.has_due)
    jobs.register_sweep("journeys.tasks.admit_members", lambda now: journeys_admitting(now).exists())
    jobs.register_sweep("journeys.tasks.run_planned", lambda now: opening.journeys_to_run(now).exists())
    jobs.register_sweep("journeys.tasks.take_turns", lambda now: turns.journeys_with_turns(now).exists())
    jobs.register_sweep("journeys.tasks.forget_turns", lambda now: turns.journeys_left_behind().exists())
    jobs.register_recurring("journeys.tasks.look_at_exits", timedelta(hours=1))
    jobs.register_sweep("journeys.tasks.clear_stopped", lambda now: journeys_to_clear().exists())
    jobs.register_sweep("journeys.tasks.complete_finished", lambda now: journeys_to_complete().exists())
    jobs.register_sweep("journeys.tasks.move_people", lambda now: moves_to_carry().exists())
    jobs.register_sweep("journeys.tasks.make_calls", calls.has_due)
    jobs.register_sweep("journeys.tasks.judge_paths", path_tests.has_due)
    uses.register("journeys", using_segments.journeys_of)
    for attribute in memberships.attributes():
        attributes.register(attribute)
    triggers.keep(watched.PARTICIPANT)
    indexed.keep(JOURNEYS)
    personal.register_all()
    _faces()


def _begun_with(segment: Segment) -> str:
    return f"{reverse('admin:journeys_journey_add')}?segment={segment.pk}"


def _faces() -> None:
    from journeys.web import approvals
    from journeys.web.contacts import AddForm, add_many_to_journey, add_to_journey, render_panel
    from journeys.web.found import SOURCE

    view = ("journeys.journey", "view")
    navigation.register(
        navigation.Door("journeys", "marketing", "Journeys", "admin:journeys_journey_changelist", "route", view, 20)
    )
    navigation.register(
        navigation.Door(
            "journey-new", "new", "Journey", "admin:journeys_journey_add", "route", ("journeys.journey", "add"), 70
        )
    )
    navigation.register(
        navigation.Door(
            "approvals", "sales", "To approve", "journeys:approvals", "shield-check", ("crm.contact", "view"), 75
        )
    )
    panels.register(panels.Panel("journeys.approvals", "sales.my_work", "To approve", approvals.box, 10))
    search.register(SOURCE)
    starts.register(
        starts.Start(
            "journeys.journey", _("Start a journey with them"), "route", _begun_with, ("journeys.journey", "add")
        )
    )
    panels.register(panels.Panel("journeys", "crm.contact", "Journeys", render_panel, 40))
    contact_actions.register(
        contact_actions.ContactAction(
            "journey", "Add to journey", add_to_journey, ("journeys.journey", "view"), AddForm, add_many_to_journey
        )
    )
