"""Set-up › Fields: a field is defined, previewed, ordered, retired and deleted by hand, and reps meet it at once."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.actions.custom_fields import retire_custom_field
from crm.actions.records import change_record
from crm.models import CustomField
from tests.factories.crm import ContactFactory
from tests.factories.custom_fields import PLANS, custom_field

CONTACT = "crm.contact"
LIST = reverse("admin:crm_customfield_changelist")
ADD = reverse("admin:crm_customfield_add")
SENT = {
    "kind": CONTACT, "label": "Plan", "key": "", "type": "choice", "choices": json.dumps(PLANS), "places": "0",
    "begins_with": "silver", "help_text": "What they pay for.",
}  # fmt: skip


@pytest.fixture
def page(client, administrator):
    client.force_login(administrator)
    return client


def change(field):
    return reverse("admin:crm_customfield_change", args=[field.pk])


def errors(answer):
    return answer.context["adminform"].form.errors


def test_a_field_is_defined_by_hand(page):
    answer = page.post(f"{ADD}?kind={CONTACT}", SENT)
    assert (answer.status_code, answer["location"]) == (302, f"{LIST}?kind={CONTACT}")
    field = CustomField.objects.get()
    assert (field.key, field.default, [one["value"] for one in field.choices]) == (
        "plan",
        "silver",
        ["gold", "silver", "bronze"],
    )
    assert field.created_by.email == "ada@tandem.example"


def test_what_is_wrong_is_said_at_its_input_with_everything_still_typed(page):
    answer = page.post(ADD, {**SENT, "begins_with": "Tin"})
    assert errors(answer) == {"begins_with": ["Plan: “Tin” is not one of the choices."]}
    assert answer.context["adminform"].form["choices"].value() == SENT["choices"]
    assert "choices" in errors(page.post(ADD, {**SENT, "choices": "[]"}))
    assert "choices" in errors(page.post(ADD, {**SENT, "choices": "[[["}))
    assert CustomField.objects.count() == 0


def test_key_and_kind_cannot_be_changed_nor_the_type_once_there_are_values(page):
    page.post(ADD, SENT)
    field = CustomField.objects.get()
    change_record(ContactFactory(), {"custom.plan": "gold"}, by=None)
    page.post(change(field), {**SENT, "label": "Tariff", "key": "tariff", "kind": "crm.account", "type": "text"})
    field.refresh_from_db()
    assert (field.label, field.key, field.kind, field.type) == ("Tariff", "plan", CONTACT, "choice")
    assert b"1 record has a value in this field" in page.get(change(field)).content


@pytest.mark.parametrize(
    ("type", "written", "stored"),
    [
        ("yesno", "yes", True),
        ("yesno", "No", False),
        ("number", "7", 7),
        ("day", "2026-11-30", "2026-11-30"),
        ("choices", "Gold, silver", ["gold", "silver"]),
        ("text", " x ", "x"),
    ],
)
def test_what_a_record_begins_with_is_written_in_words(page, type, written, stored):
    page.post(ADD, {**SENT, "type": type, "begins_with": written})
    field = CustomField.objects.get()
    assert field.default == stored
    page.post(
        change(field),
        {**SENT, "type": type, "begins_with": page.get(change(field)).context["adminform"].form["begins_with"].value()},
    )
    field.refresh_from_db()
    assert field.default == stored


def test_the_preview_shows_the_input_or_what_is_missing(page):
    url = reverse("admin:crm_customfield_preview")
    shown = page.post(url, SENT).content.decode()
    assert "Silver" in shown
    assert "What they pay for." in shown
    assert "Give at least one choice" in page.post(url, {**SENT, "choices": "[]"}).content.decode()
    field = custom_field(CONTACT, "plan", "choice", choices=PLANS)
    assert "Silver" in page.post(f"{url}?pk={field.pk}", SENT).content.decode()


def test_fields_are_dragged_or_moved_by_buttons(page):
    one, two, three = (custom_field(CONTACT, key, "text") for key in ("one", "two", "three"))
    url = reverse("admin:crm_customfield_order")
    page.post(url, {"kind": CONTACT, "ids": [three.pk, one.pk, two.pk]}, headers={"accept": "application/json"})
    assert list(CustomField.objects.values_list("key", flat=True)) == ["three", "one", "two"]
    page.post(url, {"kind": CONTACT, "ids": [three.pk, one.pk, two.pk], "down": three.pk})
    assert list(CustomField.objects.values_list("key", flat=True)) == ["one", "three", "two"]


def test_a_field_is_retired_brought_back_and_deleted_for_good(page, run_jobs):
    field = custom_field(CONTACT, "plan", "text")
    contact = change_record(ContactFactory(), {"custom.plan": "gold"}, by=None)
    page.post(reverse("admin:crm_customfield_retire", args=[field.pk]))
    assert b"Retired" in page.get(LIST).content
    page.post(reverse("admin:crm_customfield_restore", args=[field.pk]))
    delete = reverse("admin:crm_customfield_delete", args=[field.pk])
    assert "Retire “Plan” first." in page.get(delete).content.decode()
    page.post(reverse("admin:crm_customfield_retire", args=[field.pk]))
    assert "“Plan”, and its value on 1 record" in page.get(delete).content.decode()
    page.post(delete, {"post": "yes"})
    run_jobs()
    contact.refresh_from_db()
    assert (CustomField.objects.count(), contact.custom) == (0, {})


def test_the_list_is_the_same_work_for_one_field_and_for_three_and_counts_come_after_it(page):
    custom_field(CONTACT, "one", "text")
    with CaptureQueriesContext(connection) as one:
        page.get(f"{LIST}?kind={CONTACT}")
    for key in ("two", "three"):
        custom_field(CONTACT, key, "text")
    with CaptureQueriesContext(connection) as three:
        assert page.get(f"{LIST}?kind={CONTACT}").status_code == 200
    assert len(one) == len(three) <= 20
    change_record(ContactFactory(), {"custom.two": "x"}, by=None)
    assert page.get(f"{reverse('admin:crm_customfield_counts')}?kind={CONTACT}").json() == {"counts": {"two": 1}}


def test_an_empty_kind_teaches_and_an_unknown_one_is_not_there(page):
    assert b"No fields of your own yet" in page.get(f"{LIST}?kind=crm.account").content
    assert page.get(f"{LIST}?kind=crm.user").status_code == 404


def test_who_may_not_change_fields_does_not(client, marketer):
    field = custom_field(CONTACT, "plan", "text")
    client.force_login(marketer)
    for address in (LIST, change(field), reverse("admin:crm_customfield_counts")):
        assert client.get(address).status_code == 403, address
    for name in ("retire", "restore"):
        assert client.post(reverse(f"admin:crm_customfield_{name}", args=[field.pk])).status_code == 403
    assert client.post(reverse("admin:crm_customfield_order"), {"kind": CONTACT}).status_code == 403
    retire_custom_field(field, by=None)
    assert client.post(reverse("admin:crm_customfield_delete", args=[field.pk]), {"post": "yes"}).status_code == 403
    assert CustomField.objects.count() == 1
