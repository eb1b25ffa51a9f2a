"""Outbox, messages, consent, suppressions and senders in the admin."""

import pytest
from django.core import mail as django_mail
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from crm.delivery.contents import Content
from crm.delivery.eligibility import why_not
from crm.delivery.queueing import Attachment, queue_for, send_one
from crm.delivery.sending import deliver
from crm.models import Consent, Contact, Message, OutboxItem, Sender, Suppression
from tests.crm.delivery.conftest import REF, agree, known
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(asha, client, marketer):
    client.force_login(marketer)
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    deliver("email", timezone.now())
    return OutboxItem.objects.get()


@pytest.mark.parametrize("page", ["outboxitem", "message", "consent", "suppression", "sender", "topic"])
def test_every_list_opens_empty_and_with_one(page, client, marketer, django_assert_max_num_queries, request):
    client.force_login(marketer)
    address = reverse(f"admin:crm_{page}_changelist")
    with django_assert_max_num_queries(20):
        assert client.get(address).status_code == 200
    request.getfixturevalue("sent")
    with django_assert_max_num_queries(20):
        assert client.get(address).status_code == 200


def test_the_lists_cost_the_same_for_one_and_for_many(sent, client, django_assert_max_num_queries):
    more = Contact.objects.bulk_create(ContactFactory.build() for _ in range(60))
    agree(*more)
    queue_for(Contact.objects.all(), content=REF, send_key="s")
    send_one(to="x@customer.example", subject="A letter", text="x", contact=sent.message.contact)
    deliver("email", timezone.now())
    for page in ("outboxitem", "message", "consent"):
        with django_assert_max_num_queries(20):
            client.get(reverse(f"admin:crm_{page}_changelist"))


def test_a_mail_is_shown_as_its_reader_sees_it(sent, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        page = client.get(reverse("admin:crm_outboxitem_change", args=[sent.pk])).content.decode()
    assert "Asha, see you on Tuesday?" in page
    assert "List-Unsubscribe-Post" in page
    frame = client.get(reverse("admin:crm_outboxitem_reader", args=[sent.pk]))
    assert "Dear Asha," in frame.content.decode()
    assert frame["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert frame["X-Frame-Options"] == "SAMEORIGIN"


def test_markup_in_a_plain_text_stays_text(asha, client, marketer):
    client.force_login(marketer)
    send_one(
        to=asha.email, subject="<script>", text="<script>alert(1)</script> https://x.example/?a=1&b=2", contact=asha
    )
    deliver("email", timezone.now())
    page = client.get(reverse("admin:crm_outboxitem_change", args=[OutboxItem.objects.get().pk])).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert '<a href="https://x.example/?a=1&amp;b=2"' in page


def test_an_sms_is_shown_with_its_link(asha, client, marketer):
    client.force_login(marketer)
    Contact.objects.filter(pk=asha.pk).update(mobile_normal="+919876543210")
    known[2, 1] = Content("Reminder", text="Today: https://vendor.example/room")
    queue_for(
        Contact.objects.all(), content=("tests.content", 2, 1), send_key="s", channel="sms", purpose="transactional"
    )
    deliver("sms", timezone.now())
    page = client.get(reverse("admin:crm_outboxitem_change", args=[OutboxItem.objects.get().pk])).content.decode()
    assert "+919876543210" in page
    assert '<a href="http://testserver/t/c/' in page


def test_a_file_of_a_letter_can_be_taken_out(asha, client, marketer):
    client.force_login(marketer)
    pdf = Attachment("quote.pdf", "application/pdf", b"%PDF-1.7")
    send_one(to=asha.email, subject="Quote", text="See file", contact=asha, attachments=[pdf])
    deliver("email", timezone.now())
    file = client.get(reverse("admin:crm_outboxitem_file", args=[OutboxItem.objects.get().pk, 0]))
    assert file.content == b"%PDF-1.7"


def test_a_password_link_is_for_administrators_only(company, client, marketer, administrator):
    with override_settings(EMAIL_BACKEND="crm.delivery.django_mail.DeliveryBackend"):
        django_mail.send_mail("Reset", "https://secret.example", None, ["ada@tandem.example"])
    deliver("email", timezone.now())
    item = OutboxItem.objects.get()
    pages = [
        reverse("admin:crm_outboxitem_change", args=[item.pk]),
        reverse("admin:crm_message_change", args=[item.message_id]),
    ]
    client.force_login(marketer)
    assert [client.get(page).status_code for page in pages] == [404, 302]
    assert "Reset" not in client.get(reverse("admin:crm_outboxitem_changelist")).content.decode()
    client.force_login(administrator)
    assert [client.get(page).status_code for page in pages] == [200, 200]


def test_a_message_says_what_became_of_it_and_cannot_be_changed(sent, client):
    page = client.get(reverse("admin:crm_message_change", args=[sent.message_id]))
    assert page.status_code == 200
    assert "Sent" in page.content.decode()
    assert client.post(reverse("admin:crm_message_change", args=[sent.message_id]), {"reason": "x"}).status_code == 403


def test_a_line_is_added_to_the_ledger_through_the_action(asha, client, marketer):
    client.force_login(marketer)
    form = {
        "channel": "email", "address": " ASHA.rao@customer.example", "purpose": "commercial", "answer": "no", "topic": "",
        "given_at": timezone.now().isoformat(), "source": "By phone", "text_shown": "",
    }  # fmt: skip
    response = client.post(reverse("admin:crm_consent_add"), form)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert why_not(asha) == "Consent was withdrawn."
    newest = Consent.objects.get(is_current=True)
    assert (newest.recorded_by, newest.source) == (marketer, "By phone")
    assert Consent.objects.count() == 2


def test_a_wrong_address_is_told_at_its_field(client, marketer):
    client.force_login(marketer)
    page = client.post(reverse("admin:crm_suppression_add"), {"channel": "email", "address": "nobody", "reason": "x"})
    assert page.status_code == 200
    assert "“nobody” is no address for this channel." in page.content.decode()


def test_an_address_is_suppressed_and_lifted_with_a_reason(asha, client, marketer):
    client.force_login(marketer)
    form = {"channel": "email", "address": asha.email, "reason": "She asked by phone"}
    assert client.post(reverse("admin:crm_suppression_add"), form).status_code == 302
    assert why_not(asha) == "The address is suppressed."
    lift = reverse("admin:crm_suppression_lift", args=[Suppression.objects.get().pk])
    assert client.get(lift).status_code == 200
    assert client.post(lift, {"reason": ""}).status_code == 422
    client.post(lift, {"reason": "She called again"})
    assert why_not(asha) == ""
    held = Suppression.objects.get()
    assert (held.reason, held.set_by, held.lifted_reason, held.lifted_by) == (
        "She asked by phone",
        marketer,
        "She called again",
        marketer,
    )


def test_the_last_sender_made_default_is_the_default(sender, client, marketer):
    client.force_login(marketer)
    form = {"name": "New", "email": "new@tandem.example", "reply_to": "", "sms_from": "", "is_default": "on"}
    response = client.post(reverse("admin:crm_sender_add"), form)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert Sender.objects.get(is_default=True).name == "New"


def test_a_rep_does_not_get_in(rep, sent, client):
    client.force_login(rep)
    assert client.get(reverse("admin:crm_outboxitem_changelist")).status_code in (302, 403)
    assert client.get(reverse("admin:crm_outboxitem_reader", args=[sent.pk])).status_code in (302, 403)
    assert Message.objects.count() == 1
