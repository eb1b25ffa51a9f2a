"""Every page that the story passes costs twenty queries at most, with the demo company and its running journey in it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.demo import loading
from crm.actions.imports import map_import, start_import
from crm.models import Account, Activity, Campaign, Contact, Import, Interaction, Message, OutboxItem, User
from journeys.actions.journeys import publish_journey
from journeys.models import Journey, Participant
from marketing.models import Event, Form, MarketingEmail, ScoringModel, Segment, TextMessage
from sales.models import Invoice, Lead, Opportunity, Order, Product, Quote

MOST = 20


@pytest.fixture
def demo(db, run_jobs):
    """The demo company, its webinar's journey under way: invitations are sent, the segment is filled."""
    loading.load(lambda part: None)
    run_jobs()
    publish_journey(Journey.objects.get(), by=User.objects.get(email="milan@tandem.example"), now=timezone.now())
    run_jobs()
    assert Message.objects.filter(status="sent").exists()


@pytest.fixture
def dear(client):
    """dear(user, addresses): those that cost more than twenty queries. A second look, as the first fills caches."""

    def walk(user, addresses):
        client.force_login(user)
        found = {}
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(address)
            assert answer.status_code == 200, (address, answer.status_code)
            if len(asked) > MOST:
                found[address] = len(asked)
        return found

    return walk


def page(name, *args):
    return reverse(name, args=args)


def admin(name, *args):
    return reverse(f"admin:{name}", args=args)


def test_the_pages_of_a_rep(demo, dear):
    rep = User.objects.get(email="priya@tandem.example")
    lead = Lead.objects.editable_by(rep).filter(status="open").first()
    deals = Opportunity.objects.editable_by(rep)
    deal, closed = deals.filter(status="open").first(), deals.exclude(status="open").first()
    quote = Quote.objects.editable_by(rep).filter(opportunity__in=deals, status="active").first()
    order, invoice = Order.objects.visible_to(rep).first(), Invoice.objects.visible_to(rep).first()
    contact, task = Contact.objects.editable_by(rep).first(), Activity.objects.visible_to(rep).first()
    account = Account.objects.editable_by(rep).first()
    assert None not in (lead, deal, closed, quote, order, invoice, contact, account, task)
    addresses = [
        *map(
            page, ["sales:home", "sales:my-work", "sales:leads", "sales:lead-new", "sales:opportunities", "sales:board"]
        ),
        *map(page, ["crm:contacts", "crm:accounts", "crm:activities", "crm:calendar", "crm:notifications"]),
        *map(page, ["sales:quotes", "sales:orders", "sales:invoices", "sales:products", "marketing:campaigns"]),
        page("crm:search") + "?q=an",
        page("crm:search-found") + "?q=an",
        page("sales:lead", lead.pk),
        page("sales:lead-qualify", lead.pk),
        page("sales:lead-disqualify", lead.pk),
        page("crm:activity-add") + f"?kind=call&lead={lead.pk}",
        page("sales:opportunity", deal.pk),
        page("sales:opportunity", closed.pk),
        *[page("sales:opportunity-stage", deal.pk, stage) for stage in ("qualify", "develop", "propose", "close")],
        page("sales:opportunity-win", deal.pk),
        page("sales:opportunity-lose", deal.pk),
        page("sales:opportunity-lines", deal.pk),
        page("sales:quote", quote.pk),
        page("sales:quote-order", quote.pk),
        page("sales:quote-email", quote.pk),
        page("sales:order", order.pk),
        page("sales:invoice", invoice.pk),
        page("sales:product", Product.objects.first().pk),
        page("crm:contact", contact.pk),
        page("crm:account", account.pk),
        page("crm:activity", task.pk),
        page("crm:history", "sales.opportunity", deal.pk),
        page("marketing:campaign", Campaign.objects.get().pk),
        page("marketing:campaign-people", Campaign.objects.get().pk, "invited"),
    ]
    assert dear(rep, addresses) == {}


def test_the_pages_of_a_marketer(demo, dear, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    marketer = User.objects.get(email="milan@tandem.example")
    journey, event, email = Journey.objects.get(), Event.objects.get(), MarketingEmail.objects.first()
    segment, model, text = Segment.objects.first(), ScoringModel.objects.get(), TextMessage.objects.get()
    step = next(iter(journey.draft["nodes"]))
    path = tmp_path / "people.csv"
    path.write_text("Last name,Email\nIto,ito@customer.example\n")
    with path.open("rb") as file:
        of = start_import(file, "people.csv", marketer)
    of = map_import(of, mapping=of.mapping, by=marketer)
    lists = [
        "crm_campaign", "crm_message", "crm_outboxitem", "crm_consent", "crm_suppression", "crm_sender", "crm_topic",
        "marketing_segment", "marketing_marketingemail", "marketing_textmessage", "marketing_form", "marketing_event",
        "marketing_registration", "marketing_scoringmodel", "marketing_send", "journeys_journey",
    ]  # fmt: skip
    addresses = [
        admin("index"),
        *[admin(f"{name}_changelist") for name in lists],
        admin("crm_campaign_change", Campaign.objects.get().pk),
        admin("crm_message_change", Message.objects.filter(status="sent").first().pk),
        admin("crm_outboxitem_change", OutboxItem.objects.first().pk),
        admin("marketing_segment_add"),
        admin("marketing_segment_change", segment.pk),
        admin("marketing_segment_members", segment.pk),
        admin("marketing_segment_why", segment.pk)
        + f"?contact={Interaction.objects.filter(kind='email.sent').first().contact_id}",
        admin("marketing_marketingemail_design", email.pk),
        admin("marketing_marketingemail_change", email.pk),
        admin("marketing_textmessage_change", text.pk),
        admin("marketing_form_change", Form.objects.first().pk),
        admin("marketing_event_change", event.pk),
        admin("marketing_event_live", event.pk),
        admin("marketing_scoringmodel_change", model.pk),
        admin("marketing_scoringmodel_people", model.pk),
        admin("marketing_send_new", "email", email.pk),
        admin("journeys_journey_canvas", journey.pk),
        admin("journeys_journey_step", journey.pk, "entry"),
        admin("journeys_journey_step", journey.pk, step),
        admin("journeys_journey_simulate", journey.pk),
        admin("journeys_journey_publish", journey.pk),
        admin("journeys_journey_live", journey.pk),
        admin("journeys_journey_people", journey.pk),
        admin("journeys_journey_diary", journey.pk, Participant.objects.first().pk),
        page("crm:imports"),
        page("crm:import-new"),
        page("crm:import-mapping", Import.objects.get(pk=of.pk).pk),
        page("marketing:campaigns"),
        page("marketing:campaign", Campaign.objects.get().pk),
        page("crm:health"),
    ]
    assert dear(marketer, addresses) == {}


def test_the_pages_of_a_guest(demo, client):
    event, form = Event.objects.get(), Form.objects.first()
    for address in (page("marketing:event", event.slug), page("marketing:form", form.slug)):
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        assert len(asked) <= MOST, address
