"""The demo company comes into an empty Tandem by actions, and goes out again without a trace."""

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from config.demo import SIGN_INS, loading
from crm.errors import NotAllowed
from crm.models import Account, Company, Contact, DemoRows, User
from sales.models import Invoice, Lead, Opportunity
from tests.factories.crm import AccountFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(db):
    loading.load(lambda part: None)


def test_the_demo_has_deals_at_every_stage_and_documents(demo):
    assert set(Opportunity.objects.values_list("stage", flat=True)) == {"qualify", "develop", "propose", "close"}
    assert set(Opportunity.objects.values_list("status", flat=True)) == {"open", "won", "lost"}
    assert Invoice.objects.filter(status="paid").exists()
    assert Lead.objects.filter(status="open").exists()


def test_the_sign_ins_that_are_printed_sign_in(demo, client):
    for _, email, password in SIGN_INS:
        assert User.objects.get(email=email).check_password(password)


def test_the_demo_goes_only_into_an_empty_tandem(db):
    UserFactory()
    with pytest.raises(NotAllowed):
        loading.load(lambda part: None)


def test_removing_the_demo_leaves_nothing_and_opens_the_first_set_up(demo, client):
    assert loading.remove() == "The demo data is gone."
    left = [model.objects.count() for model in (User, Contact, Account, Opportunity, Lead, Invoice, DemoRows, Company)]
    assert left == [0] * 8
    assert not LogEntry.objects.exists()
    assert client.get("/")["Location"] == reverse("crm:setup")


def test_your_own_records_stay_and_so_does_what_they_need(demo):
    mine = UserFactory(name="Really Mine", is_superuser=True)
    account = AccountFactory(name="My customer", owner=User.objects.get(email="priya@tandem.example"))
    loading.remove()
    assert not User.objects.get(email="priya@tandem.example").is_active
    assert Account.objects.get() == account
    assert User.objects.filter(is_active=True).get() == mine


def test_an_administrator_removes_it_in_the_browser(demo, client):
    administrator = UserFactory(is_superuser=True, roles=["administrator"])
    client.force_login(administrator)
    page = client.get(reverse("demo-data"))
    assert "Remove the demo data" in page.content.decode()
    client.post(reverse("demo-data"))
    assert list(User.objects.all()) == [administrator]
