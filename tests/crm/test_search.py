"""The search: what is written by whatever way is found at once, by those who may see it, and by nobody else."""

import pytest
from django.core.management import call_command
from django.db import connection

from crm.hooks import search as hook
from crm.models import Account, Contact, SearchEntry
from crm.search import indexed
from crm.search.finding import CANDIDATES, find, narrow
from tests.factories.catalogue import ProductFactory
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

PEOPLE = {"crm.contact": ("account",)}
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite forgives no typing error")


def found(user, text, kinds=None, limit=10):
    rows = find(user, text, kinds or {source.kind: source.related for source in hook.sources()}, limit)
    return {kind: [str(row) for row in some] for kind, some in rows.items()}


def test_every_kind_that_is_found_is_indexed_and_shown():
    assert {source.kind for source in hook.sources()} <= {one.kind for one in indexed.kept()}


def test_a_person_is_found_by_name_address_company_and_number(manager):
    account = AccountFactory(name="Nordwind Energie")
    ContactFactory(
        first_name="Asha", last_name="Rao", email="a.rao@nordwind.example", account=account, mobile="+49 170 1234567"
    )
    for text in ("asha", "RAO ash", "nordwind rao", "a.rao@nord", "+491701234567", "nordw"):
        assert found(manager, text, PEOPLE) == {"crm.contact": ["Asha Rao"]}, text
    assert found(manager, "asha miller", PEOPLE) == {}


def test_every_word_must_be_there_but_not_in_one_place(manager):
    contact = ContactFactory(first_name="Ravi", last_name="Iyer")
    LeadFactory(topic="Turbines for Kiel", contact=contact, owner=manager)
    assert found(manager, "iyer turbines") == {"sales.lead": ["Turbines for Kiel"]}


def test_an_edit_is_found_at_once_and_the_old_name_no_more(manager):
    contact = ContactFactory(last_name="Rao")
    lead = LeadFactory(topic="Turbines", contact=contact, owner=manager)
    contact.last_name = "Menon"
    contact.save()
    assert found(manager, "rao") == {}
    assert found(manager, "menon") == {"crm.contact": [str(contact)], "sales.lead": [lead.topic]}


def test_bulk_writes_pass_nobody_by(manager):
    AccountFactory.create_batch(3)
    Account.objects.update(name="Nordwind")
    Contact.objects.bulk_create([Contact(last_name=f"Bulk{n}", account=Account.objects.first()) for n in range(3)])
    assert len(found(manager, "nordwind", {"crm.account": ()})["crm.account"]) == 3
    assert found(manager, "nordw bulk1", PEOPLE) == {"crm.contact": ["Bulk1"]}
    Contact.objects.all().delete()
    assert found(manager, "bulk1", PEOPLE) == {}


def test_what_is_in_the_bin_is_not_found(manager):
    from django.utils import timezone

    AccountFactory(name="Nordwind", deleted_at=timezone.now())
    assert found(manager, "nordwind") == {}


def test_a_rep_finds_what_the_own_team_has_and_not_a_trace_of_the_rest(rep):
    other = UserFactory(team=TeamFactory(name="South"), roles=["rep"])
    LeadFactory(topic="Ours in Kiel", owner=rep)
    LeadFactory(topic="Theirs in Kiel", owner=other)
    OpportunityFactory(topic="Their Kiel deal", owner=other)
    assert found(rep, "kiel") == {"sales.lead": ["Ours in Kiel"]}


def test_the_one_i_may_see_is_found_among_more_than_can_be_looked_at(rep):
    other = UserFactory(team=TeamFactory(name="South"), roles=["rep"])
    Contact.objects.bulk_create([Contact(last_name=f"Common{n}", owner=other) for n in range(CANDIDATES + 50)])
    mine = Contact.objects.create(last_name="Common", first_name="Mine", owner=rep)
    assert found(rep, "common", PEOPLE) == {"crm.contact": [str(mine)]}


def test_a_whole_word_stands_before_a_beginning(manager):
    for name in ("Raoul", "Rao", "Raoson"):
        ContactFactory(first_name="", last_name=name, email="")
    assert found(manager, "rao", PEOPLE)["crm.contact"][0] == "Rao"


def test_accents_and_case_do_not_matter(manager):
    ContactFactory(first_name="José", last_name="Müller", email="")
    assert found(manager, "jose muller", PEOPLE) == {"crm.contact": ["José Müller"]}
    assert found(manager, "JOSÉ MÜLLER", PEOPLE) == {"crm.contact": ["José Müller"]}


@pytest.mark.parametrize("name", ["Ünal", "Иванов", "山田", "عبد", "O'Neil", "D'Angelo-Smith"])
def test_names_of_every_script_are_found(manager, name):
    ContactFactory(first_name="", last_name=name, email="")
    assert found(manager, name, PEOPLE) == {"crm.contact": [name]}


@on_postgresql
def test_a_typing_error_is_forgiven(manager):
    ContactFactory(first_name="Jonathan", last_name="Johnson", email="")
    assert found(manager, "jonson jonathan", PEOPLE) == {"crm.contact": ["Jonathan Johnson"]}


@pytest.mark.parametrize(
    "text", ["", "   ", "\0", "%", "_", '"', "*", 'a" OR b', "' --", "x" * 10_000, "NEAR(a b)", "- -"]
)
def test_whatever_is_typed_gets_an_answer(manager, client, text):
    ContactFactory()
    found(manager, text)
    client.force_login(manager)
    assert client.get("/search/", {"q": text}).status_code == 200


def test_a_wildcard_is_a_letter_like_any_other(manager):
    ContactFactory(last_name="Plain")
    assert found(manager, "%", PEOPLE) == {}


def test_the_search_costs_the_same_number_of_queries_whatever_it_finds(client, manager, django_assert_max_num_queries):
    ContactFactory.create_batch(5, last_name="Kiel")
    LeadFactory.create_batch(5, topic="Kiel")
    OpportunityFactory.create_batch(5, topic="Kiel")
    ActivityFactory.create_batch(5, subject="Kiel")
    ProductFactory.create_batch(2, name="Kiel")
    client.force_login(manager)
    with django_assert_max_num_queries(20):
        client.get("/search/found/?q=kiel")


def test_a_list_is_searched_by_the_same_words(manager):
    contact = ContactFactory(last_name="Rao", account=AccountFactory(name="Nordwind"))
    ContactFactory(last_name="Menon")
    assert list(narrow(Contact.objects.all(), "nordw rao")) == [contact]


def test_the_index_can_be_written_anew(manager, capsys):
    ContactFactory(last_name="Rao")
    SearchEntry.objects.all().delete()
    assert found(manager, "rao", PEOPLE) == {}
    call_command("rebuild_search")
    assert len(found(manager, "rao", PEOPLE)["crm.contact"]) == 1
