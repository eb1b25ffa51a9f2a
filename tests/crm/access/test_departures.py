"""Somebody leaves: locked out at once, keeps nothing, and the history says where it went."""

import pytest
from auditlog.models import LogEntry

from crm.actions.following import follow_record
from crm.api.tokens import create_token
from crm.models import Account, Activity, ApiToken, Contact, Follow, Share, User
from sales.models import Lead
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, UserFactory
from tests.factories.deals import LeadFactory

pytestmark = pytest.mark.django_db


def test_a_leaver_is_locked_out_at_once_and_keeps_nothing(client, administrator, rep, sven, run_jobs):
    contact, account, lead = ContactFactory(owner=rep), AccountFactory(owner=rep), LeadFactory(owner=rep)
    open_task, done = ActivityFactory(owner=rep), ActivityFactory(owner=rep, status="done")
    Share.objects.create(resource="crm.contact", record=ContactFactory(owner=sven).pk, user=rep)
    follow_record(account, by=rep)
    key = {"authorization": f"Bearer {create_token(rep, 'x')[1]}"}
    client.force_login(administrator)
    page = f"/admin/crm/user/{rep.pk}/leave/"
    assert "1 contact" in client.get(page).content.decode()
    assert client.post(page, {"successor": sven.pk}).status_code == 302
    assert client.get("/api/v1/contacts/", headers=key).status_code == 401
    run_jobs()
    assert (Contact.objects.get(pk=contact.pk).owner, Account.objects.get(pk=account.pk).owner) == (sven, sven)
    assert (Lead.objects.get(pk=lead.pk).owner, Activity.objects.get(pk=open_task.pk).owner) == (sven, sven)
    assert Activity.objects.get(pk=done.pk).owner == rep, "who did it does not change"
    assert (Share.objects.exists(), Follow.objects.filter(user=rep).exists()) == (False, False)
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    assert User.objects.get(pk=rep.pk).handed_to is None
    entry = LogEntry.objects.get_for_object(contact).order_by("-pk").first()
    assert entry.changes == {"owner": ["Rita Rep", "Sven South"]}


def test_the_last_administrator_cannot_leave(client, rep):
    ada = UserFactory(roles=["administrator"])
    client.force_login(ada)
    answer = client.post(f"/admin/crm/user/{ada.pk}/leave/", {"successor": rep.pk})
    assert "this would remove the last one" in answer.content.decode()
    assert User.objects.get(pk=ada.pk).is_active


def test_who_hands_over_and_stays_keeps_the_account_and_gives_everything_away(
    client, administrator, rep, sven, run_jobs
):
    contact, lead = ContactFactory(owner=rep), LeadFactory(owner=rep)
    done = ActivityFactory(owner=rep, status="done")
    shared = Share.objects.create(resource="crm.contact", record=ContactFactory(owner=sven).pk, user=rep)
    client.force_login(administrator)
    page = f"/admin/crm/user/{rep.pk}/hand-over/"
    assert page in client.get(f"/admin/crm/user/{rep.pk}/change/").text
    assert client.post(page, {"successor": rep.pk}).status_code == 422
    assert client.post(page, {"successor": sven.pk}).status_code == 302
    assert "is being handed over to Sven South" in client.post(page, {"successor": administrator.pk}).text
    run_jobs()
    rep.refresh_from_db()
    assert (rep.is_active, rep.handed_to) == (True, None)
    assert (Contact.objects.get(pk=contact.pk).owner, Lead.objects.get(pk=lead.pk).owner) == (sven, sven)
    assert Activity.objects.get(pk=done.pk).owner == rep, "who did it does not change"
    assert Share.objects.filter(pk=shared.pk).exists()
