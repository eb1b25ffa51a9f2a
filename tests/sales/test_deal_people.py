"""Who has a say in a deal, and who of us works on it: shown, told, and reaching just that deal."""

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from crm.access.why import reasons
from crm.actions.merging import merge_records
from crm.errors import Invalid, NotAllowed
from crm.models import Contact, Notification
from sales.actions.closing import lose_opportunity
from sales.actions.deal_people import put_on_team, set_stakeholder, take_off_team
from sales.models import DealMember, Opportunity, Stakeholder
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(rep):
    return OpportunityFactory(owner=rep, topic="Fleet of 40")


@pytest.fixture
def engineer(db):
    """Of another team, who sees nothing of ours."""
    return UserFactory(name="Eva Expert", team=TeamFactory(name="Engineering"), roles=["rep"])


def fresh(user):
    return type(user).objects.get(pk=user.pk)


def side(client, record):
    return client.get(f"/records/{record._meta.label_lower}/{record.pk}/side/").content.decode()


def test_somebody_of_another_team_sees_and_changes_the_deal_while_on_its_team(client, deal, engineer, rep):
    client.force_login(engineer)
    here = deal.get_absolute_url()
    assert client.get(here).status_code == 404
    member = put_on_team(deal, engineer, role="expert", by=rep)
    assert client.get(here).status_code == 200
    assert Opportunity.objects.editable_by(fresh(engineer)).get() == deal
    assert Contact.objects.visible_to(fresh(engineer)).get() == deal.contact
    assert reasons(fresh(engineer), deal, "change") == ["You are on its sales team."]
    assert client.get("/opportunities/?view=with-me").content.decode().count("Fleet of 40") > 0
    take_off_team(member, by=rep)
    assert client.get(here).status_code == 404
    assert not Contact.objects.visible_to(fresh(engineer)).exists()


def test_being_on_the_team_lets_nobody_give_the_deal_away_or_reach_another_one(client, deal, engineer, rep):
    other = OpportunityFactory(owner=rep)
    put_on_team(deal, engineer, role="seller", by=rep)
    assert [Opportunity.objects.reachable_by(fresh(engineer), verb).count() for verb in ("assign", "delete")] == [0, 0]
    client.force_login(engineer)
    assert client.get(other.get_absolute_url()).status_code == 404
    assert client.post(f"{deal.get_absolute_url()}lose/", {"reason": "price"}).status_code == 422


def test_whose_role_changes_no_deals_changes_none_by_the_team_either(deal, marketer, rep):
    put_on_team(deal, marketer, role="support", by=rep)
    assert not Opportunity.objects.editable_by(fresh(marketer)).exists()


def test_who_is_put_on_the_team_is_told_once_and_a_new_role_is_no_news(deal, engineer, rep):
    put_on_team(deal, engineer, role="expert", by=rep)
    put_on_team(deal, engineer, role="sponsor", by=rep)
    assert Notification.objects.filter(user=engineer).get().text.startswith("Rita Rep put you on the team")
    assert deal.members.get().role == "sponsor"
    told = LogEntry.objects.get_for_object(deal).first().changes
    assert told == {f"role:crm.user:{engineer.pk}": ["Technical expert", "Sponsor in management"]}


def test_the_owner_and_those_who_left_are_put_on_no_team(deal, rep):
    for user, role in ((rep, "seller"), (UserFactory(is_active=False), "seller"), (UserFactory(), "king")):
        with pytest.raises(Invalid):
            put_on_team(deal, user, role=role, by=rep)


def test_who_takes_oneself_off_is_led_to_the_list(client, deal, engineer, rep):
    member = put_on_team(deal, engineer, role="expert", by=rep)
    client.force_login(engineer)
    answer = client.post(reverse("sales:deal-member-remove", args=[member.pk]))
    assert (answer.status_code, answer["Location"]) == (302, "/opportunities/")


def test_a_person_has_one_say_in_a_deal_and_the_most_decisive_stands_first(client, deal, rep):
    user_, boss = (ContactFactory(owner=rep, last_name=name) for name in ("User", "Boss"))
    client.force_login(rep)
    add = reverse("sales:stakeholder-add", args=[deal.pk])
    client.post(add, {"contact": user_.pk, "role": "end_user"})
    client.post(add, {"contact": boss.pk, "role": "influencer"})
    client.post(add, {"contact": boss.pk, "role": "decision_maker", "note": "Signs alone"})
    assert [str(held.contact.last_name) for held in deal.stakeholders.in_order()] == ["Boss", "User"]
    page = side(client, deal)
    assert page.index("Decision maker") < page.index("End user")
    assert "Signs alone" in page
    assert "Fleet of 40" in side(client, boss)
    told = LogEntry.objects.get_for_object(deal).first().changes
    assert told == {f"role:crm.contact:{boss.pk}": ["Influencer", "Decision maker"]}
    history = client.get(f"{deal.get_absolute_url()}?tab=history").content.decode()
    assert str(boss) in history


def test_whoever_sees_the_deal_sees_those_who_have_a_say(deal, engineer, rep):
    boss = ContactFactory(owner=rep)
    set_stakeholder(deal, boss, role="champion", by=rep)
    put_on_team(deal, engineer, role="expert", by=rep)
    assert set(Contact.objects.visible_to(fresh(engineer))) == {boss, deal.contact}


def test_a_closed_deal_keeps_its_stakeholders_as_they_are(deal, rep):
    held = set_stakeholder(deal, ContactFactory(), role="blocker", by=rep)
    lose_opportunity(deal, reason="price", by=rep)
    with pytest.raises(NotAllowed, match="Reopen it"):
        set_stakeholder(deal, held.contact, role="champion", by=rep)


def test_who_sees_the_deal_only_may_not_edit_its_people(client, deal, team):
    colleague, stranger = UserFactory(team=team, roles=["rep"]), UserFactory(team=TeamFactory(), roles=["rep"])
    held = deal.stakeholders.create(contact=ContactFactory(), role="champion")
    member = deal.members.create(user=UserFactory(), role="seller")
    doors = [
        reverse("sales:stakeholder-add", args=[deal.pk]), reverse("sales:stakeholder", args=[held.pk]),
        reverse("sales:deal-member-add", args=[deal.pk]), reverse("sales:deal-member", args=[member.pk]),
    ]  # fmt: skip
    for user, code in ((colleague, 403), (stranger, 404)):
        client.force_login(user)
        assert {client.get(door).status_code for door in doors} == {code}
        assert client.post(reverse("sales:stakeholder-remove", args=[held.pk])).status_code == code


def test_merged_people_have_one_say(deal, administrator):
    stays, goes = ContactFactory(), ContactFactory()
    for contact in (stays, goes):
        set_stakeholder(deal, contact, role="champion", by=administrator)
    merge_records(stays, goes, by=administrator)
    assert Stakeholder.objects.get().contact_id == stays.pk


@pytest.mark.parametrize("count", [1, 6])
def test_the_side_of_the_page_costs_the_same_with_few_and_with_many_people(
    client, deal, rep, count, django_assert_max_num_queries
):
    for _ in range(count):
        set_stakeholder(deal, ContactFactory(owner=rep), role="champion", by=rep)
        put_on_team(deal, UserFactory(), role="seller", by=rep)
    client.force_login(rep)
    client.get(deal.get_absolute_url())
    with django_assert_max_num_queries(26):
        side(client, deal)


def test_the_api_names_people_within_sight_only(client, deal, engineer, rep):
    client.force_login(rep)
    boss = ContactFactory(owner=rep)
    say = {"opportunity": deal.pk, "contact": boss.pk, "role": "champion"}
    made = client.post("/api/v1/stakeholders/", say, content_type="application/json")
    assert made.status_code == 201
    joined = {"opportunity": deal.pk, "user": engineer.pk, "role": "expert"}
    assert client.post("/api/v1/deal-members/", joined, content_type="application/json").status_code == 201
    unseen = {**say, "contact": ContactFactory().pk}
    assert client.post("/api/v1/stakeholders/", unseen, content_type="application/json").status_code == 400
    assert len(client.get(f"/api/v1/stakeholders/?contact={boss.pk}").json()["results"]) == 1
    client.force_login(UserFactory(team=TeamFactory(), roles=["rep"]))
    for name in ("stakeholders", "deal-members"):
        assert client.get(f"/api/v1/{name}/").json()["results"] == []
    assert client.delete(f"/api/v1/stakeholders/{made.json()['id']}/").status_code == 404
    assert DealMember.objects.count() == 1
