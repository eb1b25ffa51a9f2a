"""Capturing a person by address."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.actions.contacts import capture_contact
from crm.models import Contact
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


def test_a_stranger_becomes_a_prospect():
    contact, is_new = capture_contact(email="  Asha@Example.com ", first_name="Asha", last_name="Rao", country="in")
    assert is_new
    assert contact.is_prospect
    assert (contact.email, contact.country) == ("Asha@Example.com", "IN")


def test_a_known_address_is_found_whatever_its_case_and_keeps_what_it_knows():
    known = ContactFactory(email="asha@example.com", first_name="Asha", last_name="Rao", job_title="")
    contact, is_new = capture_contact(email="ASHA@example.com", first_name="Mallory", job_title="Head of IT")
    assert (contact.pk, is_new) == (known.pk, False)
    assert (contact.first_name, contact.job_title) == ("Asha", "Head of IT")


def test_of_several_contacts_with_one_address_the_most_recently_active_wins():
    now = timezone.now()
    ContactFactory(email="both@example.com", last_active_at=None)
    recent = ContactFactory(email="both@example.com", last_active_at=now)
    ContactFactory(email="both@example.com", last_active_at=now - timedelta(days=3))
    assert capture_contact(email="both@example.com")[0].pk == recent.pk


def test_a_mobile_number_lands_where_text_messages_look_for_it():
    contact, _ = capture_contact(email="a@example.com", phone="98765 43210", country="IN")
    assert (contact.mobile, contact.mobile_normal, contact.phone) == ("98765 43210", "+919876543210", "")


def test_without_a_name_the_address_stands_in():
    assert str(capture_contact(email="only.mail@example.com")[0]) == "only.mail"


def test_without_an_address_a_new_prospect_is_made_each_time():
    capture_contact(email="", last_name="Rao")
    capture_contact(email="", last_name="Rao")
    assert Contact.objects.count() == 2
