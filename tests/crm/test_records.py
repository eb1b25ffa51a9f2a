"""Kinds of record: every field is real, plain edits have one door, and the history says who, from what to what, from where."""

import pytest
from auditlog.models import LogEntry

from crm.actions.records import change_record
from crm.actions.tags import set_tags, tag_records, tags_of, untag_records
from crm.audit import changing
from crm.errors import Invalid, NotAllowed, Stale
from crm.hooks import records
from crm.models import Contact, Touched
from crm.web.field_forms import form_field
from tests.factories.crm import AccountFactory, ContactFactory
from tests.factories.deals import LeadFactory, OpportunityFactory


@pytest.mark.parametrize("kind", [kind.name for kind in records.all_kinds()])
def test_every_field_of_a_kind_can_be_read_and_made_into_a_form_field(db, rep, kind):
    kind = records.get(kind)
    columns = {field.name for field in kind.model._meta.get_fields()}
    assert [f.name for f in kind.fields if f.is_column and f.kind != "tags" and f.name not in columns] == []
    assert [name for name in kind.columns if kind.field(name) is None] == []
    assert all(form_field(kind, field, rep).label for field in kind.all_fields() if field.is_editable)


def test_a_plain_edit_is_kept_with_who_and_from_what_to_what_and_from_where(db, rep):
    account = AccountFactory(city="Kiel")
    with changing("bulk", about="12 accounts", by=rep):
        change_record(account, {"city": "Lübeck"}, by=rep)
    entry = LogEntry.objects.get_for_object(account).first()
    assert (entry.actor, entry.changes["city"], entry.additional_data) == (
        rep,
        ["Kiel", "Lübeck"],
        {"source": "bulk", "about": "12 accounts"},
    )


def test_an_edit_over_somebody_elses_is_refused(db, rep):
    account = AccountFactory(city="Kiel")
    change_record(account, {"city": "Lübeck"}, by=rep, version=account.version)
    with pytest.raises(Stale):
        change_record(account, {"city": "Bremen"}, by=rep, version=account.version)


def test_what_cannot_be_typed_is_refused_at_its_field(db, rep):
    with pytest.raises(Invalid, match="set by a command") as refused:
        change_record(LeadFactory(), {"status": "qualified"}, by=rep)
    assert refused.value.field == "status"
    with pytest.raises(Invalid, match="email") as refused:
        change_record(AccountFactory(), {"email": "nobody"}, by=rep)
    assert refused.value.field == "email"


def test_an_inactive_record_is_read_only(db, rep):
    with pytest.raises(NotAllowed, match="inactive"):
        change_record(ContactFactory(is_active=False), {"city": "Kiel"}, by=rep)


def test_an_edit_of_an_opportunity_goes_through_its_own_action(db, rep):
    opportunity = change_record(OpportunityFactory(), {"estimated_revenue": 500}, by=rep)
    assert opportunity.estimated_revenue_base == 500


def test_tags_are_words_whatever_their_case(db, rep):
    contact, other = ContactFactory(), ContactFactory()
    assert tag_records([contact, other], ["VIP", "Fair"], by=rep) == 4
    assert tag_records([contact], ["vip"], by=rep) == 0
    untag_records([other], ["vip"], by=rep)
    found = tags_of([contact, other])
    assert ([str(t) for t in found[contact.pk]], [str(t) for t in found[other.pk]]) == (["Fair", "VIP"], ["Fair"])


def test_tags_are_in_the_history_and_touch_the_contact(db, rep):
    contact = ContactFactory()
    Touched.objects.all().delete()
    set_tags(contact, ["VIP"], by=rep)
    assert LogEntry.objects.get_for_object(contact).first().changes == {"tags": ["", "VIP"]}
    assert set(Touched.objects.values_list("contact_id", flat=True)) == {contact.pk}


def test_tags_can_be_edited_like_any_field(db, rep):
    contact = change_record(ContactFactory(), {"tags": ["VIP", "Fair"], "city": "Kiel"}, by=rep)
    assert [tag.name for tag in tags_of([contact])[contact.pk]] == ["Fair", "VIP"]
    assert Contact.objects.get(pk=contact.pk).city == "Kiel"


def test_a_page_and_the_api_are_told_apart(client, rep):
    account = AccountFactory(owner=rep)
    client.force_login(rep)
    client.patch(f"/api/v1/accounts/{account.pk}/", {"city": "Kiel"}, content_type="application/json")
    assert LogEntry.objects.get_for_object(account).first().additional_data == {"source": "api"}
