"""Definitions: made without code, known at once, changed as far as values allow, retired, brought back, deleted for good."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.actions.custom_fields import (
    change_custom_field,
    create_custom_field,
    delete_custom_field,
    order_custom_fields,
    restore_custom_field,
    retire_custom_field,
)
from crm.actions.records import change_record
from crm.custom_fields.definitions import reading_once
from crm.custom_fields.usage import counts_of
from crm.errors import Invalid, NotAllowed
from crm.hooks import records
from crm.models import Contact, CustomField
from tests.factories.crm import ContactFactory
from tests.factories.custom_fields import custom_field, every_custom_field

CONTACT = "crm.contact"
GOLD_AND_LEAD = [{"label": "Gold"}, {"label": "Lead"}]


def names():
    return [field.name for field in records.get(CONTACT).all_fields() if field.is_custom]


@pytest.mark.parametrize(
    ("label", "key"),
    [("Contract ends", "contract_ends"), ("3 wishes", "field_3_wishes"), ("契約", "field"), ("a__b - c", "a_b_c")],
)
def test_a_key_is_made_of_the_label_and_is_free(db, label, key):
    assert custom_field(CONTACT, "", "text", label=label).key == key
    assert custom_field(CONTACT, "", "text", label=label).key == f"{key}_2"


@pytest.mark.parametrize(
    ("more", "path", "sentence"),
    [
        ({"key": "Plan"}, "key", "A key is of small letters"),
        ({"key": "a__b"}, "key", "A key is of small letters"),
        ({"key": "a'b"}, "key", "A key is of small letters"),
        ({"label": ""}, "label", "cannot be blank"),
        ({"type": "poem"}, "type", "not a valid choice"),
        ({"type": "choice"}, "choices", "Give at least one choice"),
        ({"type": "choice", "choices": [{"label": "A"}, {"label": " a"}]}, "choices/1/label", "“a” is there twice"),
        ({"type": "choice", "choices": [{"label": ""}]}, "choices/0/label", "needs a label"),
        ({"type": "choice", "choices": [{"label": "A", "colour": "plaid"}]}, "choices/0/colour", "no colour “plaid”"),
        ({"type": "choice", "choices": ["A"]}, "choices/0", "A choice has a label"),
        ({"type": "choice", "choices": GOLD_AND_LEAD, "default": "tin"}, "default", "“tin” is not one of the choices"),
        ({"type": "number", "lowest": 5, "highest": 4}, "lowest", "The lowest value is above the highest"),
        ({"type": "lookup"}, "to", "Choose what kind of record"),
        ({"type": "lookup", "to": "crm.company"}, "to", "not a valid choice"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused_where_it_makes_none(db, more, path, sentence):
    with pytest.raises(Invalid, match=sentence) as refused:
        create_custom_field(**{"kind": CONTACT, "label": "It", "type": "text", "by": None, **more})
    assert refused.value.field == path


def test_the_same_key_twice_is_refused(db):
    custom_field(CONTACT, "plan", "text")
    with pytest.raises(Invalid):
        custom_field(CONTACT, "plan", "number")
    custom_field("crm.account", "plan", "number")


def test_a_request_knows_at_once_what_another_process_defined(client, administrator):
    client.force_login(administrator)
    contact = ContactFactory()
    url = f"/api/v1/contacts/{contact.pk}/"
    assert client.get(url).json()["custom"] == {}
    CustomField.objects.create(kind=CONTACT, key="plan", label="Plan", type="text")
    assert client.get(url).json()["custom"] == {"plan": None}


def test_within_one_request_or_job_definitions_are_read_once(db):
    custom_field(CONTACT, "plan", "text")
    with reading_once(), CaptureQueriesContext(connection) as asked:
        assert names() == names() == ["custom.plan"]
        assert [field.name for field in records.get("crm.account").more_fields()] == []
    assert len(asked) == 1


def test_what_a_request_changes_it_knows_itself(db):
    with reading_once():
        assert names() == []
        custom_field(CONTACT, "plan", "text")
        assert names() == ["custom.plan"]


def test_fields_come_in_their_order(db):
    one, two, three = (custom_field(CONTACT, key, "text") for key in ("one", "two", "three"))
    order_custom_fields(CONTACT, [three.pk, one.pk])
    assert names() == ["custom.three", "custom.one", "custom.two"]
    assert two.kind == CONTACT


def test_the_type_stays_once_there_are_values_and_the_sentence_says_why(db):
    field = custom_field(CONTACT, "plan", "text")
    assert change_custom_field(field, type="number", by=None).type == "number"
    change_record(ContactFactory(), {"custom.plan": 3}, by=None)
    with pytest.raises(Invalid, match="1 record has a value in this field, which is kept as “Number”") as refused:
        change_custom_field(field, type="text", by=None)
    assert refused.value.field == "type"
    assert change_custom_field(field, label="Size", type="number", by=None).label == "Size"


def test_the_key_stays(db):
    with pytest.raises(Invalid, match="stay as they are"):
        change_custom_field(custom_field(CONTACT, "plan", "text"), key="scheme", by=None)


@pytest.mark.parametrize("type", ["choice", "choices"])
def test_a_choice_that_records_have_is_not_left_out(db, type):
    field = custom_field(CONTACT, "plan", type, choices=GOLD_AND_LEAD)
    gold, lead = field.choices
    said = "gold" if type == "choice" else ["gold", "lead"]
    change_record(ContactFactory(), {"custom.plan": said}, by=None)
    with pytest.raises(Invalid, match="1 record says “Gold”"):
        change_custom_field(field, choices=[lead], by=None)
    if type == "choice":
        assert change_custom_field(field, choices=[gold], by=None).choices == [gold]


def test_a_renamed_choice_keeps_its_value(db):
    field = custom_field(CONTACT, "plan", "choice", choices=GOLD_AND_LEAD)
    gold, lead = field.choices
    field = change_custom_field(field, choices=[{**gold, "label": "Platinum"}, lead, {"label": "Gold"}], by=None)
    assert [(one["value"], one["label"]) for one in field.choices] == [
        ("gold", "Platinum"), ("lead", "Lead"), ("gold_2", "Gold"),
    ]  # fmt: skip


def test_retired_it_is_nowhere_and_brought_back_its_values_are_there(client, administrator):
    field = custom_field(CONTACT, "plan", "text")
    contact = change_record(ContactFactory(), {"custom.plan": "gold"}, by=None)
    retire_custom_field(field, by=administrator)
    client.force_login(administrator)
    assert names() == []
    assert client.get(f"/api/v1/contacts/{contact.pk}/").json()["custom"] == {}
    change_record(contact, {"city": "Kiel"}, by=None)
    restore_custom_field(field, by=administrator)
    assert client.get(f"/api/v1/contacts/{contact.pk}/").json()["custom"] == {"plan": "gold"}


def test_only_what_is_retired_is_deleted_and_then_its_values_are_gone(db, run_jobs):
    every_custom_field(CONTACT)
    field = CustomField.objects.get(key="plan")
    contact = change_record(ContactFactory(), {"custom.plan": "gold", "custom.seats": 3}, by=None)
    others = ContactFactory.create_batch(3)
    with pytest.raises(NotAllowed, match="Retire “Plan” first"):
        delete_custom_field(field, by=None)
    retire_custom_field(field, by=None)
    delete_custom_field(field, by=None)
    with pytest.raises(NotAllowed, match="is being deleted"):
        restore_custom_field(field, by=None)
    run_jobs()
    seen = contact.version
    contact.refresh_from_db()
    assert (contact.custom, contact.version) == ({"seats": 3}, seen + 1)
    assert set(Contact.objects.filter(pk__in=[o.pk for o in others]).values_list("version", flat=True)) == {1}
    assert not CustomField.objects.filter(key="plan").exists()


def test_it_is_counted_how_many_records_have_a_value(db):
    every_custom_field(CONTACT)
    for size in (1, 2):
        change_record(ContactFactory(), {"custom.seats": size, "custom.agreed": False}, by=None)
    change_record(ContactFactory(), {"custom.agreed": True}, by=None)
    assert counts_of(CONTACT) == {"seats": 2, "agreed": 3}
