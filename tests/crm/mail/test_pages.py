"""Set-up › Mailboxes: added, tried, looked at by administrators alone."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from crm.models import IncomingMail, Mailbox
from tests.crm.mail.conftest import mailbox_for, read, written
from tests.dovecot import PASSWORD
from tests.factories.crm import ContactFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST, ADD = reverse("admin:crm_mailbox_changelist"), reverse("admin:crm_mailbox_add")
KEPT = reverse("admin:crm_incomingmail_changelist")


def form_for(account, **changes):
    return {
        "name": "Company", "address": "CRM@tandem.example", "owner": "", "is_active": "on", "host": "127.0.0.1",
        "port": account.server.port, "security": "none", "user_name": account.name, "password": PASSWORD, "folder": "INBOX",
        **changes,
    }  # fmt: skip


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_an_administrator_adds_one_and_is_told_at_once_that_it_works(client, administrator, account):
    client.force_login(administrator)
    assert "No mailbox is read yet" in client.get(LIST).content.decode()
    answer = client.post(ADD, form_for(account))
    mailbox = Mailbox.objects.get()
    assert answer["Location"] == reverse("admin:crm_mailbox_change", args=[mailbox.pk])
    assert (mailbox.address, mailbox.password) == ("crm@tandem.example", PASSWORD)
    assert f"It works: {account.name} is signed in at 127.0.0.1, and “INBOX” is there." in said(answer)


def test_what_is_wrong_is_said_in_a_sentence(client, administrator, account):
    client.force_login(administrator)
    mailbox = mailbox_for(account)
    check = reverse("admin:crm_mailbox_check", args=[mailbox.pk])
    mailbox.folder = "Nowhere"
    mailbox.save()
    assert said(client.post(check)) == ["There is no folder “Nowhere” in this mailbox."]
    assert client.get(check).status_code == 405


def test_the_password_is_not_shown_and_stays_where_none_is_typed(client, administrator, account):
    client.force_login(administrator)
    mailbox = mailbox_for(account)
    page = reverse("admin:crm_mailbox_change", args=[mailbox.pk])
    shown = client.get(page)
    assert PASSWORD not in shown.content.decode()
    seen = shown.context["adminform"].form["seen"].value()
    client.post(page, form_for(account, password="", name="Renamed", seen=seen))
    mailbox.refresh_from_db()
    assert (mailbox.name, mailbox.password, mailbox.uid_validity is not None) == ("Renamed", PASSWORD, True)
    seen = client.get(page).context["adminform"].form["seen"].value()
    client.post(page, form_for(account, password="", folder="Sales", seen=seen))
    mailbox.refresh_from_db()
    assert (mailbox.folder, mailbox.uid_validity, mailbox.last_uid) == ("Sales", None, 0)


def test_a_server_elsewhere_without_encryption_is_refused_at_its_field(client, administrator, account):
    client.force_login(administrator)
    page = client.post(ADD, form_for(account, host="imap.example.com")).content.decode()
    assert "Without encryption only a mailbox on this machine is read" in page
    assert not Mailbox.objects.exists()


def test_the_lists_tell_when_each_was_read_and_what_went_wrong_with_as_many_queries_for_many(
    client, administrator, account, rep, django_assert_max_num_queries
):
    client.force_login(administrator)
    ContactFactory(email="asha@customer.example", owner=rep, team=rep.team)
    own = mailbox_for(account, owner=rep)
    account.put(*[written(subject=f"Mail {n}") for n in range(3)])
    own = read(own)
    Mailbox.objects.create(
        name="Broken", address="x@y.example", host="h", user_name="u", problem="h refuses connections."
    )
    with django_assert_max_num_queries(16):
        page = client.get(LIST).content.decode()
    assert "h refuses connections." in page
    assert "Cannot be read" in page
    with django_assert_max_num_queries(16):
        kept = client.get(KEPT).content.decode()
    assert "Mail 2" in kept
    assert IncomingMail.objects.count() == 3


@pytest.mark.parametrize("role", ["rep", "manager", "marketer"])
def test_mailboxes_are_for_administrators(role, client, account):
    mailbox = mailbox_for(account)
    client.force_login(UserFactory(roles=[role]))
    for page in (LIST, ADD, KEPT, reverse("admin:crm_mailbox_change", args=[mailbox.pk])):
        assert client.get(page).status_code in (302, 403), page
    assert client.post(reverse("admin:crm_mailbox_check", args=[mailbox.pk])).status_code in (302, 403)
    assert reverse("admin:crm_mailbox_changelist") not in client.get("/", follow=True).content.decode()


# A person's own


def own_form(account, **changes):
    wanted = form_for(account, port=143, security="starttls", address="rita@private.example", **changes)
    return {name: value for name, value in wanted.items() if name not in ("name", "owner")}


def test_a_rep_adds_the_own_mailbox_and_is_told_what_is_wrong_with_it(client, rep, account):
    client.force_login(rep)
    answer = client.post(reverse("crm:own-mailbox-add"), own_form(account, host="imap.invalid"))
    mine = Mailbox.objects.get()
    assert (mine.owner, mine.name, mine.security, mine.password) == (rep, "rita@private.example", "starttls", PASSWORD)
    assert said(answer) == ["There is no server “imap.invalid”.", "It is saved, but cannot be read like this."]
    assert answer["Location"] == reverse("crm:own-mailbox", args=[mine.pk])
    assert "rita@private.example" in client.get(reverse("crm:filing")).content.decode()


def test_a_reps_own_mailbox_is_encrypted_and_at_a_usual_port(client, rep, account):
    client.force_login(rep)
    for changes in ({"port": 22}, {"security": "none"}, {"password": ""}):
        assert client.post(reverse("crm:own-mailbox-add"), {**own_form(account), **changes}).status_code == 422
    assert not Mailbox.objects.exists()


def test_a_rep_removes_the_own_mailbox_and_touches_no_other(client, rep, account):
    mine, shared = mailbox_for(account, owner=rep), mailbox_for(account)
    client.force_login(rep)
    for name in ("own-mailbox", "own-mailbox-remove"):
        assert client.post(reverse(f"crm:{name}", args=[shared.pk])).status_code == 404
    assert client.get(reverse("crm:own-mailbox", args=[mine.pk])).status_code == 200
    client.post(reverse("crm:own-mailbox-remove", args=[mine.pk]))
    assert list(Mailbox.objects.all()) == [shared]


def test_who_logs_no_activities_has_nothing_to_file(client, marketer, account):
    client.force_login(marketer)
    assert "there is no address for you to file mails by" in client.get(reverse("crm:filing")).content.decode()
    assert client.get(reverse("crm:own-mailbox-add")).status_code == 403
