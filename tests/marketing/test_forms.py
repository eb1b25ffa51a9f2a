"""Public forms: what strangers send, twice, too fast, too much, with markup, or as bots."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from crm.errors import Invalid
from crm.models import Consent, Contact, HandoverReceipt, Interaction
from marketing.fields import parse, starting_fields
from marketing.models import Submission
from tests.factories.crm import CampaignFactory, ContactFactory
from tests.factories.marketing_events import FormFactory
from tests.marketing.guests import ASHA, BROWSER, fill_in, look, token_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_house_with_people(marketer):
    cache.clear()


@pytest.fixture
def form():
    return FormFactory(name="Newsletter", slug="newsletter", campaign=CampaignFactory())


@pytest.fixture
def url(form):
    return reverse("marketing:form", args=[form.slug])


@pytest.fixture
def stranger():
    return Client(enforce_csrf_checks=True)


def sentence_of(response):
    return re.sub(r"<[^>]+>|\s+", " ", response.content.decode())


def test_an_answer_becomes_a_prospect_a_submission_and_a_row_of_the_log(stranger, form, url):
    response = fill_in(stranger, url)
    assert (response.status_code, response.url) == (302, reverse("marketing:form-thanks", args=[form.slug]))
    submission = Submission.objects.get()
    contact = submission.contact
    assert (contact.email, contact.company_name, contact.country, contact.is_prospect) == (
        "asha@example.com",
        "Rao Mills",
        "IN",
        True,
    )
    assert contact.origin == "Form: Newsletter"
    told = Interaction.objects.get(kind="form.submitted")
    assert (told.contact, told.source_type, told.source_id, told.campaign) == (
        contact,
        "marketing.form",
        form.pk,
        form.campaign,
    )
    assert "Thank you" in stranger.get(response.url).content.decode()


def test_the_page_works_without_cookies_and_in_a_frame(form, url):
    page = look(Client(), url + "?embed=1&page=https://shop.example/contact")
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "X-Frame-Options" not in page.headers
    response = fill_in(Client(enforce_csrf_checks=True), url + "?embed=1", token=token_in(page))
    assert response.url.endswith("/thanks/?embed=1")


def test_posted_twice_is_one_submission_and_the_same_thank_you_page(stranger, url):
    token = token_in(look(stranger, url))
    first = fill_in(stranger, url, token=token)
    second = fill_in(stranger, url, token=token)
    assert (first.status_code, first.url) == (second.status_code, second.url)
    assert Submission.objects.count() == 1
    assert Contact.objects.count() == 1
    assert Interaction.objects.filter(kind="form.submitted").count() == 1


def test_going_back_and_correcting_the_address_is_a_second_submission(stranger, url):
    token = token_in(look(stranger, url))
    fill_in(stranger, url, token=token)
    fill_in(stranger, url, token=token, email="asha.rao@example.com")
    assert Submission.objects.count() == 2


def test_a_bot_that_fills_the_trap_is_kept_apart_and_told_nothing(stranger, url):
    response = fill_in(stranger, url, website="https://spam.example")
    assert response.status_code == 302
    submission = Submission.objects.get()
    assert (submission.verdict, submission.contact) == ("bot", None)
    assert not Contact.objects.exists()
    assert not Interaction.objects.filter(kind="form.submitted").exists()


def test_faster_than_anybody_reads_is_asked_to_press_once_more(stranger, url):
    response = fill_in(stranger, url, after=timedelta(seconds=0))
    assert response.status_code == 422
    assert "quicker than anybody can read" in sentence_of(response)
    assert 'value="asha@example.com"' in response.content.decode()
    assert fill_in(stranger, url, token=token_in(response)).status_code == 302


@pytest.mark.parametrize("token", ["", "nonsense", "1.2.3:changed"])
def test_a_changed_token_is_asked_again_with_everything_kept(stranger, url, token):
    response = stranger.post(url, {**ASHA, "token": token}, headers={"user-agent": BROWSER})
    assert response.status_code == 422
    assert "Please send it once more" in sentence_of(response)
    assert 'value="Rao Mills"' in response.content.decode()
    assert not Submission.objects.exists()


def test_a_token_of_another_form_is_worth_nothing_here(stranger, url):
    other = look(stranger, FormFactory().get_absolute_url())
    assert fill_in(stranger, url, token=token_in(other)).status_code == 422


def test_a_page_left_open_for_days_is_asked_again(stranger, url):
    response = fill_in(stranger, url, after=timedelta(days=3))
    assert "open for more than a day" in sentence_of(response)


def test_a_megabyte_of_text_is_refused_with_a_sentence(stranger, form, url):
    form.fields = [*form.fields, {"name": "why", "kind": "long_text", "label": "Why"}]
    form.save()
    response = fill_in(stranger, url, why="a" * 1024 * 1024, last_name="b" * 1024 * 1024)
    assert response.status_code == 422
    assert "at most 4,000 characters" in sentence_of(response)
    assert "at most 200 characters" in sentence_of(response)
    assert not Submission.objects.exists()


def test_more_than_a_form_can_take_is_refused_unread_with_a_sentence(stranger, url):
    response = fill_in(stranger, url, last_name="b" * 6 * 1024 * 1024)
    assert response.status_code == 413
    assert "more than a form can take" in sentence_of(response)


def test_markup_is_kept_as_the_text_it_is_and_escaped_wherever_it_is_shown(stranger, url, marketer):
    evil = '<script>alert("1")</script>'
    assert fill_in(stranger, url, last_name=evil, company="{{ 7 | times: 6 }}").status_code == 302
    submission = Submission.objects.get()
    assert submission.values["last_name"] == evil
    assert submission.contact.last_name == evil
    again = fill_in(stranger, url, last_name=evil, email="no address").content.decode()
    assert "<script>alert" not in again
    assert "&lt;script&gt;alert" in again
    stranger.force_login(marketer)
    admin = stranger.get(reverse("admin:marketing_submission_change", args=[submission.pk]))
    assert admin.status_code == 200
    assert "<script>alert" not in admin.content.decode()


def test_errors_stand_beside_their_fields_with_the_values_kept_and_the_first_has_the_focus(stranger, url):
    response = fill_in(stranger, url, email="asha@", first_name="")
    page = response.content.decode()
    assert response.status_code == 422
    assert page.count('class="field-error"') == 2
    assert 'value="asha@"' in page
    assert re.search(r'<input[^>]*name="first_name"[^>]*autofocus', page)
    assert re.search(r'<input[^>]*name="email"[^>]*aria-invalid="true"', page)


def test_too_many_from_one_network_are_asked_to_wait(stranger, url, settings):
    settings.FORM_POSTS_PER_HOUR = 2
    statuses = [fill_in(stranger, url, email=f"guest{n}@example.com").status_code for n in range(3)]
    assert statuses == [302, 302, 429]
    assert Submission.objects.count() == 2


def test_one_address_cannot_be_sent_for_ever(stranger, url, settings):
    settings.FORM_POSTS_PER_HOUR_AND_ADDRESS = 1
    assert fill_in(stranger, url).status_code == 302
    assert fill_in(stranger, url, email="ASHA@example.com").status_code == 429
    assert fill_in(stranger, url, email="other@example.com").status_code == 302


def test_consent_is_written_with_the_text_that_was_shown_and_its_proof(stranger, form, url):
    fill_in(stranger, url, news="on")
    consent = Consent.objects.get()
    assert (consent.point.value, consent.purpose, consent.granted) == ("asha@example.com", "commercial", True)
    assert consent.text_shown == "Yes, write to me about news and events. I can stop this at any time."
    assert consent.proof["submission"] == Submission.objects.get().pk
    assert consent.source == "Form: Newsletter"


def test_an_unticked_box_writes_no_consent(stranger, url):
    fill_in(stranger, url)
    assert not Consent.objects.exists()


def test_who_wants_texts_must_tell_a_number_that_can_be_reached(stranger, url):
    assert "tell us the number" in sentence_of(fill_in(stranger, url, text_reminder="on"))
    assert "country code" in sentence_of(fill_in(stranger, url, text_reminder="on", phone="98765 43210", country=""))
    assert fill_in(stranger, url, text_reminder="on", phone="98765 43210").status_code == 302
    consent = Consent.objects.get()
    assert (consent.point.channel, consent.point.value) == ("sms", "+919876543210")


def test_what_is_known_is_never_overwritten_by_what_a_stranger_types(stranger, url):
    known = ContactFactory(email="asha@example.com", first_name="Asha", last_name="Rao", company_name="")
    fill_in(stranger, url, email="ASHA@example.com", first_name="Mallory")
    known.refresh_from_db()
    assert (known.first_name, known.company_name) == ("Asha", "Rao Mills")
    assert Contact.objects.count() == 1


def test_a_form_that_hands_over_gives_each_answer_to_sales_once(stranger, form, url, rep):
    form.creates_lead = True
    form.save()
    token = token_in(look(stranger, url))
    fill_in(stranger, url, token=token)
    fill_in(stranger, url, token=token)
    receipt = HandoverReceipt.objects.get()
    assert receipt.contact == Contact.objects.get()


def test_a_closed_form_says_so_and_takes_nothing(stranger, form, url):
    token = token_in(look(stranger, url))
    form.is_open = False
    form.save()
    assert "takes no more answers" in sentence_of(look(stranger, url))
    assert fill_in(stranger, url, token=token).status_code == 409
    assert not Submission.objects.exists()


def test_a_form_that_redirects_leads_on_and_the_policy_lets_it(stranger, form, url):
    form.redirect_url = "https://shop.example/thanks"
    form.save()
    page = look(stranger, url)
    assert "form-action 'self' https://shop.example" in page.headers["Content-Security-Policy"]
    assert fill_in(stranger, url).url == "https://shop.example/thanks"


def test_the_page_of_a_form_needs_few_queries(stranger, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        look(stranger, url)


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"kind": "colour"}, "fields/0/kind", "no kind of field “colour”"),
        ({"name": "First Name"}, "fields/0/name", "small letters"),
        ({"name": "token"}, "fields/0/name", "taken by the page"),
        ({"name": "email"}, "fields/2/name", "Two fields"),
        ({"label": ""}, "fields/0/label", "needs a label"),
        ({"label": 7}, "fields/0/label", "is a text"),
        ({"required": "yes"}, "fields/0/required", "true or false"),
        ({"colour": "red"}, "fields/0/colour", "knows no"),
        ({"fills": "salary"}, "fields/0/fills", "cannot fill in"),
        ({"kind": "choice", "choices": []}, "fields/0/choices", "needs choices"),
        ({"kind": "choice", "choices": ["a", "a"]}, "fields/0/choices", "each one once"),
        ({"kind": "consent", "purpose": "spam", "text": "Yes"}, "fields/0/purpose", "one of these"),
        ({"kind": "consent", "purpose": "commercial", "text": ""}, "fields/0/text", "agree to"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_place(change, field, sentence):
    fields = starting_fields()
    fields[0] |= change
    with pytest.raises(Invalid, match=sentence) as caught:
        parse(fields)
    assert caught.value.field == field


@pytest.mark.parametrize("raw", [None, {}, [], "text", [1], [{"name": "a", "kind": "text", "label": "A"}]])
def test_what_is_no_definition_is_refused(raw):
    with pytest.raises(Invalid):
        parse(raw)
