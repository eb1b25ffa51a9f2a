"""Accounts: list, page, editing."""

import pytest

from crm.models import Account
from tests.factories.crm import AccountFactory, ContactFactory

pytestmark = pytest.mark.django_db


def test_an_account_is_made_found_and_edited(client, rep):
    client.force_login(rep)
    client.post("/accounts/new/", {"name": "Northwind", "country": "DE", "website": "northwind.example"})
    account = Account.objects.get()
    assert (account.owner, account.website) == (rep, "https://northwind.example")
    page = client.get("/accounts/?q=north&country=DE")
    assert [chip.words for chip in page.context["list"].chips] == ["yes", "Germany"]
    assert list(page.context["page"]) == [account]
    client.post(f"/records/crm.account/{account.pk}/edit/", {"name": "Northwind AG", "owner": rep.pk, "version": 1})
    account.refresh_from_db()
    assert (account.name, account.version) == ("Northwind AG", 2)


def test_lists_and_pages_stay_under_twenty_queries(client, rep, django_assert_max_num_queries):
    account = AccountFactory(owner=rep)
    ContactFactory(account=account, owner=rep)
    client.force_login(rep)
    client.get("/accounts/")
    for path in ("/accounts/", account.get_absolute_url(), f"/records/crm.account/{account.pk}/edit/"):
        with django_assert_max_num_queries(20):
            assert client.get(path).status_code == 200


def test_a_marketer_reads_accounts_but_makes_none(client, marketer):
    client.force_login(marketer)
    assert client.get("/accounts/").status_code == 200
    answer = client.get("/accounts/new/")
    assert answer.status_code == 403
    assert "Your role does not let you create accounts." in answer.content.decode()


def test_a_count_beyond_the_cap_is_not_counted_out(rep, monkeypatch):
    from crm.web import lists

    monkeypatch.setattr(lists, "CAP", 2)
    AccountFactory.create_batch(4)
    paginator = lists.CappedPaginator(Account.objects.order_by("pk"), 2)
    assert (paginator.count, paginator.total) == (3, "2+")
