"""Is this somebody we know? Rules say what makes two records alike, and how sure that is."""

import pytest

from crm.actions.duplicates import dismiss_duplicate, look_again, raise_duplicates
from crm.errors import Forbidden
from crm.models import Duplicate, DuplicateRule
from crm.queries.duplicates import hits_of, matches_of
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory


def keys(kind, **values):
    return [(hit.pk, hit.strength, hit.keys) for hit in hits_of(kind, [values])[0]]


def contact_keys(**values):
    return keys("crm.contact", **{"last_name": "Somebody", **values})


def test_the_same_address_is_certain_whatever_the_case(db):
    asha = ContactFactory(email="asha@rao.example")
    assert contact_keys(email=" Asha@RAO.example") == [(asha.pk, 2, ["email"])]


def test_ones_mobile_may_be_the_others_phone_and_a_name_makes_it_certain(db):
    asha = ContactFactory(first_name="Asha", last_name="Rao", mobile="+91 98765 43210")
    assert contact_keys(phone="098765 43210", country="IN") == [(asha.pk, 1, ["number"])]
    assert contact_keys(phone="098765 43210", country="IN", last_name="Rao", first_name="ASHA") == [
        (asha.pk, 2, ["number+name", "number"])
    ]


def test_name_and_company_are_possible_and_the_company_may_be_an_account_or_a_word(db):
    acme = AccountFactory(name="ACME GmbH")
    hans = ContactFactory(first_name="Hans", last_name="Müller", account=acme)
    assert contact_keys(first_name="Mueller", last_name="Hans", company_name="Acme") == [(hans.pk, 1, ["name+company"])]
    assert contact_keys(first_name="Hans", last_name="Müller", company_name="Other Ltd") == []


def test_free_mail_says_nothing_about_an_employer(db):
    ContactFactory(first_name="Hans", last_name="Müller", email="hans1@gmail.com")
    hans = ContactFactory(first_name="Hans", last_name="Müller", email="hans1@acme.example")
    assert contact_keys(first_name="Hans", last_name="Müller", email="hm@gmail.com") == []
    assert contact_keys(first_name="Hans", last_name="Müller", email="hm@acme.example") == [
        (hans.pk, 1, ["name+domain"])
    ]


def test_accounts_are_alike_by_name_domain_and_vat_id(db):
    acme = AccountFactory(name="ACME GmbH", website="https://acme.example", vat_id="DE 123456789")
    assert keys("crm.account", name="Other", vat_id="de123456789") == [(acme.pk, 2, ["vat"])]
    assert keys("crm.account", name="Acme Inc.") == [(acme.pk, 1, ["name"])]
    assert keys("crm.account", name="Acme Inc.", website="www.acme.example/contact") == [
        (acme.pk, 2, ["name+domain", "name", "domain"])
    ]


def test_a_rule_that_is_not_in_use_finds_nothing(db):
    ContactFactory(email="asha@rao.example")
    DuplicateRule.objects.filter(key="email").update(is_active=False)
    assert contact_keys(email="asha@rao.example") == []


def test_what_too_many_share_says_nothing(db):
    for _ in range(4):
        ContactFactory(phone="+49 30 123456")
    assert len(contact_keys(phone="+49 30 123456")) == 4
    DuplicateRule.objects.filter(key="number").update(largest_group=4)
    assert contact_keys(phone="+49 30 123456") == []


def test_a_rule_may_leave_out_inactive_records(db):
    ContactFactory(email="asha@rao.example", is_active=False)
    assert len(contact_keys(email="asha@rao.example")) == 1
    DuplicateRule.objects.filter(key="email").update(leaves_out_inactive=True)
    assert contact_keys(email="asha@rao.example") == []


def test_a_batch_is_judged_with_as_many_queries_as_one_row(db, django_assert_num_queries):
    known = [ContactFactory(mobile=f"+91 98765 432{n:02}") for n in range(30)]
    rows = [{"last_name": "X", "email": one.email, "mobile": one.mobile} for one in known]
    with django_assert_num_queries(5):  # the rules, by email, by number and name, by number, by name and domain
        assert [found[0].pk for found in hits_of("crm.contact", rows)] == [one.pk for one in known]
    with django_assert_num_queries(5):
        hits_of("crm.contact", rows[:1])


def test_who_may_not_be_seen_is_only_a_number(rep):
    stranger = UserFactory(team=TeamFactory(), roles=["rep"])
    ContactFactory(email="asha@rao.example", owner=stranger)
    mine = ContactFactory(email="asha@rao.example", owner=rep)
    found = matches_of("crm.contact", {"last_name": "Rao", "email": "asha@rao.example"}, rep)
    assert ([match.record for match in found.seen], found.hidden, found.hidden_certain) == ([mine], 1, 1)


def test_the_reason_is_said_in_words_with_what_is_the_same(rep):
    ContactFactory(first_name="Asha", last_name="Rao", company_name="Rao Ltd", mobile="+91 98765 43210", owner=rep)
    typed = {
        "first_name": "Asha", "last_name": "RAO", "company_name": "RAO", "phone": "098765 43210", "country": "IN",
    }  # fmt: skip
    [match] = matches_of("crm.contact", typed, rep).seen
    assert match.reasons == ["same phone 098765 43210", "same name and company"]


def test_a_pair_is_raised_once_the_older_one_first_and_keeps_its_status(rep):
    first = ContactFactory(email="asha@rao.example", owner=rep)
    second = ContactFactory(email="asha@rao.example", owner=rep)
    raise_duplicates([second], found_by="capture")
    raise_duplicates([first], found_by="capture")
    pair = Duplicate.objects.get()
    assert (pair.first_id, pair.second_id, pair.reasons, pair.strength) == (first.pk, second.pk, "email", 2)
    dismiss_duplicate(pair, by=rep)
    raise_duplicates([second], found_by="capture")
    assert Duplicate.objects.get().status == "dismissed"
    assert look_again(pair, by=rep).status == "open"


def test_only_who_may_change_one_of_the_two_judges_them(rep, manager):
    other = UserFactory(team=TeamFactory(parent=rep.team), roles=["rep"])
    for _ in range(2):
        AccountFactory(name="ACME", owner=other)
    raise_duplicates([ContactFactory()], found_by="capture")
    from crm.models import Account

    raise_duplicates([Account.objects.last()], found_by="capture")
    pair = Duplicate.objects.get()
    with pytest.raises(Forbidden):
        dismiss_duplicate(pair, by=rep)
    assert dismiss_duplicate(pair, by=manager).status == "dismissed"
