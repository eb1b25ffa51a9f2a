"""After a send everybody who was meant can be told why she got it or not, in words, by group and one by one."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.actions.consent import give_consent
from crm.models import Message, OutboxItem
from marketing.actions.emails import make_ready
from marketing.actions.experiments import Plan, Way, choose_winner
from marketing.actions.send_control import cancel_send
from marketing.actions.sends import start_send
from marketing.models import Experiment, LeftOut, SegmentMember
from marketing.queries import reasons
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory
from tests.factories.emails import ListFactory, MarketingEmailFactory

pytestmark = pytest.mark.django_db


def person(marketer, email, *lists, consents=True, **more):
    contact = ContactFactory(email=email, owner=marketer, **more)
    for one in lists:
        SegmentMember.objects.create(segment=one, contact=contact)
    if email and consents:
        give_consent(email, source="test")
    return contact


@pytest.fixture
def meant(marketer):
    """Six of a list, each for another reason; a seventh who was never meant."""
    every, without = ListFactory(name="Everybody"), ListFactory(name="Partners")
    people = {
        "got": person(marketer, "got@one.example", every, last_name="Got"),
        "shares": person(marketer, "got@one.example", every, last_name="Shares"),
        "no consent": person(marketer, "no@one.example", every, consents=False),
        "no address": person(marketer, "", every),
        "excluded": person(marketer, "partner@one.example", every, without),
        "stranger": person(marketer, "stranger@one.example"),
    }
    return every, without, people


@pytest.fixture
def send(marketer, meant, run_jobs):
    every, without, _people = meant
    sent = start_send(
        make_ready(MarketingEmailFactory(), by=marketer), segments=[every], excluded=[without], by=marketer
    )
    run_jobs()
    return sent


def words(send, people):
    return {name: reasons.why(send, [contact])[0].words for name, contact in people.items()}


def test_each_person_is_told_why(send, meant):
    send.refresh_from_db()
    assert words(send, meant[2]) == {
        "got": "It was delivered.",
        "shares": "The address is shared with somebody who was written to.",
        "no consent": "There is no consent to commercial messages.",
        "no address": "There is no email address.",
        "excluded": "The person is in a segment that this send leaves out.",
        "stranger": "She was in none of the chosen segments when the send began.",
    }


def test_what_changes_later_changes_no_reason(send, meant):
    send.refresh_from_db()
    before = words(send, meant[2])
    give_consent("no@one.example", source="test")
    SegmentMember.objects.all().delete()
    assert words(send, meant[2]) == before


def test_every_group_opens_as_many_people_as_it_counts(send, client, marketer, django_assert_max_num_queries):
    client.force_login(marketer)
    with django_assert_max_num_queries(20):
        page = client.get(reverse("admin:marketing_send_reasons", args=[send.pk]))
    assert sum(group.n for group, _address in page.context["groups"]) == page.context["total"] == 5
    for group, address in page.context["groups"]:
        with django_assert_max_num_queries(20):
            opened = client.get(address)
        assert len(opened.context["people"]) == group.n == 1, group
        assert opened.context["title"] == group.label


def test_one_person_is_asked_for_by_name_or_address(send, client, marketer, run_jobs):
    client.force_login(marketer)
    at = reverse("admin:marketing_send_reasons", args=[send.pk])
    assert "There is no consent to commercial messages." in client.get(at, {"q": "NO@one.example"}).content.decode()
    run_jobs()
    assert [one.words for one in client.get(at, {"q": "Shares"}).context["found"]] == [
        "The address is shared with somebody who was written to."
    ]
    assert b"Nobody whom you may see" in client.get(at, {"q": "zzz@nowhere.example"}).content


def test_the_sheet_holds_everybody_once_and_no_formula(send, client, marketer, meant):
    meant[2]["got"].first_name, meant[2]["got"].last_name = "=1+1", "Got"
    meant[2]["got"].save()
    client.force_login(marketer)
    answer = client.get(reverse("admin:marketing_send_reasons_csv", args=[send.pk]))
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 6
    assert {row[0] for row in rows[1:]} == {str(one.pk) for name, one in meant[2].items() if name != "stranger"}
    assert not any(cell.startswith("=") for row in rows for cell in row)


def test_the_api_counts_the_reasons_and_tells_one_person_hers(send, client, marketer, meant):
    client.force_login(marketer)
    at = f"/api/v1/sends/{send.pk}/reasons/"
    said = client.get(at).json()
    assert {group["label"]: group["count"] for group in said["groups"]}["There is no email address."] == 1
    person = meant[2]["excluded"].pk
    assert client.get(at, {"contact": person}).json()["person"] == {
        "contact": person, "address": "", "words": "The person is in a segment that this send leaves out.",
    }  # fmt: skip
    assert client.get(at, {"contact": "²"}).status_code == 400


def test_whoever_waits_for_the_winner_is_told_so_and_gets_it_afterwards(marketer, run_jobs):
    every = ListFactory()
    for number in range(30):
        person(marketer, f"p{number}@one.example", every)
    email = make_ready(MarketingEmailFactory(), by=marketer)
    ways = [Way(subject="One"), Way(subject="Two")]
    send = start_send(email, segments=[every], by=marketer, experiment=Plan(ways, sample_percent=50))
    run_jobs()
    waiting = LeftOut.objects.filter(send=send, why=LeftOut.Why.WAITS).count()
    assert waiting == 30 - Message.objects.count() > 0
    stopped = reasons.groups_of(send)
    assert "The person waits for the winner of the test." in {group.label for group in stopped}
    choose_winner(Experiment.objects.get(), "A", by=marketer)
    run_jobs()
    assert not LeftOut.objects.exists()
    assert OutboxItem.objects.count() == 30


def test_a_send_that_was_stopped_says_so_to_those_who_waited(marketer, run_jobs):
    every = ListFactory()
    for number in range(30):
        person(marketer, f"p{number}@one.example", every)
    email = make_ready(MarketingEmailFactory(), by=marketer)
    plan = Plan([Way(subject="One"), Way(subject="Two")], sample_percent=50)
    send = start_send(email, segments=[every], by=marketer, experiment=plan)
    run_jobs()
    send = cancel_send(send, by=marketer)
    assert "The send was stopped before the winner of its test was chosen." in {
        group.label for group in reasons.groups_of(send)
    }


def test_before_it_begins_the_page_says_what_will_be_here(marketer, client, meant):
    email = make_ready(MarketingEmailFactory(), by=marketer)
    send = start_send(email, segments=[meant[0]], due_at=timezone.now() + timedelta(hours=1), by=marketer)
    client.force_login(marketer)
    page = client.get(reverse("admin:marketing_send_reasons", args=[send.pk]))
    assert b"Nothing has been decided yet" in page.content
    assert client.get(reverse("admin:marketing_send_reasons_people", args=[send.pk]), {"group": "x"}).status_code == 404


def test_people_whom_the_reader_may_not_see_are_counted_and_not_named(send, client):
    stranger = UserFactory(team=TeamFactory(name="Nowhere"), roles=["rep"])
    client.force_login(stranger)
    for name in ("", "_people", "_csv"):
        assert client.get(reverse(f"admin:marketing_send_reasons{name}", args=[send.pk])).status_code in (302, 403, 404)
