"""Invited by mail: the link makes a user with team and roles, once, within seven days."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from django.utils import timezone

from crm.actions.invitations import accept_invitation, invite, revoke_invitation, send_again
from crm.errors import Invalid, NotAllowed
from crm.models import Invitation, OutboxItem, Role, User
from tests.factories.crm import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
GOOD = {"name": "Nina New", "password": "a long secret 7", "password_again": "a long secret 7", "time_zone": "Asia/Kolkata"}  # fmt: skip


def link_in(item):
    text = message_from_bytes(bytes(item.raw), policy=policy.default).get_body(("plain",)).get_content()
    return re.search(r"http://testserver(/invitation/\S+)", text).group(1)


@pytest.fixture
def invited(administrator, run_jobs):
    def send(email="nina@x.example", **facts):
        invitation = invite(email=email, by=administrator, **facts)
        run_jobs()
        return invitation, link_in(OutboxItem.objects.first())

    return send


def test_the_way_of_an_invitation(client, administrator, run_jobs):
    team, rep = TeamFactory(), Role.objects.get(key="rep")
    client.force_login(administrator)
    facts = {"email": "Nina@x.example", "name": "Nina", "team": team.pk, "manager": administrator.pk, "roles": [rep.pk]}
    assert client.post("/admin/crm/user/invite/", facts).status_code == 302
    assert "Invited, not here yet" in client.get("/admin/crm/user/").content.decode()
    run_jobs()
    item = OutboxItem.objects.get()
    assert item.to == "nina@x.example"
    client.logout()
    page = link_in(item)
    assert 'value="Nina"' in client.get(page).content.decode()
    wrong = client.post(page, {**GOOD, "password_again": "other"})
    assert (wrong.status_code, set(wrong.context["form"].errors)) == (422, {"password_again"})
    assert (
        client.post(page, {**GOOD, "password": "nina@x.example", "password_again": "nina@x.example"}).status_code == 422
    )
    assert client.post(page, GOOD)["Location"] == "/"
    nina = User.objects.get(email="nina@x.example")
    assert (nina.name, nina.team, nina.manager, nina.time_zone) == ("Nina New", team, administrator, "Asia/Kolkata")
    assert client.get("/contacts/").wsgi_request.user == nina
    assert client.get(page).status_code == 410, "the link works once"
    assert Invitation.objects.get().user == nina


def test_a_link_lives_seven_days_and_a_new_one_kills_it(client, invited, administrator, run_jobs):
    invitation, page = invited()
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert client.get(page).status_code == 410
        send_again(invitation, by=administrator)
        run_jobs()
        assert client.get(link_in(OutboxItem.objects.first())).status_code == 200
    assert client.get(page).status_code == 410
    assert OutboxItem.objects.count() == 2


def test_a_revoked_or_forged_link_lets_nobody_in(client, invited, administrator):
    invitation, page = invited()
    for forged in (page[:-2] + "x/", "/invitation/abc/", "/invitation/%00/"):
        assert client.post(forged, GOOD).status_code in (404, 410), forged
    revoke_invitation(invitation, by=administrator)
    assert client.post(page, GOOD).status_code == 410
    with pytest.raises(NotAllowed):
        send_again(invitation, by=administrator)
    assert not User.objects.filter(email="nina@x.example").exists()


def test_nobody_is_invited_twice_or_beside_an_account(invited, administrator, rep):
    invited()
    for email, word in (("NINA@x.example", "open invitation"), (rep.email.upper(), "has an account already")):
        with pytest.raises(Invalid, match=word):
            invite(email=email, by=administrator)
    UserFactory(email="gone@x.example", is_active=False)
    with pytest.raises(Invalid, match="reactivate it instead"):
        invite(email="gone@x.example", by=administrator)


def test_an_account_made_meanwhile_wins(invited, client):
    invitation, page = invited()
    UserFactory(email="nina@x.example")
    with pytest.raises(NotAllowed, match="Sign in with it"):
        accept_invitation(invitation, password="a long secret 7")
    assert client.post(page, GOOD).status_code == 410


def test_only_those_who_manage_users_invite_and_revoke(client, manager, rep, invited):
    invitation, _page = invited()
    for user in (manager, rep):
        client.force_login(user)
        assert client.get("/admin/crm/user/invite/").status_code in (302, 403)
        for what in ("again", "revoke"):
            assert client.post(f"/admin/crm/user/invitations/{invitation.pk}/{what}/").status_code in (302, 403)
    invitation.refresh_from_db()
    assert invitation.revoked_at is None


def test_again_and_revoke_from_the_page(client, administrator, invited):
    invitation, _page = invited()
    client.force_login(administrator)
    client.post(f"/admin/crm/user/invitations/{invitation.pk}/again/")
    assert Invitation.objects.get().nonce != invitation.nonce
    client.post(f"/admin/crm/user/invitations/{invitation.pk}/revoke/")
    assert not Invitation.objects.open().exists()
    told = client.post(f"/admin/crm/user/invitations/{invitation.pk}/revoke/", follow=True)
    assert "This invitation is no longer open." in told.content.decode()
