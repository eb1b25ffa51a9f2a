"""The campaign page: each number counts people once, and leads to them."""

import pytest
from django.urls import reverse

from crm.hooks import campaign_results
from crm.log.recording import record
from crm.models import Message
from marketing.web.campaigns import funnel_of
from tests.factories.crm import CampaignFactory, ContactFactory, UserFactory
from tests.factories.emails import MarketingEmailFactory

pytestmark = pytest.mark.django_db


def message_to(contact, campaign, number=1, **values):
    from django.utils import timezone

    return Message.objects.create(
        key=f"{campaign.pk}:{contact.pk}:{number}", send_key=f"s{number}", channel="email", purpose="commercial",
        contact=contact, address=contact.email, campaign=campaign, content_type="marketing.email", content_id=1,
        due_at=timezone.now(), **{"status": "sent", **values},
    )  # fmt: skip


def heard(kind, message, verdict=""):
    record(kind, contact=message.contact, campaign=message.campaign, message=message, verdict=verdict)


def ids_of(result, campaign):
    return {row if isinstance(row, int) else next(iter(row.values())) for row in result.people(campaign)}


@pytest.fixture
def campaign():
    return CampaignFactory(name="Webinar")


@pytest.fixture
def invited(campaign):
    """Four were invited twice; a fifth was left out."""
    contacts = ContactFactory.create_batch(4)
    messages = [message_to(contact, campaign, number) for contact in contacts for number in (1, 2)]
    message_to(ContactFactory(), campaign, status="not_sent", reason="No consent.")
    for message in messages:
        heard("email.delivered", message)
    heard("email.bounced", messages[6])
    heard("email.bounced", messages[7])
    heard("email.opened", messages[0], "human")
    heard("email.opened", messages[1], "proxy")
    heard("email.opened", messages[2], "scanner")
    heard("email.clicked", messages[4], "human")
    heard("email.clicked", messages[5], "human")
    return contacts


def numbers(campaign):
    return {step.name: step.count for step in funnel_of(campaign)}


def test_people_are_counted_once_and_machines_not_at_all(campaign, invited):
    found = numbers(campaign)
    assert {name: found[name] for name in ("invited", "delivered", "opened", "clicked")} == {
        "invited": 4,
        "delivered": 3,
        "opened": 2,
        "clicked": 1,
    }


def test_every_number_is_the_number_of_its_people(campaign, invited):
    for result in campaign_results.all_results():
        assert result.count(campaign) == len(ids_of(result, campaign)), result.name


def test_another_campaign_counts_for_itself(campaign, invited):
    assert set(numbers(CampaignFactory()).values()) == {0}


def test_the_page_and_its_doors_open_within_twenty_queries(
    client, marketer, campaign, invited, django_assert_max_num_queries
):
    MarketingEmailFactory.create_batch(3, campaign=campaign)
    client.force_login(marketer)
    with django_assert_max_num_queries(20):
        page = client.get(reverse("marketing:campaign", args=[campaign.pk]))
    assert page.status_code == 200
    assert b'<ol class="funnel"' in page.content
    assert b"style=" not in page.content
    with django_assert_max_num_queries(20):
        people = client.get(reverse("marketing:campaign-people", args=[campaign.pk, "clicked"]))
    assert str(invited[2]) in people.content.decode()
    with django_assert_max_num_queries(20):
        assert client.get(reverse("marketing:campaigns")).status_code == 200


def test_a_number_of_people_that_a_rep_may_not_see_names_nobody(client, rep, campaign):
    theirs = ContactFactory(last_name="Secret", owner=UserFactory(roles=["rep"]))
    heard("email.clicked", message_to(theirs, campaign), "human")
    client.force_login(rep)
    assert client.get(reverse("marketing:campaign", args=[campaign.pk])).status_code == 200
    page = client.get(reverse("marketing:campaign-people", args=[campaign.pk, "clicked"]))
    assert b"Secret" not in page.content
    assert b"does not let you see" in page.content


def test_an_empty_campaign_says_what_to_do(client, marketer, campaign):
    client.force_login(marketer)
    assert b"Nothing has happened yet" in client.get(reverse("marketing:campaign", args=[campaign.pk])).content


def test_an_unknown_number_is_no_page(client, marketer, campaign):
    client.force_login(marketer)
    assert client.get(reverse("marketing:campaign-people", args=[campaign.pk, "nonsense"])).status_code == 404


def test_a_marketer_makes_a_campaign_and_sees_its_page(client, marketer):
    client.force_login(marketer)
    answer = client.post(reverse("admin:crm_campaign_add"), {"name": "Spring", "status": "planned", "_save": "1"})
    assert client.get(answer.url).status_code == 200
    assert client.get(reverse("admin:crm_campaign_changelist")).status_code == 200


def test_the_results_are_read_over_the_api(client, marketer, campaign, invited):
    client.force_login(marketer)
    answer = client.get(f"/api/v1/campaigns/{campaign.pk}/results/").json()
    assert [(row["name"], row["count"]) for row in answer][:4] == [
        ("invited", 4),
        ("delivered", 3),
        ("opened", 2),
        ("clicked", 1),
    ]
