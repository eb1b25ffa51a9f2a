"""The frame of a record's page: tabs and menu by hooks, assign, follow, tags, deactivate; as quick with fifty rows as with one."""

import pytest
from django.urls import reverse

from crm.actions.activation import deactivate_record
from crm.actions.activities import log_activity
from crm.actions.following import follow_record
from crm.actions.tags import tag_records
from crm.log.recording import record
from crm.models import Account, Contact, Follow, Notification
from sales.actions.closing import win_opportunity
from sales.actions.stages import set_stage
from sales.models import Opportunity
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


def at(name, of):
    return reverse(f"crm:record-{name}", args=[of._meta.label_lower, of.pk])


def bell(user):
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("text", flat=True))


@pytest.fixture
def deal(rep):
    account = AccountFactory(name="Northwind", owner=rep)
    person = ContactFactory(owner=rep, account=account, last_name="Rao")
    return OpportunityFactory(owner=rep, topic="Renewal", account=account, contact=person)


# What a page costs


@pytest.mark.parametrize("rows", [1, 50])
def test_no_page_asks_more_than_twenty_questions_whatever_the_rows(
    client, rep, deal, rows, django_assert_max_num_queries
):
    lead = LeadFactory(owner=rep, contact=deal.contact, account=deal.account)
    task = log_activity(kind="task", subject="Call back", regarding=deal, by=rep)
    for number in range(rows):
        log_activity(kind="note", subject=f"Note {number}", regarding=deal, by=rep)
        record("opportunity.advanced", contact=deal.contact, account=deal.account, source=deal, by=rep)
        record("lead.interest", contact=deal.contact, source=lead)
        AccountFactory(parent=deal.account)
        ContactFactory(account=deal.account, owner=rep)
        OpportunityFactory(owner=rep, account=deal.account, contact=deal.contact)
    for label in ("marketing.marketingemail", "marketing.form", "marketing.event", "journeys.journey", "sales.quote",
                  "sales.order", "sales.invoice", "crm.import", "crm.account", "crm.contact"):  # fmt: skip
        record("lead.interest", contact=deal.contact, account=deal.account, source=(label, 1))
    for of in (deal.account, deal.contact, deal, lead, task):
        tag_records([of], ["VIP", "Fair"], by=rep)
        follow_record(of, by=rep)
    client.force_login(rep)
    for of in (deal.account, deal.contact, deal, lead, task):
        tabs = [tab.address for tab in client.get(of.get_absolute_url()).context["frame"].tabs]
        for address in (*tabs, at("side", of), at("edit", of), at("assign", of)):
            with django_assert_max_num_queries(20):
                assert client.get(address).status_code == 200, address


# Assign


def test_a_rep_gives_a_record_away_by_its_dialog(client, rep, team, deal):
    colleague = UserFactory(name="Cara Colleague", team=team)
    client.force_login(rep)
    assert "Assign “Renewal”" in client.get(at("assign", deal), headers={"HX-Request": "true"}).text
    answer = client.post(at("assign", deal), {"owner": colleague.pk})
    assert answer.url == deal.get_absolute_url()
    assert Opportunity.objects.get().owner == colleague
    assert bell(colleague) == ["Rita Rep gave you the opportunity “Renewal”."]


def test_what_went_out_of_sight_leads_back_to_the_list(client, rep):
    contact = ContactFactory(owner=rep)
    client.force_login(rep)
    answer = client.post(at("assign", contact), {"owner": UserFactory(team=TeamFactory()).pk})
    assert answer.url == reverse("crm:contacts")


def test_a_record_goes_into_the_queue_of_a_team(client, rep, team):
    account = AccountFactory(owner=rep)
    client.force_login(rep)
    client.post(at("assign", account), {"owner": rep.pk, "team": team.pk})
    account.refresh_from_db()
    assert (account.owner, account.team) == (None, team)
    assert f"Queue of {team}" in client.get(account.get_absolute_url()).text


def test_assigning_to_nobody_says_what_to_choose(client, rep):
    account = AccountFactory(owner=rep)
    client.force_login(rep)
    answer = client.post(at("assign", account), {"owner": "", "team": ""})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["owner"])


def test_what_belongs_to_another_is_not_given_away(client, rep):
    account = AccountFactory(owner=UserFactory(roles=["rep"]))
    client.force_login(rep)
    assert client.get(at("assign", account)).status_code == 403


def test_colleagues_are_found_by_name_and_those_who_left_are_not(client, rep):
    UserFactory(name="Cara Colleague")
    UserFactory(name="Cara Gone", is_active=False)
    client.force_login(rep)
    found = client.get(reverse("crm:choose", args=["crm.user"]), {"q": "cara"}).json()["found"]
    assert [person["title"] for person in found] == ["Cara Colleague"]


# Follow


def test_followers_are_told_of_what_is_worth_knowing_and_not_of_what_they_did_themselves(
    client, rep, manager, deal, run_jobs
):
    client.force_login(manager)
    client.post(at("follow", deal))
    follow_record(deal, by=rep)
    run_jobs()
    Opportunity.objects.update(purchase_timeframe="immediate", budget_amount=5)
    set_stage(deal, stage="develop", by=rep)
    run_jobs()
    log_activity(kind="note", subject="Likes the annual plan", regarding=deal, by=rep)
    run_jobs()
    win_opportunity(Opportunity.objects.get(), revenue=45000, by=rep)
    run_jobs()
    assert bell(manager) == [
        "Opportunity changed stage: Renewal – Qualify → Develop (Rita Rep)",
        "Note: Likes the annual plan (Rita Rep)",
        "Opportunity won: Renewal (Rita Rep)",
    ]
    assert bell(rep) == []


def test_who_follows_a_company_hears_of_its_deals(manager, rep, deal, run_jobs):
    follow_record(deal.account, by=manager)
    run_jobs()
    win_opportunity(deal, revenue=1, by=rep)
    run_jobs()
    assert bell(manager) == ["Opportunity won: Renewal (Rita Rep)"]


def test_who_no_longer_sees_it_is_no_longer_told(rep, deal, run_jobs):
    outsider = UserFactory(team=TeamFactory(), roles=["rep"])
    follow_record(deal, by=outsider)
    run_jobs()
    win_opportunity(deal, revenue=1, by=rep)
    run_jobs()
    assert bell(outsider) == []


def test_following_is_counted_listed_and_stopped(client, rep, manager, deal):
    follow_record(deal, by=manager)
    client.force_login(rep)
    button = client.post(at("follow", deal), headers={"HX-Request": "true"})
    assert (button.context["frame"].following.count, button.context["frame"].following.is_mine) == (2, True)
    assert "Renewal" in client.get(reverse("crm:following")).text
    client.post(at("follow", deal), {"stop": "yes"})
    assert list(Follow.objects.values_list("user", flat=True)) == [manager.pk]
    assert "You follow nothing yet" in client.get(reverse("crm:following")).text


def test_what_one_no_longer_sees_can_still_be_let_go(client, rep):
    hidden = ContactFactory(owner=UserFactory(team=TeamFactory()), last_name="Secret")
    follow_record(hidden, by=rep)
    client.force_login(rep)
    assert "Secret" not in client.get(reverse("crm:following")).text
    assert client.post(at("follow", hidden)).status_code == 404
    client.post(at("follow", hidden), {"stop": "yes"})
    assert not Follow.objects.exists()


# Tags


def test_tags_are_put_on_and_taken_off_on_the_page(client, rep, deal):
    client.force_login(rep)
    for name in ("VIP", "Fair", "vip"):
        row = client.post(at("tags", deal), {"add": name}, headers={"HX-Request": "true"})
    assert [str(tag) for tag in row.context["frame"].tags] == ["Fair", "VIP"]
    assert "&amp;tags=VIP" in row.text or "&tags=VIP" in row.text
    row = client.post(at("tags", deal), {"remove": "vip"}, headers={"HX-Request": "true"})
    assert [str(tag) for tag in row.context["frame"].tags] == ["Fair"]


def test_known_tags_are_offered_while_one_types(client, rep, deal):
    tag_records([deal], ["VIP", "Fair"], by=rep)
    client.force_login(rep)
    found = client.get(reverse("crm:tag-names"), {"q": "vi"}).json()["found"]
    assert [tag["title"] for tag in found] == ["VIP"]


def test_an_inactive_record_takes_no_tag(client, rep):
    account = AccountFactory(owner=rep, is_active=False)
    client.force_login(rep)
    client.post(at("tags", account), {"add": "VIP"})
    assert client.get(account.get_absolute_url()).context["frame"].tags == []


# Deactivate


def test_a_contact_who_left_is_marked_and_comes_back(client, rep):
    contact = ContactFactory(owner=rep)
    client.force_login(rep)
    client.post(at("deactivate", contact), {"reason": "Retired"})
    page = client.get(contact.get_absolute_url())
    assert not Contact.objects.get().is_active
    assert "No longer there" in page.text
    assert "reactivate" in [entry.command.name for entry in page.context["frame"].menu]
    client.post(at("reactivate", contact))
    assert Contact.objects.get().is_active


def test_only_what_can_be_inactive_is_deactivated(client, rep, deal):
    client.force_login(rep)
    assert client.get(at("deactivate", deal)).status_code == 404


def test_a_second_deactivation_says_so(client, rep):
    account = deactivate_record(AccountFactory(owner=rep), by=rep)
    client.force_login(rep)
    answer = client.post(at("deactivate", account), follow=True)
    assert "is inactive already." in answer.text
    assert Account.objects.get().version == 2


def test_the_menu_offers_only_what_the_reader_may_do(client, rep):
    mine, theirs = AccountFactory(owner=rep), AccountFactory(owner=UserFactory(roles=["rep"]))
    client.force_login(rep)
    menus = [
        [entry.command.name for entry in client.get(of.get_absolute_url()).context["frame"].menu]
        for of in (mine, theirs)
    ]
    assert {"edit", "assign", "deactivate"} <= set(menus[0])
    assert not {"edit", "assign", "deactivate"} & set(menus[1])


def test_an_open_task_stands_under_up_next(client, rep):
    contact = ContactFactory(owner=rep)
    ActivityFactory(owner=rep, contact=contact, subject="Send the offer")
    client.force_login(rep)
    assert "Done: Send the offer" in client.get(contact.get_absolute_url()).text


def test_following_by_the_api(rep, deal):
    from rest_framework.test import APIClient

    api = APIClient()
    api.force_authenticate(rep)
    address = f"/api/v1/opportunities/{deal.pk}/follow/"
    assert api.post(address).status_code == 204
    assert Follow.objects.get().user == rep
    assert api.delete(address).status_code == 204
    assert not Follow.objects.exists()


@pytest.mark.parametrize("make", [AccountFactory, ContactFactory, LeadFactory, OpportunityFactory, ActivityFactory])
def test_a_tag_opens_the_list_of_all_that_carry_it(client, rep, make):
    tagged, _other = make(owner=rep), make(owner=rep)
    tag_records([tagged], ["Fair 2026"], by=rep)
    client.force_login(rep)
    frame = client.get(tagged.get_absolute_url()).context["frame"]
    listed = client.get(f"{frame.list_of_all}&tags=Fair%202026").context["list"]
    assert [row.record for row in listed.rows] == [tagged]
