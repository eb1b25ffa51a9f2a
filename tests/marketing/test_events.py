"""Events: their life, their public pages, registering once, and who came back."""

import csv
import io
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.delivery import tokens
from crm.errors import NotAllowed
from crm.models import Contact, Interaction, Message
from marketing.actions.events import cancel_event, copy_event, finish_event, publish_event
from marketing.actions.registrations import cancel_registrations, mark_attended, register_for_event
from marketing.models import Event, EventMaterial, EventStatus, Form, Registration, Speaker, Submission
from tests.factories.crm import CampaignFactory, ContactFactory
from tests.factories.marketing_events import EventFactory
from tests.marketing.guests import BROWSER, fill_in, look

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_house_with_people(marketer):
    cache.clear()


@pytest.fixture
def event():
    return EventFactory(
        title="Pumps that think",
        slug="pumps",
        campaign=CampaignFactory(),
        join_url="https://meet.example/pumps",
        starts_at=datetime(2099, 11, 19, 14, tzinfo=ZoneInfo("UTC")),
        ends_at=datetime(2099, 11, 19, 15, tzinfo=ZoneInfo("UTC")),
        time_zone="Europe/Berlin",
    )


@pytest.fixture
def url(event):
    return reverse("marketing:event", args=[event.slug])


@pytest.fixture
def guest():
    return Client(enforce_csrf_checks=True)


def words_of(response):
    return re.sub(r"<[^>]+>|\s+", " ", response.content.decode())


def visits():
    return Interaction.objects.filter(kind="page.visited").order_by("pk")


# Registering


def test_registering_captures_the_person_tells_the_log_and_confirms_by_mail(guest, event, url):
    response = fill_in(guest, url)
    assert (response.status_code, response.url) == (302, reverse("marketing:event-thanks", args=["pumps"]))
    registration = Registration.objects.get()
    assert registration.contact.email == "asha@example.com"
    assert registration.submission == Submission.objects.get()
    told = Interaction.objects.get(kind="event.registered")
    assert (told.contact, told.source_type, told.source_id, told.campaign) == (
        registration.contact,
        "marketing.event",
        event.pk,
        event.campaign,
    )
    assert "You are registered" in words_of(guest.get(response.url))


def test_the_confirmation_tells_when_and_where_and_brings_the_calendar_file(guest, event, url, run_jobs):
    fill_in(guest, url)
    message = Message.objects.get()
    assert (message.purpose, message.address, message.campaign) == ("transactional", "asha@example.com", event.campaign)
    run_jobs(later=timedelta(minutes=1))
    message.refresh_from_db()
    assert message.status == "sent"
    mail = message.outbox_items.get()
    raw = bytes(mail.raw).decode()
    assert mail.subject == "You are registered: Pumps that think"
    assert "text/calendar" in raw
    assert "Thursday 19 November 2099, 15:00" in raw.replace("=\n", "")


def test_the_calendar_file_for_guests_tells_the_link_and_the_public_one_does_not(guest, event):
    from marketing.calendars import calendar_file

    mine = calendar_file(event, now=timezone.now(), guest=True).decode().replace("\r\n ", "")
    public = guest.get(reverse("marketing:event-calendar", args=["pumps"]))
    assert "LOCATION:https://meet.example/pumps" in mine
    assert "DTSTART;TZID=Europe/Berlin:20991119T150000" in mine
    assert public.headers["Content-Type"] == "text/calendar"
    assert "meet.example" not in public.content.decode()


def test_registering_again_keeps_the_seat_and_sends_no_second_mail(guest, url):
    fill_in(guest, url)
    assert "You are registered" in words_of(look(guest, url))
    fill_in(guest, f"{url}?another=1")
    assert Registration.objects.count() == 1
    assert Message.objects.count() == 1
    assert Interaction.objects.filter(kind="event.registered").count() == 1


def test_who_cancelled_and_comes_back_is_registered_anew(event, marketer):
    contact = ContactFactory()
    first = register_for_event(event, contact)
    cancel_registrations([first], by=marketer)
    again = register_for_event(event, contact)
    assert (again.pk, again.status, again.number) == (first.pk, "registered", 2)
    assert Interaction.objects.filter(kind="event.registered").count() == 2
    assert Message.objects.count() == 2


def test_a_full_event_says_so_and_keeps_nothing_half_done(guest, event, url):
    event.capacity = 1
    event.save()
    page = look(guest, url)
    assert "1 seat left" in words_of(page)
    from tests.marketing.guests import token_in

    register_for_event(event, ContactFactory())
    response = fill_in(guest, url, token=token_in(page))
    assert response.status_code == 409
    assert "This event is full." in words_of(response)
    assert Registration.objects.count() == 1
    assert not Submission.objects.exists()
    assert not Contact.objects.filter(email="asha@example.com").exists()


def test_a_cancelled_seat_is_free_again(event, marketer):
    event.capacity = 1
    event.save()
    cancel_registrations([register_for_event(event, ContactFactory())], by=marketer)
    register_for_event(event, ContactFactory())
    assert Registration.objects.taking_a_seat().count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status": EventStatus.CANCELLED}, "This event was cancelled."),
        ({"status": EventStatus.DONE}, "This event is over."),
        ({"starts_at": "2020-01-01T10:00Z", "ends_at": "2020-01-01T11:00Z"}, "This event is over."),
    ],
)
def test_an_event_that_takes_nobody_says_why(guest, event, url, change, sentence):
    from tests.marketing.guests import token_in

    token = token_in(look(guest, url))
    Event.objects.filter(pk=event.pk).update(**change)
    assert sentence in words_of(look(guest, url))
    response = fill_in(guest, url, token=token)
    assert response.status_code == 409
    assert not Registration.objects.exists()


def test_a_draft_is_there_only_for_those_who_make_it(guest, marketer):
    draft = EventFactory(status=EventStatus.DRAFT, slug="draft")
    assert look(guest, draft.get_absolute_url()).status_code == 404
    guest.force_login(marketer)
    assert "This is a preview" in words_of(look(guest, draft.get_absolute_url()))
    assert not visits().exists()


# Who comes


def test_every_visit_of_an_unknown_browser_is_a_row_and_registering_makes_them_hers(guest, event, url):
    for _ in range(3):
        look(guest, url)
    assert [visit.contact for visit in visits()] == [None, None, None]
    assert len(set(visits().values_list("visitor", flat=True))) == 1
    fill_in(guest, url)
    asha = Contact.objects.get(email="asha@example.com")
    assert {visit.contact for visit in visits()} == {asha}
    look(guest, reverse("marketing:event-materials", args=["pumps"]))
    last = visits().last()
    assert (last.contact, last.data["page"], last.campaign) == (asha, "materials", event.campaign)


def test_who_comes_by_the_link_of_a_mail_is_recognised_and_finds_the_form_filled_in(guest, event, url):
    known = ContactFactory(first_name="Ravi", email="ravi@example.com", company_name="Rao Mills")
    look(guest, url)
    page = look(guest, f"{url}?t={tokens.for_person(1, known.pk)}")
    assert 'value="ravi@example.com"' in page.content.decode()
    assert "Filled in for Ravi" in words_of(page)
    assert {visit.contact for visit in visits()} == {known}
    assert 'value="ravi@example.com"' in look(guest, url).content.decode()


def test_a_changed_person_token_tells_nobody(guest, url):
    token = tokens.for_person(1, ContactFactory().pk)
    page = look(guest, f"{url}?t={token[:-2]}xx")
    assert page.status_code == 200
    assert visits().get().contact is None


def test_a_bot_gets_no_cookie_and_its_visit_says_what_it_is(guest, event, url):
    page = guest.get(url, headers={"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})
    assert "visitor" not in page.cookies
    visit = visits().get()
    assert (visit.verdict, visit.contact) == ("bot", None)


def test_the_cookie_is_first_party_unreadable_for_scripts_and_lasts_a_year(guest, url):
    cookie = look(guest, url).cookies["visitor"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 365 * 24 * 3600)


def test_a_browser_that_somebody_else_uses_later_is_theirs_from_then_on(guest, url):
    fill_in(guest, url)
    fill_in(guest, f"{url}?another=1", email="ravi@example.com", first_name="Ravi")
    look(guest, url)
    first, *_, last = [visit.contact.email for visit in visits()]
    assert (first, last) == ("asha@example.com", "ravi@example.com")


def test_the_materials_page_lists_what_there_is(guest, event):
    url = reverse("marketing:event-materials", args=["pumps"])
    assert "nothing here yet" in words_of(look(guest, url))
    EventMaterial.objects.create(event=event, label="The slides", url="https://files.example/slides.pdf")
    assert 'href="https://files.example/slides.pdf"' in look(guest, url).content.decode()


@pytest.mark.parametrize("guests", [1, 3])
def test_the_pages_of_an_event_need_few_queries(guest, event, url, django_assert_max_num_queries, guests):
    for _ in range(guests):
        register_for_event(event, ContactFactory())
        Speaker.objects.create(event=event, name="Dr. Ito")
    look(guest, url)
    with django_assert_max_num_queries(14):
        look(guest, url)


# The life of an event


def test_publishing_a_draft_gives_it_a_form_and_opens_it(marketer):
    draft = EventFactory(status=EventStatus.DRAFT, form=None)
    event = publish_event(draft, by=marketer)
    assert (event.status, event.form.button) == ("live", "Register")
    assert event.published_at


@pytest.mark.parametrize(
    ("status", "action", "sentence"),
    [
        ("live", publish_event, "is live: it cannot be published"),
        ("draft", finish_event, "is draft: it cannot be closed"),
        ("done", cancel_event, "is done: it cannot be cancelled"),
        ("cancelled", publish_event, "is cancelled: it cannot be published"),
    ],
)
def test_a_forbidden_step_says_why(marketer, status, action, sentence):
    with pytest.raises(NotAllowed, match=sentence):
        action(EventFactory(status=status), by=marketer)


def test_an_event_that_would_be_over_cannot_be_published(marketer):
    past = timezone.now() - timedelta(days=1)
    draft = EventFactory(status=EventStatus.DRAFT, starts_at=past, ends_at=past + timedelta(hours=1))
    with pytest.raises(NotAllowed, match="over already"):
        publish_event(draft, by=marketer)


def test_a_copy_is_a_draft_with_a_form_of_its_own(event, marketer):
    Speaker.objects.create(event=event, name="Dr. Ito")
    copy = copy_event(event, by=marketer)
    assert (copy.status, copy.slug, copy.starts_at) == ("draft", "pumps-2", event.starts_at + timedelta(days=7))
    assert copy.form != event.form
    assert [speaker.name for speaker in copy.speakers.all()] == ["Dr. Ito"]


def test_attendance_is_marked_once(event, marketer):
    registration = register_for_event(event, ContactFactory())
    assert mark_attended([registration], by=marketer) == 1
    assert mark_attended([registration], by=marketer) == 0
    assert Interaction.objects.get(kind="event.attended").contact == registration.contact


# The admin


@pytest.fixture
def desk(marketer):
    client = Client()
    client.force_login(marketer)
    return client


def event_input(**more):
    return {
        "title": "Valves",
        "kind": "webinar",
        "starts_at": "2099-11-19T15:00",
        "ends_at": "2099-11-19T16:00",
        "time_zone": "Asia/Kolkata",
        "confirmation_subject": "You are in",
        "confirmation_text": "Hello {{ contact.first_name }}",
        "speakers-TOTAL_FORMS": 0,
        "speakers-INITIAL_FORMS": 0,
        "materials-TOTAL_FORMS": 0,
        "materials-INITIAL_FORMS": 0,
        "_save": "Save",
        **more,
    }


def test_a_marketer_makes_an_event_whose_times_are_meant_in_its_own_zone(desk, marketer):
    response = desk.post(reverse("admin:marketing_event_add"), event_input())
    event = Event.objects.get()
    assert response.url == reverse("admin:marketing_event_live", args=[event.pk])
    assert event.starts_at == datetime(2099, 11, 19, 15, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert (event.slug, event.owner, event.status) == ("valves", marketer, "draft")
    assert event.form
    edit = desk.get(reverse("admin:marketing_event_change", args=[event.pk])).content.decode()
    assert 'value="2099-11-19T15:00"' in edit


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"ends_at": "2099-11-19T14:00"}, "An event ends after it starts."),
        ({"confirmation_text": "Hello {{ contact.frist_name }}"}, "Did you mean “contact.first_name”?"),
        ({"join_url": "javascript:alert(1)"}, "Enter a valid URL."),
    ],
)
def test_a_wrong_event_is_refused_beside_the_field(desk, wrong, sentence):
    page = desk.post(reverse("admin:marketing_event_add"), event_input(**wrong))
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert not Event.objects.exists()


def test_the_live_page_shows_the_numbers_and_only_the_buttons_that_are_possible(desk, event, guest, url):
    fill_in(guest, url)
    page = desk.get(reverse("admin:marketing_event_live", args=[event.pk])).content.decode()
    assert reverse("admin:marketing_event_do", args=[event.pk, "finish"]) in page
    assert reverse("admin:marketing_event_do", args=[event.pk, "publish"]) not in page
    assert "Asha Rao" in page
    assert "<rect" in page


def test_a_button_pressed_too_late_says_why(desk, event):
    response = desk.post(reverse("admin:marketing_event_do", args=[event.pk, "publish"]), follow=True)
    assert "is live: it cannot be published" in response.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    "name", ["event_changelist", "registration_changelist", "form_changelist", "submission_changelist"]
)
def test_the_lists_need_few_queries_however_long(desk, event, name, rows, django_assert_max_num_queries):
    for _ in range(rows):
        register_for_event(EventFactory(), ContactFactory())
    with django_assert_max_num_queries(20):
        assert desk.get(reverse(f"admin:marketing_{name}")).status_code == 200


def test_the_live_page_needs_few_queries(desk, event, django_assert_max_num_queries):
    for _ in range(3):
        register_for_event(event, ContactFactory())
    with django_assert_max_num_queries(20):
        desk.get(reverse("admin:marketing_event_live", args=[event.pk]))


def test_ticked_registrations_are_marked_as_attended(desk, event):
    registration = register_for_event(event, ContactFactory())
    desk.post(
        reverse("admin:marketing_registration_changelist"),
        {"action": "attended", "_selected_action": [registration.pk]},
    )
    registration.refresh_from_db()
    assert registration.status == "attended"


def test_the_download_is_no_formula(desk, event, guest, url):
    fill_in(guest, url, last_name="=HYPERLINK(1)", company="+cmd")
    response = desk.get(reverse("admin:marketing_event_csv", args=[event.pk]))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text))
    assert (row[1], row[4]) == ("'=HYPERLINK(1)", "'+cmd")
    assert header[-1] == "News"


def test_a_rep_sees_no_event_pages_in_the_admin(client, rep, event):
    client.force_login(rep)
    assert client.get(reverse("admin:marketing_event_live", args=[event.pk])).status_code in (302, 403)


def test_the_form_editor_is_given_the_definition_and_its_preview_tells_what_is_wrong(desk, event):
    page = desk.get(reverse("admin:marketing_form_change", args=[event.form.pk])).content.decode()
    assert "data-form-editor" in page
    assert "?embed=1" in page
    preview = reverse("admin:marketing_form_preview")
    good = desk.post(preview, {"fields": '[{"name": "email", "kind": "email", "label": "Mail", "required": true}]'})
    bad = desk.post(preview, {"fields": '[{"name": "email", "kind": "email", "label": "", "required": true}]'})
    assert "Mail" in good.content.decode()
    assert (bad.status_code, bad.json()["field"]) == (422, "fields/0/label")


def test_a_form_with_a_wrong_definition_is_not_saved(desk, event):
    form = event.form
    answer = {
        "name": "Changed",
        "slug": form.slug,
        "fields": '[{"kind": "colour"}]',
        "button": "Go",
        "thank_you": "Thanks",
    }
    page = desk.post(reverse("admin:marketing_form_change", args=[form.pk]), answer)
    assert "no kind of field" in page.content.decode()
    assert Form.objects.get(pk=form.pk).name != "Changed"


# What others are offered


def test_rules_know_who_is_registered(event):
    from marketing.queries.registrations import is_registered_q

    inside, outside = ContactFactory(), ContactFactory()
    register_for_event(event, inside)
    assert list(Contact.objects.filter(is_registered_q("is", event.pk))) == [inside]
    assert list(Contact.objects.filter(is_registered_q("is_none_of", [event.pk]))) == [outside]
    assert list(Contact.objects.filter(is_registered_q("is_filled", None))) == [inside]


def test_the_contact_page_shows_the_events(rf, event, marketer):
    from marketing.queries.registrations import events_panel

    contact = ContactFactory()
    request = rf.get("/", headers={"user-agent": BROWSER})
    request.user = marketer
    assert events_panel(request, contact) == ""
    register_for_event(event, contact)
    assert "Pumps that think" in events_panel(request, contact)
