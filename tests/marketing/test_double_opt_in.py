"""A form that asks for a confirmation by mail: nothing is agreed to before the reader says so on our page."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from crm.models import Consent, Message, OptIn, OutboxItem
from tests.factories.marketing_events import FormFactory
from tests.marketing.guests import fill_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(administrator):
    from crm.models import Company

    Company.objects.create(pk=1, name="Northwind")
    return FormFactory(confirms_by_mail=True)


def link(run_jobs):
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):  # filling in takes its time, too
        run_jobs()
    raw = bytes(OutboxItem.objects.latest("pk").raw).decode().replace("=\r\n", "").replace("=3D", "=")
    return re.search(r"http://testserver(/confirm/[\w:\-.]+)", raw)[1]


def answer(client, form, email="asha@customer.example"):
    return fill_in(client, reverse("marketing:form", args=[form.slug]), email=email, news="on")


def test_nothing_is_agreed_to_before_the_reader_confirms(client, form, run_jobs):
    answer(client, form)
    assert not Consent.objects.filter(purpose="commercial").exists()
    address = link(run_jobs)
    assert client.get(address).status_code == 200
    assert not Consent.objects.filter(purpose="commercial").exists()
    for _ in range(2):
        assert "is confirmed" in client.post(address).content.decode()
    line = Consent.objects.get(purpose="commercial")
    assert (line.granted, line.source, "submission" in line.proof) == (True, f"Form: {form.name}", True)
    assert {"at", "browser"} == set(line.proof["confirmed"])


def test_an_old_link_offers_a_new_one_and_an_address_is_not_flooded(client, form, run_jobs):
    answer(client, form)
    address = link(run_jobs)
    assert "a moment ago" in client.post(address, {"do": "again"}).content.decode()
    with time_machine.travel(timezone.now() + timedelta(days=29)):
        assert "This link has expired" in client.get(address).content.decode()
        assert "This link has expired" in client.post(address).content.decode()
        assert "on its way" in client.post(address, {"do": "again"}).content.decode()
    assert (OptIn.objects.get().mails, Consent.objects.filter(purpose="commercial").count()) == (2, 0)


def test_many_answers_with_one_address_send_one_mail(client, form, run_jobs):
    for _ in range(3):
        answer(client, form)
    run_jobs()
    assert Message.objects.filter(key__startswith="opt-in:").count() == 1


@pytest.mark.parametrize("token", ["x" * 2000, "ü", "1:2:3", "%00"])
def test_a_forged_token_gets_a_polite_page(client, form, token):
    for ask in (client.get, client.post):
        assert ask(f"/confirm/{token}").status_code == 404
