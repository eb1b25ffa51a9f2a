"""Change capture: whatever way a row is written, the contacts it concerns are noted."""

import time

import pytest
from django.db import connection

from crm.log import touched, triggers
from crm.log.reading import Reader, read_forward
from crm.models import Account, Consent, Contact, ContactPoint, LogCursor, Touched
from tests.factories.crm import AccountFactory, ContactFactory


def noted():
    found = set(Touched.objects.values_list("contact_id", flat=True))
    Touched.objects.all().delete()
    return found


def test_every_watch_has_its_triggers_in_this_database(db):
    assert triggers.standing() == triggers.expected()


def test_a_contact_is_noted_when_it_is_made_and_changed_in_bulk_or_by_hand(db):
    asha, ben = ContactFactory(), ContactFactory()
    assert noted() == {asha.pk, ben.pk}
    Contact.objects.filter(pk=asha.pk).update(city="Pune")
    assert noted() == {asha.pk}
    with connection.cursor() as sql:
        sql.execute("UPDATE crm_contact SET city = 'Berlin' WHERE id = %s", [ben.pk])
    assert noted() == {ben.pk}
    made = Contact.objects.bulk_create([Contact(last_name="A"), Contact(last_name="B")])
    assert noted() == {one.pk for one in made}


def test_the_people_of_an_account_are_noted_when_it_changes(db):
    account = AccountFactory()
    asha = ContactFactory(account=account)
    ContactFactory(account=AccountFactory())
    noted()
    Account.objects.filter(pk=account.pk).update(industry="Wind")
    assert noted() == {asha.pk}


def test_everybody_who_shares_an_address_is_noted_when_its_consent_changes(db):
    asha, twin = ContactFactory(email="Desk@Customer.example "), ContactFactory(email="desk@customer.example")
    phone = ContactFactory(mobile="+4915123456789", email="")
    point = ContactPoint.objects.create(channel="email", value="desk@customer.example")
    number = ContactPoint.objects.create(channel="sms", value=phone.mobile_normal)
    noted()
    consent = Consent.objects.create(
        point=point, purpose="commercial", granted=True, source="test", given_at="2026-11-01T00:00Z"
    )
    assert noted() == {asha.pk, twin.pk}
    consent.delete()
    assert noted() == {asha.pk, twin.pk}
    Consent.objects.create(point=number, purpose="commercial", granted=True, source="x", given_at="2026-11-01T00:00Z")
    assert noted() == {phone.pk}


def test_what_every_reader_has_read_is_swept(db, monkeypatch):
    from crm.hooks.registry import Registry

    readers = Registry("log reader")
    monkeypatch.setattr(touched, "readers", readers)
    seen = []
    reader = readers.register("t", Reader("t", lambda rows, now: seen.extend(rows), table=Touched))
    ContactFactory()
    assert touched.sweep() == 0
    LogCursor.objects.create(pk="t", position=0)
    assert touched.sweep() == 0
    last = Touched.objects.latest("pk")
    LogCursor.objects.filter(pk="t").update(epoch=last.epoch, xid=last.xid, position=last.pk)
    assert touched.sweep() == 1
    assert reader.table is Touched


@pytest.mark.django_db(transaction=True)
def test_touched_contacts_are_read_by_cursor_like_the_log():
    seen = []
    reader = Reader("t", lambda rows, now: seen.extend(row.contact_id for row in rows), table=Touched, from_start=False)
    read_forward(reader)
    asha = ContactFactory()
    ends = time.monotonic() + 30
    while asha.pk not in seen and time.monotonic() < ends:
        read_forward(reader)
        time.sleep(0.01)
    assert set(seen) >= {asha.pk}
