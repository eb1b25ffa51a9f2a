"""A timeline that two teams share tells each what is theirs to know."""

from crm.queries.timeline import timeline_of
from sales.actions.leads import open_lead
from sales.actions.opportunities import open_opportunity
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory


def test_what_another_team_does_with_a_person_stands_on_the_timeline_without_its_name(rep, manager):
    other = UserFactory(team=TeamFactory(name="South"), roles=["rep"])
    person = ContactFactory(owner=rep)
    open_opportunity(topic="Secret of the south", contact=person, by=other)
    open_opportunity(topic="Ours", contact=person, by=rep)
    told = {(row.title, row.about, row.url != "") for row in timeline_of(person, rep).happenings}
    assert ("Opportunity opened", "Ours", True) in told
    assert ("Opportunity opened", "on a record you may not see", False) in told
    assert "Secret of the south" not in str(timeline_of(person, rep))


def test_the_notes_of_another_teams_lead_do_not_leak_through_the_person(client, rep):
    other = UserFactory(team=TeamFactory(name="South"), roles=["rep"])
    person = ContactFactory(owner=rep)
    open_lead(person, topic="Secret of the south", by=other)
    client.force_login(rep)
    page = client.get(person.get_absolute_url()).content.decode()
    told = client.get(f"/api/v1/contacts/{person.pk}/timeline/").content.decode()
    history = client.get(f"/history/crm.contact/{person.pk}/").content.decode()
    assert [("Secret" in text) for text in (page, told, history)] == [False, False, False]
