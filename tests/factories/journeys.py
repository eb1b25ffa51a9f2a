"""Rows of journeys for tests, and short ways to write a definition."""

from datetime import UTC, datetime
from itertools import pairwise

from factory import Sequence
from factory.django import DjangoModelFactory

from crm.models import Contact
from journeys.actions.journeys import publish_journey
from journeys.models import Journey
from tests.factories.crm import ContactFactory, UserFactory

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class JourneyFactory(DjangoModelFactory):
    name = Sequence("Journey {}".format)

    class Meta:
        model = Journey


def node(kind, /, **params):
    return {"kind": kind, "params": params}


def definition(nodes, edges=None, entry="by_hand", goal=None, **entry_params):
    """Without `edges` the nodes follow each other by “next”, in their order."""
    if edges is None:
        ids = ["entry", *nodes]
        edges = [[a, "next", b] for a, b in pairwise(ids)]
    return {"schema": 1, "entry": {"kind": entry, "params": entry_params}, "goal": goal, "nodes": nodes, "edges": edges}


def live_journey(nodes, edges=None, *, now=NOON, **more):
    journey = JourneyFactory(draft=definition(nodes, edges, **more))
    return publish_journey(journey, by=UserFactory(), now=now)


def many_contacts(count, **fields):
    return Contact.objects.bulk_create(
        ContactFactory.build(email=f"c{number}@customer.example", **fields) for number in range(count)
    )
