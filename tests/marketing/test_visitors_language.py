"""Public pages speak the visitor's language, down to their errors; what they write down is in the language of the house."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.words import LOCALE, find_words, python_of, read_catalog, said_in
from crm.actions.consent import give_consent
from crm.actions.opt_ins import link_of
from crm.delivery import tokens
from crm.delivery.rendering import preview
from crm.models import Company, Consent, Interaction, Message, OptIn, OutboxItem
from marketing.actions.emails import content_of, draft_content
from marketing.actions.languages import add_language
from marketing.actions.registrations import register_for_event
from marketing.models import EventMaterial, MarketingEmail, Registration
from tests.factories.crm import ContactFactory
from tests.factories.marketing_events import EventFactory, FormFactory
from tests.marketing.guests import fill_in, look

pytestmark = pytest.mark.django_db
GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture(autouse=True)
def company(administrator):
    cache.clear()
    return Company.objects.create(pk=1, name="Northwind")


@pytest.fixture
def guest():
    return Client(headers=GERMAN)


@pytest.fixture
def form():
    return FormFactory(confirms_by_mail=True)


@pytest.fixture
def event():
    starts = timezone.now().replace(year=2099, month=11, day=19, hour=14, minute=0)
    return EventFactory(starts_at=starts, ends_at=starts + timedelta(hours=1), capacity=2)


@pytest.fixture
def message():
    contact = ContactFactory(email="asha@customer.example")
    facts = {"address": contact.email, "content_type": "tests.content", "content_id": 1, "content_version": 1}
    return Message.objects.create(
        contact=contact, channel="email", purpose="commercial", key="m1", due_at=timezone.now(), **facts
    )


def texts_of(response):
    """What stands on the page, piece by piece."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", response.content.decode(), flags=re.S)
    return [" ".join(unescape(piece).split()) for piece in re.split(r"<[^>]*>", page)]


def english_in(response):
    """Words of the catalogue that the page says in English."""
    german = {m.id: m.string for m in read_catalog(LOCALE / "de" / "LC_MESSAGES" / "django.po") if m.id}
    said = set(texts_of(response))
    return [word for word, translation in german.items() if word != translation and word in said]


def unread_templates(response):
    """Files that the page is drawn with whose words nobody looked for."""
    words, found = find_words(), []
    for template in response.templates:
        path = Path(template.origin.name)
        if path.is_relative_to(LOCALE.parent / "templates"):
            found += [(path.name, word) for word in said_in(python_of(path.read_text())) if word not in words]
    return found


def must_be_german(response, sentence):
    assert '<html lang="de"' in response.content.decode()
    assert sentence in texts_of(response)
    assert english_in(response) == []
    assert unread_templates(response) == []


def address(message, name):
    return reverse(f"crm:{name}", args=[tokens.for_leaving(message.pk)])


def test_a_form_its_errors_and_its_thanks_are_german_for_a_german_browser(guest, form):
    url = reverse("marketing:form", args=[form.slug])
    must_be_german(look(guest, url), "Vorname")
    assert "Deutschland" in texts_of(look(guest, url))
    must_be_german(
        fill_in(guest, url, email="nobody"), "Das ist keine E-Mail-Adresse. Sie sieht aus wie name@example.com."
    )
    must_be_german(fill_in(guest, url, token="forged"), "Wir konnten nicht erkennen, von welcher Seite das kam. Bitte senden Sie es noch einmal.")  # fmt: skip
    must_be_german(guest.get(fill_in(guest, url).url), "Vielen Dank. Ihre Angaben sind bei uns angekommen.")
    form.is_open = False
    form.save()
    must_be_german(look(guest, url), "Dieses Formular nimmt keine Antworten mehr an.")


def test_an_event_its_registration_and_its_materials_are_german_for_a_german_browser(guest, event):
    url = reverse("marketing:event", args=[event.slug])
    page = look(guest, url)
    must_be_german(page, "Noch 2 Plätze frei")
    assert [text for text in texts_of(page) if text.startswith("Donnerstag, 19. November 2099, 14:00–15:00")]
    must_be_german(guest.get(fill_in(guest, url).url), "Sie sind angemeldet")
    must_be_german(look(guest, url), "Noch 1 Platz frei")
    materials = reverse("marketing:event-materials", args=[event.slug])
    must_be_german(
        look(guest, materials), "Hier ist noch nichts. Folien und Aufzeichnung folgen nach der Veranstaltung."
    )
    EventMaterial.objects.create(event=event, label="Pumpen", url="https://example.com/pumpen")
    must_be_german(look(guest, materials), "Folien")


def test_who_comes_too_late_is_told_in_german(guest, event):
    url = reverse("marketing:event", args=[event.slug])
    page = look(guest, url)
    for _ in range(2):
        register_for_event(event, ContactFactory())
    must_be_german(look(guest, url), "Diese Veranstaltung ist ausgebucht.")
    token = re.search(r'name="token" value="([^"]+)"', page.content.decode())[1]
    refused = fill_in(guest, url, token=token)
    assert (refused.status_code, Registration.objects.count()) == (409, 2)
    must_be_german(refused, "Diese Veranstaltung ist ausgebucht.")


def test_what_is_not_there_is_said_in_german(guest):
    must_be_german(guest.get("/f/nothing/"), "Hier ist nichts")
    must_be_german(guest.get("/unsubscribe/forged"), "Dieser Link funktioniert nicht")
    must_be_german(guest.get("/t/c/forged"), "Dieser Link funktioniert nicht")


def test_leaving_undoing_and_saying_why_are_german_and_kept_in_the_words_of_the_house(guest, message):
    give_consent(message.address, source="Form")
    url = address(message, "unsubscribe")
    must_be_german(guest.get(url), "Abmelden?")
    left = guest.post(url)
    must_be_german(left, "Sie sind abgemeldet")
    assert "Zu viele Nachrichten" in texts_of(left)
    reason = re.search(r'name="reason" value="([^"]+)"', left.content.decode())[1]
    must_be_german(guest.post(url, {"do": "why", "reason": reason}), "Vielen Dank")
    assert Interaction.objects.get(kind="unsubscribing.explained").data["title"] == "Too many messages"
    must_be_german(guest.post(url, {"do": "undo"}), "Sie bleiben dabei")
    sources = Consent.objects.filter(point__value=message.address).order_by("pk").values_list("source", flat=True)
    assert list(sources) == ["Form", "Unsubscribe page", "Unsubscribing was undone"]


def test_preferences_are_german_with_the_texts_that_nobody_has_rewritten(guest, message):
    url = address(message, "preferences")
    page = guest.get(url)
    must_be_german(page, "Was möchten Sie erhalten?")
    assert "Neuigkeiten und Angebote" in texts_of(page)
    must_be_german(guest.get(guest.post(url, {"choice": ["email:commercial"]}).url), "Gespeichert. Vielen Dank.")


def test_the_readers_own_language_comes_before_that_of_the_browser(guest, message):
    message.contact.language = "fr-CA"
    message.contact.save()
    page = guest.get(address(message, "preferences")).content.decode()
    assert ('<html lang="fr"' in page, "Que souhaitez-vous recevoir\u00a0?" in page) == (True, True)


def test_a_confirmation_is_asked_for_and_given_in_the_language_of_the_form(guest, form, run_jobs):
    fill_in(guest, reverse("marketing:form", args=[form.slug]), email="asha@customer.example", news="on")
    run_jobs(later=timedelta(minutes=1))
    mail = OutboxItem.objects.get()
    assert mail.subject == "Bitte bestätigen: Northwind"
    opt_in = OptIn.objects.get()
    path = link_of(opt_in).removeprefix(settings.PUBLIC_URL)
    elsewhere = Client(headers={"accept-language": "it"})
    must_be_german(elsewhere.get(path), "Waren Sie das?")
    must_be_german(elsewhere.post(path, {"do": "again"}), "Eben wurde eine E-Mail gesendet. Bitte warten Sie zehn Minuten und sehen Sie auch im Spam-Ordner nach.")  # fmt: skip
    must_be_german(elsewhere.post(path), "asha@customer.example ist bestätigt.")
    agreed = Consent.objects.get(purpose="commercial")
    assert (
        agreed.text_shown
        == "Ja, schreiben Sie mir zu Neuigkeiten und Veranstaltungen. Ich kann das jederzeit widerrufen."
    )
    assert (agreed.source, agreed.proof["language"]) == (f"Form: {form.name}", "de")


@pytest.mark.parametrize(
    "language", [code for code, _ in settings.LANGUAGES if code not in dict(settings.INSIDE_LANGUAGES)]
)
def test_each_language_has_its_own_preference_page(message, language):
    page = Client(headers={"accept-language": language}).get(address(message, "preferences")).content.decode()
    catalogue = read_catalog(LOCALE / language / "LC_MESSAGES" / "django.po")
    assert (f'<html lang="{language}"' in page, catalogue["Nothing at all"].string in page) == (True, True)


def test_a_browser_that_asks_for_nothing_we_speak_gets_english(form):
    page = look(Client(), reverse("marketing:form", args=[form.slug]), **{"accept-language": "tlh, *;q=0.1"})
    assert ('<html lang="en"' in page.content.decode(), "First name" in texts_of(page)) == (True, True)
    assert "Accept-Language" in page.headers["Vary"]


def test_words_that_a_company_wrote_itself_stay_as_they_are(guest, form):
    form.button, form.fields[0]["label"] = "Off you go", "Given name"
    form.save()
    said = texts_of(look(guest, reverse("marketing:form", args=[form.slug])))
    assert ("Off you go" in said, "Given name" in said, "Nachname" in said) == (True, True, True)


def test_colleagues_read_every_page_in_the_language_they_have_chosen(form, rep):
    rep.language = "en-gb"
    rep.save()
    colleague = Client(headers=GERMAN)
    colleague.force_login(rep)
    for url in (reverse("marketing:form", args=[form.slug]), reverse("crm:profile")):
        assert '<html lang="en-gb"' in look(colleague, url).content.decode()
    assert "German" not in texts_of(colleague.get(reverse("crm:profile")))


def test_signing_in_stays_english_for_a_german_browser(guest):
    assert '<html lang="en"' in guest.get(reverse("account_login")).content.decode()


def test_the_line_to_leave_speaks_the_language_of_the_email_and_of_each_variant(marketer):
    email = MarketingEmail.objects.create(
        name="News", subject="News", kind="html", html="<p>Hallo</p>", language="de", owner=marketer
    )
    assert ">Abmelden</a>" in preview(content_of(email)).html
    add_language(email, "fr", by=marketer)
    email.refresh_from_db()
    french = draft_content(email).variants["fr"]
    assert (">Se désabonner</a>" in preview(french).html, ">Préférences</a>" in preview(french).html) == (True, True)
