"""What may stand in a custom field: typed, checked, said in a sentence at its field; and what stood there may stay."""

from datetime import date
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from crm.actions.custom_fields import change_custom_field, retire_custom_field
from crm.actions.records import change_record
from crm.errors import Invalid
from crm.hooks import records
from crm.web.field_forms import form_field
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.custom_fields import custom_field, every_custom_field
from tests.factories.deals import LeadFactory, OpportunityFactory

CONTACT = "crm.contact"


@pytest.mark.parametrize(
    ("type", "more", "typed", "stored"),
    [
        ("text", {}, "  Ada ", "Ada"),
        ("longtext", {}, "a\nb\n", "a\nb"),
        ("number", {}, Decimal("7"), 7),
        ("number", {"places": 2}, "7.25", 7.25),
        ("number", {"places": 2}, 0, 0),
        ("money", {}, Decimal("12.30"), 12.3),
        ("day", {}, date(2026, 11, 30), "2026-11-30"),
        ("day", {}, "2026-11-30", "2026-11-30"),
        ("choice", {"choices": [{"label": "Gold"}]}, "gold", "gold"),
        ("choices", {"choices": [{"label": "A"}, {"label": "B"}]}, ["b", "a", "b"], ["a", "b"]),
        ("yesno", {}, False, False),
        ("url", {}, "example.com/a", "https://example.com/a"),
    ],
)
def test_a_value_is_stored_by_its_type(db, type, more, typed, stored):
    custom_field(CONTACT, "it", type, **more)
    contact = change_record(ContactFactory(), {"custom.it": typed}, by=None)
    contact.refresh_from_db()
    assert contact.custom == {"it": stored}


@pytest.mark.parametrize(
    ("type", "more", "typed", "sentence"),
    [
        ("text", {}, "x" * 501, "It: at most 500 characters; these are 501."),
        ("text", {}, "a\x00b", "It: a NUL character cannot be kept."),
        ("text", {}, 7, "It: write a text."),
        ("number", {}, "7.5", "It: a whole number, please."),
        ("number", {"places": 1}, "7.55", "It: at most 1 decimal places."),
        ("number", {}, "seven", "It: write a number."),
        ("number", {}, float("inf"), "It: write a number."),
        ("number", {}, True, "It: write a number."),
        ("number", {}, "12345678901234567", "It: at most 15 digits."),
        ("number", {"lowest": 3}, 2, "It: at least 3."),
        ("number", {"highest": Decimal("3.5"), "places": 1}, 4, "It: at most 3.5."),
        ("money", {}, "1.234", "It: at most 2 decimal places."),
        ("day", {}, "30.11.2026", "It: write a day like 2026-11-30."),
        ("day", {}, "2026-02-30", "It: write a day like 2026-11-30."),
        ("choice", {"choices": [{"label": "Gold"}]}, "lead", "It: “lead” is not one of the choices."),
        ("choices", {"choices": [{"label": "A"}]}, "a", "It: give a list of choices."),
        ("choices", {"choices": [{"label": "A"}]}, ["c"], "It: “c” is not one of the choices."),
        ("yesno", {}, "yes", "It: choose yes or no."),
        ("url", {}, "javascript:alert(1)", "It: that is no web address, like https://example.com."),
        ("url", {}, "ftp://example.com", "It: that is no web address, like https://example.com."),
        ("lookup", {"to": "crm.account"}, 99, "It: there is no such record, or you may not see it."),
        ("lookup", {"to": "crm.account"}, "Acme", "It: choose a record."),
    ],
)
def test_what_cannot_stand_there_is_said_at_the_field(db, type, more, typed, sentence):
    custom_field(CONTACT, "it", type, **more)
    with pytest.raises(Invalid) as refused:
        change_record(ContactFactory(), {"custom.it": typed}, by=None)
    assert (refused.value.field, refused.value.message) == ("custom.it", sentence)


def test_a_lookup_holds_the_id_of_a_record_that_the_person_sees(rep):
    rep.roles.get().grants.filter(resource="crm.account").update(depth=1)
    custom_field(CONTACT, "partner", "lookup", to="crm.account")
    contact, mine, theirs = ContactFactory(owner=rep), AccountFactory(owner=rep), AccountFactory()
    assert change_record(contact, {"custom.partner": mine}, by=rep).custom == {"partner": mine.pk}
    with pytest.raises(Invalid, match="may not see"):
        change_record(contact, {"custom.partner": theirs.pk}, by=rep)


def test_a_lookup_that_somebody_else_set_may_stay_unseen(rep):
    rep.roles.get().grants.filter(resource="crm.account").update(depth=1)
    custom_field(CONTACT, "partner", "lookup", to="crm.account")
    contact = change_record(ContactFactory(owner=rep), {"custom.partner": AccountFactory()}, by=None)
    assert change_record(contact, {"custom.partner": contact.custom["partner"], "city": "Kiel"}, by=rep).city == "Kiel"


def test_emptied_it_does_not_stand_there_at_all(db):
    every_custom_field(CONTACT)
    contact = change_record(ContactFactory(), {"custom.seats": 3, "custom.colours": ["red"]}, by=None)
    contact = change_record(contact, {"custom.seats": None, "custom.colours": []}, by=None)
    assert contact.custom == {}


def test_a_required_field_is_not_emptied(db):
    custom_field(CONTACT, "plan", "text", is_required=True)
    contact = change_record(ContactFactory(), {"custom.plan": "x"}, by=None)
    with pytest.raises(Invalid, match="“Plan” must be filled in"):
        change_record(contact, {"custom.plan": ""}, by=None)


def test_a_retired_choice_is_not_chosen_any_more_but_stays_where_it_stands(db, rep):
    field = custom_field(CONTACT, "plan", "choice", choices=[{"label": "Gold"}, {"label": "Lead"}])
    old, new = change_record(ContactFactory(), {"custom.plan": "lead"}, by=None), ContactFactory()
    gold, lead = field.choices
    change_custom_field(field, choices=[gold, {**lead, "is_retired": True}], by=None)
    with pytest.raises(Invalid, match="“Lead” is not chosen any more"):
        change_record(new, {"custom.plan": "lead"}, by=None)
    assert change_record(old, {"custom.plan": "lead", "city": "Kiel"}, by=None).custom == {"plan": "lead"}
    kind = records.get(CONTACT)
    assert dict(kind.field("custom.plan").choices()) == {"gold": "Gold", "lead": "Lead"}
    assert [value for value, _ in form_field(kind, kind.field("custom.plan"), rep).choices] == ["", "gold"]


def test_one_retired_of_several_stays_beside_a_new_one(db):
    field = custom_field(CONTACT, "colours", "choices", choices=[{"label": "Red"}, {"label": "Green"}])
    contact = change_record(ContactFactory(), {"custom.colours": ["red"]}, by=None)
    red, green = field.choices
    change_custom_field(field, choices=[{**red, "is_retired": True}, green], by=None)
    assert change_record(contact, {"custom.colours": ["red", "green"]}, by=None).custom == {"colours": ["red", "green"]}


def test_what_is_not_defined_or_retired_is_refused(db):
    field = custom_field(CONTACT, "plan", "text")
    retire_custom_field(field, by=None)
    for name in ("custom.plan", "custom.nothing"):
        with pytest.raises(Invalid, match="have no field") as refused:
            change_record(ContactFactory(), {name: "x"}, by=None)
        assert refused.value.field == name


@pytest.mark.parametrize("make", [AccountFactory, ContactFactory, LeadFactory, OpportunityFactory])
def test_every_kind_of_record_takes_every_type_and_its_history_tells(db, make, rep):
    record = make()
    every_custom_field(record._meta.label_lower)
    partner, adviser, desk = AccountFactory(), UserFactory(), TeamFactory()
    values = {
        "nickname": "Ada", "story": "Long", "seats": 2.5, "budget": 10, "renewal": "2026-11-30", "plan": "gold",
        "colours": ["red"], "agreed": True, "page": "https://a.example", "partner": partner.pk, "adviser": adviser.pk,
        "desk": desk.pk,
    }  # fmt: skip
    changed = change_record(record, {f"custom.{key}": value for key, value in values.items()}, by=rep)
    changed.refresh_from_db()
    assert changed.custom == values
    assert "custom" in LogEntry.objects.get_for_object(changed).first().changes


def test_a_form_says_what_the_field_says(db, rep):
    every_custom_field(CONTACT)
    custom_field(CONTACT, "few", "number", highest=5, help_text="Not many", is_required=True)
    kind = records.get(CONTACT)
    assert all(form_field(kind, field, rep).required == field.is_required for field in kind.more_fields())
    few = form_field(kind, kind.field("custom.few"), rep)
    assert (few.label, few.help_text, few.clean("4")) == ("Few", "Not many", 4)
    with pytest.raises(ValidationError, match="At most 5"):
        few.clean("6")
