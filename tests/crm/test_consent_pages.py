"""The tab “Consent” of a contact, the set-up of purposes and topics, and the same over the API."""

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from crm.actions.consent import contact_point, give_consent
from crm.actions.suppressions import flag_address, suppress
from crm.errors import Invalid
from crm.models import Consent, ConsentPurpose, Contact, Interaction, Suppression, Topic
from crm.queries.consent import standing_of
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha(rep):
    return ContactFactory(first_name="Asha", last_name="Rao", email="asha@customer.example", owner=rep)


def tab(client, contact):
    return client.get(contact.get_absolute_url(), {"tab": "consent"}).content.decode()


def test_the_tab_says_who_said_what_when_and_what_it_means_now(client, rep, asha):
    news = Topic.objects.create(name="Newsletter")
    give_consent(asha.email, source="Form: webinar", text_shown="Yes, write to me.", proof={"submission": 7})
    client.force_login(rep)
    page = tab(client, asha)
    assert "Form: webinar" in page
    assert "Yes, write to me." in page
    may = {(line.purpose.key, line.topic): line.why_not for line in standing_of(asha)[0].lines}
    assert may[("commercial", None)] == "" == may[("commercial", news)]
    suppress(asha.email, reason="She moved")
    assert {line.why_not for line in standing_of(asha)[0].lines} == {"The address is suppressed."}
    assert "She moved" in tab(client, asha)


def test_a_rep_notes_a_yes_and_a_no_with_where_it_was_said(client, rep, asha):
    client.force_login(rep)
    said = {"address": "email:asha@customer.example", "about": "commercial", "answer": "yes"}
    address = reverse("crm:consent-record", args=[asha.pk])
    assert client.post(address, said).status_code == 422
    assert client.post(address, {**said, "reason": "On the phone"}).status_code == 302
    line = Consent.objects.get()
    assert (line.granted, line.source, line.recorded_by, line.proof) == (True, "On the phone", rep, {"by_hand": True})
    client.post(address, {**said, "answer": "no", "reason": "By letter"})
    assert standing_of(asha)[0].lines[0].why_not == "Consent was withdrawn."
    assert list(
        Interaction.objects.filter(contact=asha, kind__startswith="consent")
        .order_by("pk")
        .values_list("kind", "data__title")
    ) == [
        ("consent.given", "News and offers"),
        ("consent.withdrawn", "News and offers"),
    ]


def test_who_may_only_look_is_refused_and_who_does_not_see_the_contact_finds_nothing(client, marketer, asha):
    stranger = UserFactory(team=TeamFactory(name="South"), roles=["rep"])
    client.force_login(stranger)
    assert client.get(reverse("crm:consent-record", args=[asha.pk])).status_code == 404
    nobody = UserFactory(roles=[])
    client.force_login(nobody)
    assert client.get(reverse("crm:consent-flags", args=[asha.pk])).status_code == 404


def test_stopping_and_starting_again_each_need_a_reason(client, marketer, rep, asha):
    client.force_login(rep)
    stop = reverse("crm:consent-stop", args=[asha.pk])
    assert client.post(stop, {"address": "email:asha@customer.example", "reason": "Asked me"}).status_code == 302
    held = Suppression.objects.get()
    assert (held.cause, held.reason, held.set_by) == ("manual", "Asked me", rep)
    again = reverse("crm:consent-again", args=[asha.pk, held.pk])
    assert client.post(again, {"reason": "x"}).status_code == 403
    client.force_login(marketer)
    assert client.post(again, {"reason": " "}).status_code == 422
    assert client.post(again, {"reason": "She called"}).status_code == 302
    held.refresh_from_db()
    assert (held.lifted_reason, held.lifted_by) == ("She called", marketer)
    assert "She called" in tab(client, asha)
    kinds = Interaction.objects.filter(contact=asha).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["suppression.set", "suppression.lifted"]


def test_flags_are_set_on_the_tab_and_kept_in_the_history(client, rep, asha):
    client.force_login(rep)
    client.post(reverse("crm:consent-flags", args=[asha.pk]), {"do_not_email": "on"})
    asha.refresh_from_db()
    assert (asha.do_not_email, asha.do_not_phone) == (True, False)
    assert {line.why_not for line in standing_of(asha)[0].lines} == {"The contact is marked “do not email”."}
    assert "Do not email" in client.get(asha.get_absolute_url()).content.decode()
    assert LogEntry.objects.get(object_id=asha.pk, action=1).changes == {"do_not_email": ["False", "True"]}


def test_her_own_word_sets_the_flag_of_everybody_at_the_address(asha):
    ContactFactory(email="Asha@customer.example")
    assert flag_address(contact_point(asha.email), True, source="Preferences page") == 2
    assert set(Contact.objects.values_list("do_not_email", "version")) == {(True, 2)}
    assert LogEntry.objects.filter(action=1).count() == 2
    assert flag_address(contact_point(asha.email), True, source="Preferences page") == 0


def test_purposes_of_their_own_are_added_and_the_built_in_ones_stay(client, marketer):
    client.force_login(marketer)
    address = reverse("admin:crm_consentpurpose_add")
    made = {
        "name": "Research",
        "key": "research",
        "rule": "opt_in",
        "is_offered": "on",
        "is_active": "on",
        "position": "50",
    }
    assert client.post(address, made).status_code == 302
    assert client.get(reverse("admin:crm_consentpurpose_changelist")).status_code == 200
    own = ConsentPurpose.objects.get(key="research")
    give_consent("asha@customer.example", purpose="research", source="Call")
    built_in = ConsentPurpose.objects.get(key="commercial")
    for purpose in (own, built_in):
        assert (
            client.post(reverse("admin:crm_consentpurpose_delete", args=[purpose.pk]), {"post": "yes"}).status_code
            == 403
        )
    assert client.get(reverse("admin:crm_topic_add")).status_code == 200
    assert client.get(reverse("admin:crm_consent_changelist"), {"purpose": "research"}).status_code == 200
    assert client.get(reverse("admin:crm_suppression_changelist"), {"standing": "now"}).status_code == 200


def test_a_rep_may_not_open_the_ledger_of_everybody(client, rep, asha):
    client.force_login(rep)
    assert client.get("/api/v1/consents/").json()["results"] == []
    answer = client.post(
        "/api/v1/consents/", {"address": "x@y.example", "granted": True, "source": "x"}, "application/json"
    )
    assert answer.status_code == 403


def test_the_api_says_what_stands_and_writes_what_was_said(client, marketer, rep, asha):
    client.force_login(rep)
    said = {"granted": True, "source": "On the phone"}
    made = client.post(f"/api/v1/contacts/{asha.pk}/record-consent/", said, "application/json")
    assert (made.status_code, made.json()["address"]) == (201, "asha@customer.example")
    (at,) = client.get(f"/api/v1/contacts/{asha.pk}/consent/").json()
    assert at["lines"][0]["why_not"] == ""
    assert at["lines"][0]["last"]["source"] == "On the phone"
    wrong = client.post(f"/api/v1/contacts/{asha.pk}/record-consent/", {**said, "purpose": "newz"}, "application/json")
    assert (wrong.status_code, "purpose" in wrong.content.decode()) == (400, True)
    client.force_login(marketer)
    held = client.post("/api/v1/suppressions/", {"address": asha.email, "reason": "Asked"}, "application/json").json()
    found = client.get("/api/v1/suppressions/", {"address": asha.email, "is_lifted": "false"}).json()["results"]
    assert [one["id"] for one in found] == [held["id"]]
    lifted = client.post(f"/api/v1/suppressions/{held['id']}/lift/", {"reason": "Called"}, "application/json")
    assert (lifted.status_code, lifted.json()["lifted_by"]) == (200, marketer.pk)
    said = client.get("/api/v1/consents/", {"purpose": "commercial", "granted": "true"}).json()["results"]
    assert [line["source"] for line in said] == ["On the phone"]
    topic = client.post("/api/v1/topics/", {"name": "Events", "needs_yes": True}, "application/json")
    assert topic.status_code == 201
    commercial = ConsentPurpose.objects.get(key="commercial").pk
    fixed = client.patch(f"/api/v1/consent-purposes/{commercial}/", {"key": "other"}, "application/json")
    assert fixed.status_code == 400


@pytest.mark.parametrize(
    "address", ["a\nb@c.example", "a b@c.example", "x" * 260 + "@c.example", "no-address", "", "\x00@c.example"]
)
def test_what_is_no_address_is_refused(client, marketer, address):
    client.force_login(marketer)
    body = {"address": address, "granted": True, "source": "x"}
    assert client.post("/api/v1/consents/", body, "application/json").status_code == 400


def test_an_address_of_254_characters_and_one_with_umlauts_are_kept(client, marketer):
    client.force_login(marketer)
    for address in ("ü" * 60 + "@" + "d" * 181 + ".customer.de"[-12:], "jürgen@müller.example"):
        body = {"address": address, "granted": True, "source": "x"}
        assert client.post("/api/v1/consents/", body, "application/json").status_code == 201
    assert Consent.objects.count() == 2


def test_the_tab_costs_the_same_for_one_line_and_for_many(client, rep, asha, django_assert_max_num_queries):
    Topic.objects.bulk_create([Topic(name=f"T{n}") for n in range(12)])
    for n in range(25):
        give_consent(asha.email, source=f"Call {n}")
    client.force_login(rep)
    with django_assert_max_num_queries(30):
        assert "Call 24" in tab(client, asha)


def test_an_answer_dated_in_the_future_is_refused_at_its_field_since_no_later_one_would_count(client, marketer):
    client.force_login(marketer)
    form = {"channel": "email", "address": "a@b.example", "answer": "yes", "purpose": "commercial", "source": "A fair"}
    to_come = timezone.now() + timedelta(days=400)
    page = client.post(reverse("admin:crm_consent_add"), {**form, "given_at": to_come.isoformat()})
    assert "Consent cannot have been given in the future." in page.content.decode()
    with pytest.raises(Invalid) as refused:
        give_consent("a@b.example", source="An import", at=to_come)
    assert (refused.value.field, Consent.objects.count()) == ("given_at", 0)


def test_a_stop_that_would_be_over_before_it_begins_is_refused_at_its_field(client, rep, marketer, asha):
    client.force_login(rep)
    form = {"address": "email:asha@customer.example", "reason": "Holidays", "until": "2020-01-01T08:00"}
    page = client.post(reverse("crm:consent-stop", args=[asha.pk]), form)
    assert (page.status_code, "choose a time to come" in page.content.decode()) == (422, True)
    client.force_login(marketer)
    form = {
        "channel": "email",
        "address": asha.email,
        "reason": "Holidays",
        "until_0": "2020-01-01",
        "until_1": "08:00",
    }
    assert "choose a time to come" in client.post(reverse("admin:crm_suppression_add"), form).content.decode()
    assert not Suppression.objects.exists()
