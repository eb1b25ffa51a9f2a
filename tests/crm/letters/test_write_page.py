"""The page that writes an email, as its addresses answer."""

from datetime import timedelta
from email import message_from_bytes

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from crm.actions.attachments import attachments_of
from crm.actions.filing import file_mail
from crm.actions.letters import write_letter
from crm.models import Activity, Letter, Message, OutboxItem
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.deals import LeadFactory
from tests.factories.letters import EmailTemplateFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(rep):
    return LeadFactory(owner=rep, contact=ContactFactory(first_name="Asha", last_name="Rao", country="IN", owner=rep))


def address(record):
    return f"{reverse('crm:write')}?on={record._meta.label_lower}:{record.pk}"


def form(lead, **more):
    return {"to": lead.contact.pk, "subject": "Hello", "html": "<p>Hi</p>", "when": "now", "is_tracked": "on", **more}


def test_it_begins_with_the_records_person_and_the_writers_signature(rep, lead, client):
    rep.signature = "<p>Rita · +43 1 234</p>"
    rep.save()
    client.force_login(rep)
    page = client.get(address(lead)).content.decode()
    assert "Write to Asha Rao" in page
    assert f'value="{lead.contact.pk}"' in page
    assert "Rita · +43 1 234" in page
    assert "From Rita Rep &lt;rita@tandem.example&gt;" in page
    assert "Asia/Kolkata (by their country, India)" in page


def test_a_template_comes_said_to_the_reader_with_what_is_missing(rep, lead, client):
    template = EmailTemplateFactory(owner=rep, html="<p>{{ contact.first_name }}: {{ contact.job_title }}</p>")
    client.force_login(rep)
    asked = {"on": f"sales.lead:{lead.pk}", "template": template.pk}
    lead.contact.job_title = ""
    lead.contact.save()
    facts = client.get(reverse("crm:letter-facts"), asked).json()
    assert facts["subject"] == "Hello Asha"
    assert facts["html"].startswith("<p>Asha: ")
    assert facts["empty"] == ["contact.job_title"]
    assert facts["why_not"] == ""
    assert client.get(reverse("crm:letter-facts"), {**asked, "template": 999}).status_code == 404


def test_sent_it_leads_back_to_the_record(rep, lead, client):
    client.force_login(rep)
    sent = client.post(address(lead), form(lead, uploads=[SimpleUploadedFile("a.txt", b"A")]))
    assert sent.status_code == 302
    assert sent.url == lead.get_absolute_url()
    activity = Activity.objects.get(kind="email")
    assert (activity.regarding, activity.contact) == (lead, lead.contact)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"when": "later"}, "Say when."),
        ({"when": "later", "at": "2001-01-01T10:00"}, "This moment has passed."),
        ({"cc": "nobody"}, "“nobody” is no email address."),
        ({"html": "<p>{{ contact.x }}</p>"}, "Nothing is known as “contact.x”"),
        ({"to": ""}, "This field is required."),
        ({"uploads": [SimpleUploadedFile("a.exe", b"MZ")]}, "Files ending in “.exe” are not taken"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_the_text_stays(rep, lead, client, more, said):
    client.force_login(rep)
    page = client.post(address(lead), form(lead, **more))
    assert page.status_code == 422
    assert said in page.content.decode()
    assert not Letter.objects.exists()


def test_what_one_may_not_see_is_written_to_by_nobody(rep, lead, client):
    stranger = UserFactory(roles=["rep"])
    client.force_login(stranger)
    assert client.get(address(lead)).status_code == 404
    hidden = ContactFactory(owner=stranger)
    client.force_login(rep)
    assert client.get(f"{address(lead)}&to={hidden.pk}").status_code == 404
    assert client.post(address(lead), form(lead, to=hidden.pk)).status_code == 422


def test_one_that_waits_is_opened_again_and_replaced(rep, lead, client):
    tomorrow = timezone.now() + timedelta(days=1)
    waiting = write_letter(
        by=rep, to=lead.contact, subject="Old", html="<p>Old text</p>", regarding=lead, due_at=tomorrow,
        uploads=[SimpleUploadedFile("a.txt", b"A")],
    )  # fmt: skip
    client.force_login(rep)
    again = f"{reverse('crm:write')}?instead={waiting.pk}"
    assert "Old text" in client.get(again).content.decode()
    client.post(again, form(lead, subject="New"))
    waiting.refresh_from_db()
    assert waiting.status == Activity.Status.CANCELLED
    new = Activity.objects.get(subject="New")
    assert [file.name for file in attachments_of(new)] == ["a.txt"]
    assert client.get(again).status_code == 404


def test_it_is_hurried_and_taken_back_by_those_who_may_change_it(rep, lead, client):
    tomorrow = timezone.now() + timedelta(days=1)
    first, second = (
        write_letter(by=rep, to=lead.contact, subject=name, html="<p>Hi</p>", due_at=tomorrow) for name in ("A", "B")
    )
    client.force_login(UserFactory(roles=["rep"]))
    assert client.post(reverse("crm:letter-now", args=[first.pk])).status_code == 404
    client.force_login(rep)
    client.post(reverse("crm:letter-now", args=[first.pk]))
    assert Letter.objects.get(activity=first).waits_until <= timezone.now()
    client.post(reverse("crm:letter-back", args=[second.pk]))
    second.refresh_from_db()
    assert second.status == Activity.Status.CANCELLED
    again = client.post(reverse("crm:letter-back", args=[second.pk]), follow=True)
    assert "is not waiting to be sent" in again.content.decode()


def test_an_email_that_came_in_is_answered_in_its_thread(rep, lead, client, run_jobs):
    first = write_letter(by=rep, to=lead.contact, subject="Hello", html="<p>Hi</p>", regarding=lead)
    run_jobs()
    identity = Message.objects.get(content_id=first.letter.pk).message_id
    raw = (
        f"From: {lead.contact.email}\r\nTo: {rep.email}\r\nSubject: Re: Hello\r\nMessage-ID: <their@x.example>\r\n"
        f"In-Reply-To: {identity}\r\n\r\nCall <me>\r\n"
    )
    (came,) = file_mail(raw.encode()).activities
    assert came.regarding == lead
    client.force_login(rep)
    address = f"{reverse('crm:write')}?answers={came.pk}"
    page = client.get(address)
    assert page.context["form"]["subject"].value() == "Re: Hello"
    assert "<p>&gt; Call &lt;me&gt;</p>" in page.context["form"]["html"].value()
    client.post(address, form(lead, subject="Re: Hello"))
    assert Letter.objects.order_by("-pk")[0].in_reply_to == "<their@x.example>"
    run_jobs()
    mail = message_from_bytes(bytes(OutboxItem.objects.order_by("-pk")[0].raw))
    assert mail["In-Reply-To"] == mail["References"] == "<their@x.example>"


def test_of_several_readers_the_one_who_answers_is_the_one_who_answered(rep, lead, run_jobs):
    tom = ContactFactory(email="tom@berg.example", owner=rep)
    write_letter(by=rep, to=lead.contact, subject="Hello", html="<p>Hi</p>", regarding=lead, cc=tom.email)
    run_jobs()
    identity = Message.objects.first().message_id
    raw = f"From: {tom.email}\r\nSubject: Re: Hello\r\nMessage-ID: <t@x.example>\r\nIn-Reply-To: {identity}\r\n\r\nYes\r\n"
    (came,) = file_mail(raw.encode()).activities
    assert came.contact == tom


def test_what_waits_keeps_its_hidden_copies_when_it_is_changed(rep, lead, client):
    tomorrow = timezone.now() + timedelta(days=1)
    waiting = write_letter(
        by=rep, to=lead.contact, subject="Old", html="<p>Hi</p>", due_at=tomorrow, cc="tom@berg.example",
        bcc="boss@tandem.example",
    )  # fmt: skip
    client.force_login(rep)
    form_ = client.get(f"{reverse('crm:write')}?instead={waiting.pk}").context["form"]
    assert form_["cc"].value() == "tom@berg.example"
    assert form_["bcc"].value() == "boss@tandem.example"


def test_why_somebody_cannot_be_written_to_is_told_as_it_is(rep, lead, client):
    lead.contact.last_name = "O'Neil"
    lead.contact.email = ""
    lead.contact.save()
    client.force_login(rep)
    facts = client.get(reverse("crm:letter-facts"), {"on": f"sales.lead:{lead.pk}"}).json()
    assert facts["why_not"] == "Asha O'Neil has no email address."
