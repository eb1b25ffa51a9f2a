"""Why somebody may or may not: each way in is named, in words."""

import pytest

from crm.access.see import must_be_able_to
from crm.access.why import circles, reasons
from crm.errors import Forbidden
from crm.models import RoleGrant
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory

pytestmark = pytest.mark.django_db


def test_each_way_to_a_record_is_named(rep, manager, administrator, sven):
    contact = ContactFactory(owner=rep)
    colleague = UserFactory(team=rep.team, roles=["rep"])
    LeadFactory(contact=contact, owner=sven)
    assert reasons(rep, contact, "view") == ["By your role “Sales rep”: it is your own."]
    assert reasons(colleague, contact, "view") == ["By your role “Sales rep”: it belongs to your team, Sales North."]
    assert reasons(manager, contact, "view") == ["By your role “Sales manager”: it reaches all of them."]
    assert reasons(administrator, contact, "view") == ["You are an administrator, and reach everything."]
    assert reasons(sven, contact, "view") == ["You see a lead of theirs."]
    assert reasons(sven, contact, "change") == []


def test_a_manager_reaches_the_teams_below(team, rep):
    top = TeamFactory(name="Sales")
    team.parent = top
    team.save()
    boss = UserFactory(team=top, roles=["manager"])
    contact = ContactFactory(owner=rep)
    why = ["By your role “Sales manager”: it belongs to Sales North, a team below yours."]
    assert reasons(boss, contact, "change") == why
    assert [(c.role.key, c.people) for c in circles(contact)] == [("manager", [boss])]


def test_the_reasons_agree_with_the_rows(rep, manager, marketer, sven):
    """What is explained is what the SQL does: for each person, verb and record both say the same."""
    from crm.models import Contact

    mine, theirs, nobodys = ContactFactory(owner=rep), ContactFactory(owner=sven), ContactFactory(team=rep.team)
    for user in (rep, manager, marketer, sven):
        for verb in ("view", "change", "delete", "assign", "share", "export"):
            reached = set(Contact.objects.all().reachable_by(user, verb))
            explained = {record for record in (mine, theirs, nobodys) if reasons(user, record, verb)}
            assert explained == reached, (user, verb)


def test_a_refusal_says_whose_it_is_and_what_would_help(rep, sven):
    RoleGrant.objects.filter(role__key="rep", resource="crm.contact", verb="view").update(depth=4)
    contact = ContactFactory(owner=sven)
    with pytest.raises(Forbidden) as refused:
        must_be_able_to(rep, "change", contact)
    assert refused.value.message == (
        "You can see this contact, but your role does not let you change it. It belongs to Sven South, "
        "who can share it with you; your role reaches those of your team."
    )
    with pytest.raises(Forbidden, match="does not let you delete it"):
        must_be_able_to(rep, "delete", contact)
