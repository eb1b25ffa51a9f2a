"""Mails are filed on the right record: replies in a conversation, calendar answers, what is automatic, what is broken."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from crm.actions.activities import book_appointment
from crm.actions.filing import file_mail
from crm.actions.privacy import forget_person
from crm.delivery.queueing import send_one
from crm.log import kinds
from crm.models import (
    Activity,
    Attachment,
    Attendee,
    IncomingMail,
    Interaction,
    Letter,
    Mailbox,
    Message,
    Notification,
)
from crm.queries.timeline import timeline_of
from tests.crm.mail.conftest import read, written
from tests.crm.test_appointments import reply as calendar_reply
from tests.factories.crm import CampaignFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha(rep):
    return ContactFactory(first_name="Asha", last_name="Rao", email="asha@customer.example", owner=rep, team=rep.team)


@pytest.fixture
def deal(asha, rep):
    return OpportunityFactory(contact=asha, owner=rep, topic="Renewal")


@pytest.fixture
def sent(asha, rep, deal):
    """A letter that the rep wrote to Asha from the deal."""
    message = send_one(to=asha.email, subject="Offer", text="Here it is.", contact=asha, by=rep)
    activity = Activity(kind="email", status="done", subject="Offer", contact=asha, owner=rep, regarding=deal)
    activity.done_at = timezone.now() - timedelta(days=1)
    activity.save()
    Letter.objects.filter(pk=message.content_id).update(activity=activity)
    return message


def file(mail):
    return file_mail(mail if isinstance(mail, bytes) else mail.as_bytes())


def replies():
    return Interaction.objects.filter(kind="email.replied")


# Replies


def test_a_reply_over_imap_is_filed_on_what_our_mail_was_about_and_its_writer_is_told(
    shared, account, sent, asha, deal, rep
):
    account.put(written(answers=sent.message_id))
    read(shared)
    reply = Activity.objects.get(direction="in")
    assert (reply.kind, reply.status, reply.contact, reply.regarding, reply.owner) == ("email", "done", asha, deal, rep)
    told = replies().get()
    assert (told.contact, told.message, told.source_type) == (asha, sent, "crm.letter")
    note = Notification.objects.get(user=rep)
    assert (note.text, note.url) == ("Asha Rao replied: Re: Offer", deal.get_absolute_url())


def test_the_same_reply_twice_is_one_reply(sent):
    mail = written(answers=sent.message_id)
    file(mail)
    assert file(mail).said == "Ignored: it is known already."
    assert replies().count() == Activity.objects.filter(direction="in").count() == 1


def test_a_reply_is_found_by_its_references_alone(sent, deal):
    mail = written(References=f"<other@x.example> {sent.message_id}").as_bytes()
    file(mail.replace(b"<other@x.example> ", b"<other@x.example>\n\t"))
    assert Activity.objects.get(direction="in").regarding == deal


def test_a_reply_to_a_filed_mail_stays_in_that_conversation(sent, deal):
    first = written(answers=sent.message_id)
    file(first)
    file(written(answers=first["Message-ID"], subject="One more thing"))
    assert [one.regarding for one in Activity.objects.filter(direction="in")] == [deal, deal]
    assert replies().count() == 2


def test_a_reply_to_a_campaigns_mail_is_the_contacts_and_counts_for_the_campaign(asha, rep):
    campaign = CampaignFactory()
    message = Message.objects.create(
        key="send:1", send_key="send", channel="email", purpose="commercial", contact=asha, address=asha.email,
        campaign=campaign, content_type="marketing.email", content_id=7, message_id="<abc@tandem.example>",
        due_at=timezone.now(),
    )  # fmt: skip
    file(written(answers="<abc@tandem.example>"))
    activity = Activity.objects.get()
    assert (activity.contact, activity.owner, activity.regarding) == (asha, rep, None)
    told = replies().get()
    assert (told.campaign, told.message, told.source_type, told.source_id) == (campaign, message, "marketing.email", 7)
    assert kinds.get("email.replied").is_behaviour


def test_somebody_else_who_answers_our_mail_is_filed_with_the_contact_and_named(sent, asha):
    file(written(sender="Boss <boss@customer.example>", answers=sent.message_id))
    activity = Activity.objects.get(direction="in")
    assert activity.contact == asha
    assert activity.mails.get().said == "Written from boss@customer.example."


def test_a_stranger_who_answers_nothing_of_ours_leaves_nothing(sent):
    said = file(written(sender="eve@elsewhere.example", answers="<unknown@elsewhere.example>")).said
    assert said == "Not kept: it answers nothing of ours, and comes from nobody whose mails are filed."
    assert not Activity.objects.filter(direction="in").exists()
    assert not IncomingMail.objects.exists()


def test_a_colleague_who_writes_on_from_the_own_mail_program_is_filed_as_outgoing(sent, rep, deal):
    file(written(sender="Rita@tandem.example", to="asha@customer.example", answers=sent.message_id))
    activity = Activity.objects.latest("pk")
    assert (activity.direction, activity.owner, activity.regarding) == ("out", rep, deal)
    assert not replies().exists()
    assert not Notification.objects.exists()


def test_a_letter_of_somebody_who_has_left_is_answered_to_the_contacts_owner(sent, rep, asha, team):
    heir = UserFactory(team=team, roles=["rep"])
    rep.is_active = False
    rep.save()
    asha.owner = heir
    asha.save()
    file(written(answers=sent.message_id))
    assert Activity.objects.get(direction="in").owner == heir


def test_a_reply_to_a_mail_to_a_colleague_is_nobodys_business(rep):
    notice = send_one(to=rep.email, subject="Digest", text="…")
    file(written(sender=rep.email, answers=notice.message_id))
    assert not Activity.objects.exists()


def test_what_was_filed_is_seen_by_those_who_see_the_activities_of_its_owner(sent, client):
    file(written(answers=sent.message_id))
    activity = Activity.objects.get(direction="in")
    page = reverse("crm:activity", args=[activity.pk])
    client.force_login(sent.contact.owner)
    assert client.get(page).status_code == 200
    client.force_login(UserFactory(team=TeamFactory(name="South"), roles=["rep"]))
    assert client.get(page).status_code == 404


# What is no reply


@pytest.mark.parametrize(
    "header",
    [("Auto-Submitted", "auto-replied"), ("Precedence", "bulk"), ("X-Autoreply", "yes")],
    ids=lambda one: one[0],
)
def test_an_automatic_answer_is_filed_as_one_and_is_no_reply(header, sent, rep):
    file(written(answers=sent.message_id, subject="Out of office", **{header[0]: header[1]}))
    activity = Activity.objects.get(direction="in")
    assert activity.outcome == "Automatic answer"
    assert not replies().exists()
    assert not Notification.objects.filter(user=rep).exists()


def test_a_person_who_says_that_no_machine_wrote_replies(sent):
    file(written(answers=sent.message_id, Auto_Submitted="no"))
    assert replies().count() == 1


def test_a_bounce_is_not_filed(sent):
    mail = written(sender="MAILER-DAEMON@mx.example", answers=sent.message_id, subject="Undelivered")
    assert file(mail).said == "Not kept: it is a report of a mail server."
    report = (
        written(answers=sent.message_id)
        .as_bytes()
        .replace(
            b"Content-Type: text/plain", b"Content-Type: multipart/report; report-type=delivery-status; boundary=x"
        )
    )
    assert file(report).said == "Not kept: it is a report of a mail server."
    assert not Activity.objects.filter(direction="in").exists()


def test_a_calendar_answer_over_imap_is_taken_and_filed_nowhere_else(shared, account, rep):
    guest = ContactFactory(email="asha.rao@customer.example", owner=rep)
    day = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0)
    meeting = book_appointment(
        subject="Demo", starts_at=day.replace(year=day.year + 1, day=1), ends_at=day.replace(year=day.year + 1, day=1, hour=10),
        by=rep, contact=guest,
    )  # fmt: skip
    raw = calendar_reply("asha.rao@customer.example")
    account.put(raw)
    read(shared)
    assert Attendee.objects.get(activity=meeting).answer == "accepted"
    assert IncomingMail.objects.get().became == "answer"
    assert not Activity.objects.filter(kind="email").exists()


def test_a_reply_by_way_of_a_group_address_is_a_reply(sent):
    file(written(answers=sent.message_id, Precedence="list", List_Id="<crm.tandem.example>"))
    assert replies().count() == 1


def test_a_mail_of_ours_that_comes_back_is_not_filed(sent):
    mail = written(
        sender="rita@tandem.example", to="asha@customer.example", message_id=sent.message_id, answers=sent.message_id
    )
    assert file(mail).said == "Ignored: we sent it."
    assert Activity.objects.filter(kind="email").count() == 1


def test_when_the_person_is_forgotten_what_was_noted_of_their_mails_goes_and_they_do_not_come_again(
    sent, asha, administrator
):
    mail = written(sender="boss@customer.example", answers=sent.message_id)
    file(mail)
    forget_person(asha, mode="erase", reason="Asked for it", by=administrator)
    kept = IncomingMail.objects.get()
    assert (kept.said, kept.message_id, kept.activities.count()) == ("", "", 0)
    assert file(mail).said == "Ignored: it is known already."


# What mails look like


def test_html_alone_becomes_readable_text(sent):
    mail = EmailMessage()
    mail["From"], mail["In-Reply-To"], mail["Message-ID"] = "asha@customer.example", sent.message_id, "<h@x.example>"
    mail.set_content(
        "<html><head><style>p{color:red}</style></head><body><script>alert(1)</script><p>Hello&nbsp;Rita,</p>"
        "<p>see <a href='https://x.example/a'>this</a></p></body></html>",
        subtype="html",
    )
    file(mail)
    assert Activity.objects.get(direction="in").body == "Hello Rita,\nsee this (https://x.example/a)"
    assert Activity.objects.get(direction="in").subject == "(no subject)"


def test_the_timeline_tells_what_is_new_as_theirs_and_the_page_folds_what_is_quoted(sent, asha, rep, client):
    text = "Yes, please.\n\nOn Mon, 2 Nov 2026 at 10:00, Rita <rita@tandem.example> wrote:\n> Here it is.\n> Rita\n"
    file(written(answers=sent.message_id, text=text))
    line = next(row for row in timeline_of(asha, rep).happenings if row.activity and row.activity.direction == "in")
    assert (line.title, line.body, line.icon, line.actor, line.is_behaviour) == (
        "Re: Offer", "Yes, please.", "mail-down", None, True,
    )  # fmt: skip
    assert [row.title for row in timeline_of(asha, rep, stream="hers").happenings] == ["Email answered"]
    assert "Email answered" not in [row.title for row in timeline_of(asha, rep).happenings]
    client.force_login(rep)
    page = client.get(line.activity.get_absolute_url()).content.decode()
    assert '<div class="mail-text">Yes, please.</div>' in page
    assert '<details class="mail-history">' in page
    assert "Email that came in" in page


def test_files_come_along_and_those_that_are_not_taken_are_named(sent):
    mail = written(answers=sent.message_id)
    mail.add_attachment(b"%PDF-1.4\n%...", maintype="application", subtype="pdf", filename="Order.pdf")
    mail.add_attachment(b"MZ\x90\x00", maintype="application", subtype="octet-stream", filename="run.exe")
    mail.add_attachment(
        b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="logo.png", disposition="inline", cid="<logo>"
    )
    file(mail)
    activity = Activity.objects.get(direction="in")
    assert [(file.name, file.record) for file in Attachment.objects.all()] == [("Order.pdf", activity)]
    assert activity.mails.get().said.startswith("“run.exe” was left out: Files ending in “.exe” are not taken.")


BROKEN = {
    "empty": b"",
    "no header": b"\r\n\r\nhello",
    "bytes": bytes(range(256)) * 20,
    "unknown charset": b"From: asha@customer.example\r\nIn-Reply-To: {id}\r\nContent-Type: text/plain; charset=klingon\r\n\r\nHi\xff",
    "nul": b"From: asha@customer.example\r\nSubject: a\x00b\r\nIn-Reply-To: {id}\r\n\r\nHi\x00there",
    "raw letters": b"From: Jos\xe9 <asha@customer.example>\r\nSubject: caf\xe9\r\nIn-Reply-To: {id}\r\n\r\nHi",
    "bad words": b"From: =?utf-8?q?=ZZ?= <asha@customer.example>\r\nSubject: =?x?b?//=?=\r\nIn-Reply-To: {id}\r\n\r\nHi",
    "bad date": b"From: asha@customer.example\r\nDate: Tue, 99 Foo 99999\r\nIn-Reply-To: {id}\r\n\r\nHi",
    "unclosed parts": b'From: asha@customer.example\r\nIn-Reply-To: {id}\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHi',
    "no boundary": b"From: asha@customer.example\r\nIn-Reply-To: {id}\r\nContent-Type: multipart/mixed\r\n\r\nHi",
    "bad base64": b"From: asha@customer.example\r\nIn-Reply-To: {id}\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%SGk=%",
    "no sender": b"From: <<>>\r\nIn-Reply-To: {id}\r\n\r\nHi",
    "long subject": b"From: asha@customer.example\r\nSubject: " + b"x" * 5000 + b"\r\nIn-Reply-To: {id}\r\n\r\nHi",
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_mail_is_filed_as_well_as_can_be(name, sent):
    file(BROKEN[name].replace(b"{id}", sent.message_id.encode()))
    expected = 0 if name in ("empty", "no header", "bytes") else 1
    assert Activity.objects.filter(direction="in").count() == expected


def test_a_mail_beyond_reading_is_kept_with_its_reason(sent):
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(3000))
    said = file(b"From: asha@customer.example\r\n" + deep).said
    kept = IncomingMail.objects.get()
    assert (kept.became, kept.said) == ("unreadable", said)
    assert said.startswith("It is no mail that can be read (")


# By BCC and by forwarding


@pytest.fixture
def company(db):
    mailbox = Mailbox(
        name="Company", host="127.0.0.1", port=1, security="none", user_name="crm", address="crm@tandem.example"
    )
    mailbox.password = "x"
    mailbox.save()
    return mailbox


@pytest.fixture
def address(company, rep):
    from crm.actions.rep_filing import filing_address
    from crm.queries.correspondents import filing_address_of

    filing_address(rep)
    return filing_address_of(rep)


def test_a_mail_with_the_filing_address_in_bcc_is_filed_with_each_known_contact(address, asha, deal, rep, manager):
    omar = ContactFactory(email="omar@customer.example", owner=rep)
    mail = written(
        sender="Rita <rita@tandem.example>", to="Asha <Asha@customer.example>, max@tandem.example", subject="Our visit",
        Cc="omar@customer.example, new@nowhere.example", Delivered_To=address,
    )  # fmt: skip
    file(mail)
    filed = Activity.objects.filter(kind="email").order_by("contact_id")
    assert {(one.contact, one.regarding, one.direction, one.owner) for one in filed} == {
        (asha, deal, "out", rep), (omar, None, "out", rep),
    }  # fmt: skip
    assert not replies().exists()
    note = Notification.objects.get(user=rep)
    assert note.text == "Nobody has the address new@nowhere.example: make a contact."
    assert note.url == "/contacts/new/?email=new%40nowhere.example"


def test_with_two_open_deals_a_mail_stays_with_the_contact(address, asha, deal, rep):
    LeadFactory(contact=asha, owner=rep)
    file(written(sender="rita@tandem.example", to=asha.email, X_Original_To=address))
    assert Activity.objects.get(kind="email").regarding is None


def test_an_answer_to_a_mail_filed_by_bcc_is_a_reply(address, asha, rep):
    mail = written(sender="rita@tandem.example", to=asha.email, Envelope_To=address.upper())
    file(mail)
    file(written(answers=mail["Message-ID"]))
    assert Activity.objects.get(direction="in").contact == asha
    assert replies().get().contact == asha


FORWARDED = {
    "Gmail": "FYI\n\n---------- Forwarded message ---------\nFrom: Asha Rao <asha@customer.example>\nDate: Mon, 2 Nov 2026 at 10:00\nSubject: Question\nTo: <rita@tandem.example>\n\nDo you ship?",
    "Outlook": "See below.\n\n________________________________\nFrom: Asha Rao <asha@customer.example>\nSent: Monday, 2 November 2026 10:00\nTo: Rita\nSubject: Question\n\nDo you ship?",
    "Outlook, old and German": "-----Ursprüngliche Nachricht-----\nVon: Rao, Asha [mailto:asha@customer.example]\nGesendet: Montag, 2. November 2026 10:00\nAn: Rita\nBetreff: Question\n\nDo you ship?",
    "Apple Mail": "Begin forwarded message:\n\n> From: Asha Rao <Asha@customer.example>\n> Subject: Question\n> Date: 2 November 2026\n\n> Do you ship?",
    "Thunderbird": "-------- Forwarded Message --------\nSubject: \tQuestion\nDate: \tMon, 2 Nov 2026\nFrom: \tAsha Rao <asha@customer.example>\nTo: \trita@tandem.example\n\nDo you ship?",
    "French": "---------- Message transféré ---------\nDe : Asha Rao <asha@customer.example>\nDate : lun. 2 nov. 2026\nObjet : Question\n\nDo you ship?",
}  # fmt: skip


@pytest.mark.parametrize("program", FORWARDED)
def test_a_forwarded_mail_is_filed_as_its_first_sender_wrote_it(program, address, asha, rep):
    file(written(sender="rita@tandem.example", to=address, subject="Fwd: WG: Question", text=FORWARDED[program]))
    activity = Activity.objects.get()
    assert (activity.contact, activity.direction, activity.owner, activity.subject) == (asha, "in", rep, "Question")
    assert "Do you ship?" in activity.body
    assert not replies().exists()


def test_a_mail_forwarded_as_an_attachment_is_filed_as_it_was(address, asha):
    inner = written(subject="Question", text="Do you ship?")
    mail = written(sender="rita@tandem.example", to=address, subject="Fwd: Question", text="")
    mail.add_attachment(inner)
    file(mail)
    activity = Activity.objects.get()
    assert (activity.contact, activity.subject, activity.body) == (asha, "Question", "Do you ship?")


def test_of_a_forwarded_stranger_the_rep_is_told_with_a_form_filled_in(address, rep, client):
    text = FORWARDED["Gmail"].replace("Asha Rao <asha@customer.example>", "Lena Ito <lena@new.example>")
    file(written(sender="rita@tandem.example", to=address, text=text))
    note = Notification.objects.get(user=rep)
    assert note.text == "Nobody has the address lena@new.example: make a contact."
    client.force_login(rep)
    page = client.get(note.url).content.decode()
    assert 'value="lena@new.example"' in page
    assert 'value="Lena"' in page


def test_a_forward_that_names_nobody_is_told_of(address, rep):
    file(written(sender="rita@tandem.example", to=address, subject="Fwd: hm", text="?"))
    assert (
        Notification.objects.get(user=rep).text == "Your mail “Fwd: hm” was not filed: it names nobody as its sender."
    )


def test_anyone_else_who_writes_to_a_filing_address_is_ignored_with_the_reason(address, asha, manager):
    for sender in ("eve@elsewhere.example", "max@tandem.example"):
        file(written(sender=sender, to=f"asha@customer.example, {address}"))
    assert not Activity.objects.exists()
    assert set(IncomingMail.objects.values_list("became", "said")) == {
        ("ignored", "It came to the filing address of Rita Rep, but not from them.")
    }


def test_a_rep_may_send_from_the_own_mailbox_too(address, asha, rep):
    own = Mailbox(name="Own", host="127.0.0.1", security="none", user_name="r", address="rr@private.example", owner=rep)
    own.password = "x"
    own.save()
    file(written(sender="rr@private.example", to=asha.email, Delivered_To=address))
    assert Activity.objects.get().contact == asha


def test_a_contact_whom_the_rep_does_not_see_is_filed_with_nobody(address, rep):
    south = UserFactory(team=TeamFactory(name="South"), roles=["rep"])
    ContactFactory(email="far@customer.example", owner=south, team=south.team)
    file(written(sender="rita@tandem.example", to="far@customer.example", Delivered_To=address))
    assert not Activity.objects.exists()


def test_a_new_address_makes_the_old_one_dead(address, asha, rep, client):
    client.force_login(rep)
    page = reverse("crm:filing")
    assert f'value="{address}"' in client.get(page).content.decode()
    client.post(page)
    assert f'value="{address}"' not in client.get(page).content.decode()
    file(written(sender="rita@tandem.example", to=asha.email, Delivered_To=address))
    assert not Activity.objects.exists()


def test_without_a_mailbox_of_the_company_the_page_says_who_adds_one(rep, client):
    client.force_login(rep)
    assert "An administrator adds it under Set-up, Mailboxes." in client.get(reverse("crm:filing")).content.decode()


def test_read_mail_files_a_mail_from_standard_input(sent, monkeypatch, capsys):
    from io import BytesIO, TextIOWrapper

    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(written(answers=sent.message_id).as_bytes())))
    call_command("read_mail")
    assert capsys.readouterr().out == "Filed: “Re: Offer”, with Asha Rao.\n"
