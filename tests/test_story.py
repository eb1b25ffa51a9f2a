"""The webinar story, told in small on real parts: the importer, a real worker, readers over HTTP, a rep who sells."""

import pytest

from config.story.play import Size, Story
from crm.models import Interaction, Message, Notification
from marketing.models import Registration
from sales.demo import make_catalogue
from sales.models import Opportunity
from tests.factories.crm import SenderFactory, TeamFactory, UserFactory
from tests.worker import Worker

SMALL = Size(invited=60, register=12, engaged=5, best=3)


@pytest.fixture
def told(live_server, settings):
    settings.PUBLIC_URL = live_server.url
    SenderFactory(is_default=True)
    team = TeamFactory()
    reps = [UserFactory(team=team, roles=["rep"]) for _ in range(2)]
    make_catalogue(UserFactory(roles=["manager"]))
    with Worker():
        yield Story(UserFactory(roles=["marketer"]), lambda *_: None, SMALL, seed=77).run(), reps


@pytest.mark.worker
def test_an_invitation_becomes_a_won_deal_in_one_database(told):
    story, reps = told
    campaign = story.built.campaign
    invited = Message.objects.filter(content_id=story.built.invitation.pk, content_type="marketing.email")
    assert (invited.count(), invited.filter(status="sent").count()) == (60, 60)
    assert Registration.objects.filter(event=story.built.event).count() == 12
    assert len(story.leads) == 3
    assert {lead.owner for lead in story.leads} == set(reps)
    assert Notification.objects.filter(user__in=reps, text__contains="lead").count() >= 3

    best = max(story.leads, key=lambda lead: lead.details["score"])
    assert "Registered (+20)" in best.details["reasons"]
    history = set(Interaction.objects.filter(contact=best.contact).values_list("kind", flat=True))
    assert history >= {
        "contact.imported",
        "email.sent",
        "email.opened",
        "email.clicked",
        "event.registered",
        "lead.assigned",
    }

    deal = Opportunity.objects.get(campaign=campaign)
    assert (deal.status, deal.actual_revenue, story.sold.invoice.status) == ("won", story.sold.quote.net_total, "paid")
    assert story.sold.pdf.startswith(b"%PDF")
    numbers = dict(story.results)
    assert [numbers[step] for step in ("Invited", "Delivered", "Registered", "Leads", "Opportunities")] == [
        "60",
        "60",
        "12",
        "3",
        "1",
    ]
