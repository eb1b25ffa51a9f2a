"""The pages of readers: choosing, leaving, undoing, saying why; in their language, and by whatever link."""

import base64

import pytest
from django.test import Client
from django.urls import reverse

from crm.actions.consent import give_consent
from crm.actions.suppressions import suppress
from crm.delivery import tokens
from crm.delivery.eligibility import why_not
from crm.delivery.queueing import queue_for
from crm.models import (
    Consent,
    ConsentPurpose,
    Contact,
    ContactPoint,
    Interaction,
    Message,
    PreferencePage,
    Suppression,
    Topic,
)
from tests.crm.delivery.conftest import REF
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def message(asha):
    queue_for(Contact.objects.filter(pk=asha.pk), content=REF, send_key="send:1")
    return Message.objects.get()


def page(message, name="preferences"):
    return reverse(f"crm:{name}", args=[tokens.for_leaving(message.pk)])


def test_choosing_writes_only_what_changed(message, asha, client):
    ConsentPurpose.objects.create(key="research", name="Research")
    events = Topic.objects.create(name="Events", needs_yes=True)
    news = Topic.objects.create(name="Newsletter")
    shown = client.get(page(message)).content.decode()
    assert "Research" in shown
    chosen = ["email:commercial", f"email:commercial:{events.pk}", "email:research"]
    assert client.post(page(message), {"choice": chosen}).status_code == 302
    lines = Consent.objects.filter(source="Preferences page").order_by("purpose", "topic")
    assert [(one.purpose, one.topic, one.granted) for one in lines] == [
        ("commercial", events, True),
        ("commercial", news, False),
        ("research", None, True),
        ("tracking", None, False),
    ]
    assert (why_not(asha, topic=events), why_not(asha, topic=news)) == ("", "The person left this topic.")


def test_looking_at_the_page_writes_nothing(message, asha, client):
    Contact.objects.filter(pk=asha.pk).update(mobile="+43 660 1234567", mobile_normal="+436601234567")
    before = ContactPoint.objects.count()
    assert "Text messages to" in client.get(page(message)).content.decode()
    assert ContactPoint.objects.count() == before


def test_nothing_at_all_is_the_flag_and_choosing_again_takes_it_off(message, asha, client):
    client.post(page(message), {"choice": ["email:nothing", "email:commercial"]})
    assert why_not(asha, purpose="transactional") == "The contact is marked “do not email”."
    assert "checked" not in client.get(page(message)).content.decode().split("email:nothing")[0]
    client.post(page(message), {"choice": ["email:commercial", "email:tracking"]})
    asha.refresh_from_db()
    assert (asha.do_not_email, why_not(asha)) == (False, "")


def test_a_number_that_the_link_does_not_prove_is_mostly_hidden_and_can_be_left(asha, client):
    Contact.objects.filter(pk=asha.pk).update(mobile="+4915123456789", mobile_normal="+4915123456789")
    give_consent("+4915123456789", channel="sms", source="Call")
    queue_for(Contact.objects.filter(pk=asha.pk), content=REF, send_key="send:1")
    message = Message.objects.get()
    shown = client.get(page(message)).content.decode()
    assert ("+49…789" in shown, "4915123456789" in shown) == (True, False)
    client.post(page(message), {"choice": ["email:commercial", "email:tracking"]})
    asha.refresh_from_db()
    assert why_not(asha, channel="sms") == "Consent was withdrawn."


def test_leaving_can_be_undone_and_explained(message, asha, client):
    address = page(message, "unsubscribe")
    assert "Unsubscribe?" in client.get(address).content.decode()
    assert why_not(asha) == ""
    assert "That was a mistake" in client.post(address).content.decode()
    assert why_not(asha) == "Consent was withdrawn."
    client.post(address, {"do": "why", "reason": "Too many messages", "words": "every day"})
    client.post(address, {"do": "why", "words": "again"})
    assert Interaction.objects.get(kind="unsubscribing.explained").data["title"] == "Too many messages every day"
    assert "You stay with us" in client.post(address, {"do": "undo"}).content.decode()
    assert why_not(asha) == ""
    assert Interaction.objects.filter(kind="email.unsubscribed").count() == 1


def test_an_undo_without_leaving_gives_no_consent(asha, client):
    ben = ContactFactory()
    queue_for(Contact.objects.filter(pk=ben.pk), content=REF, send_key="send:2", purpose="transactional")
    client.post(page(Message.objects.get(contact=ben), "unsubscribe"), {"do": "undo"})
    assert why_not(ben) == "There is no consent to commercial messages."


def test_undoing_gives_no_yes_to_whoever_had_said_none(asha, client):
    ben = ContactFactory()
    queue_for(Contact.objects.filter(pk=ben.pk), content=REF, send_key="send:2", purpose="transactional")
    address = page(Message.objects.get(contact=ben), "unsubscribe")
    client.post(address)
    assert why_not(ben) == "Consent was withdrawn."
    assert "You stay with us" in client.post(address, {"do": "undo"}).content.decode()
    assert why_not(ben) == "There is no consent to commercial messages."
    assert not Consent.objects.filter(point__value=ben.email, granted=True).exists()
    assert Interaction.objects.filter(kind="unsubscribing.undone", contact=ben).count() == 1


@pytest.mark.parametrize("name", ["unsubscribe", "preferences"])
def test_the_link_of_somebody_who_was_forgotten_is_a_polite_page(message, client, name):
    Message.objects.update(address="")
    assert client.get(page(message, name)).status_code == 404
    assert "This link does not work" in client.post(page(message, name)).content.decode()


def test_leaving_a_mail_of_a_purpose_of_their_own_leaves_that_one(asha, client):
    ConsentPurpose.objects.create(key="research", name="Research")
    give_consent(asha.email, purpose="research", source="Call")
    queue_for(Contact.objects.filter(pk=asha.pk), content=REF, send_key="send:2", purpose="research")
    address = page(Message.objects.get(), "unsubscribe")
    one_click = Client(enforce_csrf_checks=True)
    assert one_click.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert (why_not(asha, purpose="research"), why_not(asha)) == ("Consent was withdrawn.", "")
    assert Consent.objects.get(granted=False).source == "One click in the mail program"


def test_an_address_that_is_stopped_is_told_so(message, asha, client):
    suppress(asha.email, cause=Suppression.Cause.COMPLAINT)
    assert "At the moment nothing is sent to this address" in client.get(page(message)).content.decode()


def test_the_texts_are_in_the_readers_language(message, asha, client):
    PreferencePage.objects.create(language="", heading="Your choice")
    PreferencePage.objects.create(language="de", heading="Was möchten Sie bekommen?", goodbye="Auf Wiedersehen")
    assert "Your choice" in client.get(page(message)).content.decode()
    by_browser = client.get(page(message), headers={"accept-language": "fr;q=0.9, de-AT;q=0.8"}).content.decode()
    assert ("Was möchten Sie bekommen?" in by_browser, '<html lang="de"' in by_browser) == (True, True)
    Contact.objects.update(language="de-AT")
    assert "Was möchten Sie bekommen?" in client.get(page(message)).content.decode()
    assert "Auf Wiedersehen" in client.post(page(message, "unsubscribe")).content.decode()


@pytest.mark.parametrize("token", ["x" * 2000, "ü" * 40, "%00", "AAAA", "<script>", "e" * 43])
@pytest.mark.parametrize("name", ["preferences", "unsubscribe"])
def test_a_forged_token_gets_a_polite_page(company, client, token, name):
    for ask in (client.get, client.post):
        answer = ask(f"/{name}/{token}")
        assert (answer.status_code, "This link does not work" in answer.content.decode()) == (404, True)
    assert not Consent.objects.exists()


def test_a_token_for_something_else_and_a_changed_one_do_not_leave(message, asha, client):
    good = tokens.for_leaving(message.pk)
    for token in (tokens.for_open(message.pk), good[:-1] + ("A" if good[-1] != "A" else "B"), good + "A"):
        assert client.post(f"/unsubscribe/{token}").status_code == 404
    assert why_not(asha) == ""


def test_the_logo_is_a_picture_and_small(client, marketer, company):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client.force_login(marketer)
    texts = {"heading": "Hello", "thanks": "Saved.", "asks_reason": "on"}
    add = reverse("admin:crm_preferencepage_add")
    wrong = client.post(add, {**texts, "new_logo": SimpleUploadedFile("logo.png", b"<svg onload=alert(1)>")})
    assert "This is no PNG" in wrong.content.decode()
    large = client.post(add, {**texts, "new_logo": SimpleUploadedFile("logo.png", PNG + b"\0" * 400_000)})
    assert "300 is the most" in large.content.decode()
    assert client.get(reverse("crm:preferences-logo")).status_code == 404
    assert client.post(add, {**texts, "new_logo": SimpleUploadedFile("logo.png", PNG)}).status_code == 302
    made = PreferencePage.objects.get()
    logo = Client().get(reverse("crm:preferences-logo"))
    assert (logo.status_code, logo["Content-Type"], logo.content) == (200, "image/png", PNG)
    preview = client.get(reverse("admin:crm_preferencepage_preview", args=[made.pk]))
    assert ("A preview" in preview.content.decode(), "Hello" in preview.content.decode()) == (True, True)
    client.post(reverse("admin:crm_preferencepage_change", args=[made.pk]), {**texts, "without_logo": "on"})
    assert client.get(reverse("crm:preferences-logo")).status_code == 404
