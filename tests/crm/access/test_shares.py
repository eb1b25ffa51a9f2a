"""One record shared with a person or a team: seen, changed where allowed, revoked, ended by its day; never more than that."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.actions.shares import revoke_share, share_record
from crm.errors import Forbidden, Invalid
from crm.models import Account, Contact, Notification, RoleGrant, Share, User
from sales.models import Lead
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory

pytestmark = pytest.mark.django_db


def again(user):
    """As the next request loads them."""
    return User.objects.get(pk=user.pk)


@pytest.fixture
def contact(rep):
    return ContactFactory(owner=rep, last_name="Sharedlake")


def test_a_shared_record_is_seen_by_that_person_and_changed_only_where_the_share_says_so(rep, sven, contact):
    assert not Contact.objects.visible_to(sven).exists()
    share_record(contact, with_=sven, by=rep)
    assert Contact.objects.visible_to(again(sven)).get() == contact
    assert not Contact.objects.editable_by(again(sven)).exists()
    share_record(contact, with_=sven, can_change=True, by=rep)
    assert Contact.objects.editable_by(again(sven)).get() == contact
    assert Share.objects.count() == 1
    for verb in ("delete", "assign", "share", "merge"):
        assert not Contact.objects.all().reachable_by(again(sven), verb).exists(), verb


def test_a_record_shared_with_a_team_is_seen_by_its_people_alone(rep, sven, south, contact):
    other = UserFactory(team=TeamFactory(parent=south), roles=["rep"])
    share_record(contact, with_=south, by=rep)
    assert Contact.objects.visible_to(again(sven)).get() == contact
    assert not Contact.objects.visible_to(other).exists()


def test_a_share_ends_when_revoked_or_when_its_day_has_passed(rep, sven, contact):
    share = share_record(contact, with_=sven, until=timezone.now() + timedelta(days=1), by=rep)
    assert Contact.objects.visible_to(again(sven)).exists()
    Share.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert not Contact.objects.visible_to(again(sven)).exists()
    revoke_share(share, contact, by=rep)
    assert not Share.objects.exists()


def test_a_share_of_an_account_shares_nothing_else(rep, sven):
    RoleGrant.objects.filter(role__key="rep", resource="crm.account", verb="view").update(depth=2)
    account = AccountFactory(owner=rep)
    ContactFactory(owner=rep, account=account)
    share_record(account, with_=sven, by=rep)
    assert Account.objects.visible_to(again(sven)).get() == account
    assert not Contact.objects.visible_to(again(sven)).exists()


def test_a_shared_lead_shows_the_person_it_is_about(rep, sven):
    lead = LeadFactory(owner=rep)
    share_record(lead, with_=sven, by=rep)
    assert Lead.objects.visible_to(again(sven)).get() == lead
    assert Contact.objects.visible_to(again(sven)).get() == lead.contact


def test_a_share_needs_the_verb_in_the_role(rep, contact):
    nobody = UserFactory(roles=[])
    with pytest.raises(Invalid, match="would change nothing"):
        share_record(contact, with_=nobody, by=rep)
    Share.objects.create(resource="crm.contact", record=contact.pk, user=nobody)
    assert not Contact.objects.visible_to(nobody).exists()


def test_nobody_shares_what_is_not_theirs_to_share(rep, sven, contact):
    share_record(contact, with_=sven, by=rep)
    third = UserFactory(roles=["rep"])
    with pytest.raises(Forbidden, match="does not let you share it"):
        share_record(contact, with_=third, by=again(sven))
    for wrong, word in ((rep, "already"), (UserFactory(roles=["rep"], is_active=False), "no longer works here")):
        with pytest.raises(Invalid, match=word):
            share_record(contact, with_=wrong, by=rep)


def test_nobody_passes_on_more_than_they_have(sven, rep, contact):
    RoleGrant.objects.filter(role__key="rep", resource="crm.contact", verb="change").update(depth=0)
    RoleGrant.objects.filter(role__key="rep", resource="crm.contact", verb="share").update(depth=2)
    share_record(contact, with_=sven, by=again(rep))
    with pytest.raises(Forbidden):
        share_record(contact, with_=sven, can_change=True, by=again(rep))


def test_who_gets_it_is_told_and_the_history_keeps_it(rep, sven, south, contact):
    share = share_record(contact, with_=south, can_change=True, by=rep)
    note = Notification.objects.get()
    assert (note.user, note.url) == (sven, contact.get_absolute_url())
    assert note.text == "Rita Rep shared “Asha Sharedlake” with you. You may change it."
    revoke_share(share, contact, by=rep)
    kept = [e.changes["shared with"] for e in LogEntry.objects.get_for_object(contact).order_by("pk")[1:]]
    assert kept == [["", "Sales South (may change it)"], ["Sales South (may change it)", ""]]


def test_the_database_wants_a_person_or_a_team_and_each_once(sven, south, contact):
    for wrong in ({}, {"user": sven, "team": south}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Share.objects.create(resource="crm.contact", record=contact.pk, **wrong)
    Share.objects.create(resource="crm.contact", record=contact.pk, user=sven)
    with pytest.raises(IntegrityError), transaction.atomic():
        Share.objects.create(resource="crm.contact", record=contact.pk, user=sven)


def test_sharing_from_the_page(client, rep, sven, contact):
    client.force_login(rep)
    page = f"/access/crm.contact/{contact.pk}/"
    text = client.get(page).content.decode()
    assert "You may change it." in text
    assert "Their leads and opportunities are not shared with it." in text
    assert client.post(page, {"whom": f"user:{sven.pk}"}).status_code == 302
    inside = client.post(page, {"whom": f"user:{rep.pk}"}, headers={"hx-request": "true"})
    assert inside.status_code == 422
    assert "It belongs to Rita Rep already." in inside.content.decode()
    client.force_login(sven)
    text = client.get(page).content.decode()
    assert "Rita Rep shared it with you." in text
    assert "It belongs to Rita Rep, who can share it with you; your role reaches those of your team." in text
    assert client.post(page, {"whom": f"user:{rep.pk}"}).status_code == 403
    share = Share.objects.get()
    assert client.post(f"{page}revoke/{share.pk}/").status_code == 403
    client.force_login(rep)
    assert client.post(f"{page}revoke/{share.pk}/").status_code == 302
    client.force_login(sven)
    assert client.get(page).status_code == 404


def test_sharing_by_the_api(client, rep, sven, contact):
    client.force_login(rep)
    path = f"/api/v1/contacts/{contact.pk}"
    answer = client.post(f"{path}/share/", {"user": sven.pk, "can_change": True}, "application/json")
    assert [row["user"] for row in answer.json()] == [sven.pk]
    assert client.post(f"{path}/share/", {}, "application/json").status_code == 400
    client.force_login(sven)
    assert client.get(f"{path}/shares/").json()[0]["by"] == rep.pk
    assert client.patch(f"{path}/", {"city": "Pune"}, "application/json").status_code == 200
    assert client.post(f"{path}/share/", {"user": sven.pk}, "application/json").status_code == 403
    client.force_login(rep)
    assert client.post(f"{path}/unshare/", {"user": sven.pk}, "application/json").json() == []
    assert client.post(f"{path}/unshare/", {"user": sven.pk}, "application/json").status_code == 404
    client.force_login(sven)
    assert client.get(f"{path}/").status_code == 404


def test_shares_cost_no_query_of_their_own(rep, sven, contact, django_assert_num_queries):
    share_record(contact, with_=sven, by=rep)
    user = again(sven)
    with django_assert_num_queries(3):  # the grants, the people of the team, then one statement with the UNION inside
        list(Contact.objects.visible_to(user))
    with django_assert_num_queries(1):
        list(Contact.objects.visible_to(user))
