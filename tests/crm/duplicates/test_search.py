"""The search over the whole base: a job in slices; a group of n gives n − 1 pairs; what was judged stays judged."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import carrying
from crm.actions.duplicate_search import begin_search, work_on_search
from crm.actions.duplicates import dismiss_duplicate
from crm.errors import NotAllowed
from crm.models import Contact, Duplicate, DuplicateRule, DuplicateSearch
from tests.factories.crm import AccountFactory, ContactFactory


def pairs():
    return set(Duplicate.objects.values_list("first_id", "second_id", "reasons"))


@pytest.fixture
def search(run_jobs, administrator):
    def run():
        begin_search(by=administrator)
        run_jobs()
        return DuplicateSearch.objects.first()

    return run


def test_a_group_of_n_gives_n_minus_one_pairs_with_its_oldest(search):
    group = [ContactFactory(email="asha@rao.example") for _ in range(5)]
    ContactFactory(email="")
    ContactFactory(email="")
    done = search()
    assert pairs() == {(group[0].pk, other.pk, "email") for other in group[1:]}
    assert (done.status, done.found, done.percent) == ("done", 4, 100)


def test_reasons_of_several_rules_are_told_together_and_the_surest_counts(search):
    first = ContactFactory(first_name="Hans", last_name="Müller", company_name="ACME", mobile="+49 151 23456789")
    second = ContactFactory(
        first_name="Hans", last_name="Mueller", company_name="Acme AG", phone="+49 151 23456789", email=""
    )
    search()
    assert pairs() == {(first.pk, second.pk, "number+name,number,name+company")}
    assert Duplicate.objects.get().strength == 2


def test_the_same_person_in_mobile_and_phone_is_no_pair_with_themselves(search):
    ContactFactory(mobile="+49 151 23456789", phone="+49 151 23456789")
    search()
    assert pairs() == set()


def test_accounts_are_searched_too_and_records_in_the_bin_are_not(search):
    first, second = AccountFactory(name="ACME GmbH"), AccountFactory(name="Acme")
    AccountFactory(name="acme", deleted_at=timezone.now())
    search()
    assert pairs() == {(first.pk, second.pk, "name")}


def test_a_switchboard_raises_nobody(search):
    DuplicateRule.objects.filter(key="number").update(largest_group=5)
    for _ in range(6):
        ContactFactory(phone="+49 30 123456")
    search()
    assert pairs() == set()


def test_what_is_no_longer_alike_is_taken_away_and_what_was_judged_is_remembered(search, administrator):
    one, two, three = (ContactFactory(email="asha@rao.example") for _ in range(3))
    search()
    dismiss_duplicate(Duplicate.objects.get(second_id=two.pk), by=administrator)
    three.email = "other@rao.example"
    three.save()
    done = search()
    assert set(Duplicate.objects.values_list("first_id", "second_id", "status")) == {(one.pk, two.pk, "dismissed")}
    assert (done.found, done.gone) == (0, 1)


def test_two_that_were_both_parted_from_the_oldest_still_find_each_other(search, administrator):
    one, two, three = (ContactFactory(email="asha@rao.example") for _ in range(3))
    search()
    for pair in Duplicate.objects.all():
        dismiss_duplicate(pair, by=administrator)
    search()
    assert set(Duplicate.objects.open().values_list("first_id", "second_id")) == {(two.pk, three.pk)}
    assert one.pk


def test_a_rule_out_of_use_takes_its_pairs_with_it(search):
    ContactFactory(email="asha@rao.example")
    ContactFactory(email="asha@rao.example")
    search()
    DuplicateRule.objects.filter(key="email").update(is_active=False)
    search()
    assert pairs() == set()


def test_slices_however_small_find_the_same(search, monkeypatch):
    from crm.queries import duplicate_pairs

    for n in range(7):
        for _ in range(2):
            ContactFactory(email=f"p{n}@rao.example", mobile=f"+49 151 2345678{n}")
    search()
    whole = pairs()
    Duplicate.objects.all().delete()
    monkeypatch.setattr(duplicate_pairs.slice_after, "__defaults__", (2,))
    search()
    assert pairs() == whole
    assert len(whole) == 7


def test_a_search_whose_worker_died_goes_on_where_it_was(administrator, run_jobs, monkeypatch):
    for _ in range(3):
        ContactFactory(email="asha@rao.example")
    search = begin_search(by=administrator)
    monkeypatch.setattr(carrying, "LONGEST", timedelta(0))
    work_on_search(search.pk)
    search.refresh_from_db()
    assert (search.status, search.rule_at) == ("running", 1)
    monkeypatch.undo()
    DuplicateSearch.objects.update(claim="of a worker that is gone")
    run_jobs()
    assert (DuplicateSearch.objects.get().status, Duplicate.objects.count()) == ("done", 2)


def test_one_search_runs_at_a_time_and_every_night_there_is_one(administrator, run_jobs):
    begin_search(by=administrator)
    with pytest.raises(NotAllowed):
        begin_search(by=administrator)
    run_jobs()
    run_jobs(later=timedelta(days=2))
    assert list(DuplicateSearch.objects.values_list("status", "owner")) == [
        ("done", None), ("done", administrator.pk),
    ]  # fmt: skip


def test_every_statement_of_the_search_asks_an_index(db):
    """Whether a value occurs twice is read from an index alone, so that a slice costs what the slice is long."""
    from django.db import connection

    from crm.queries.duplicate_pairs import Slice, _pairs_sql

    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads a small table without its index")
    for rule in DuplicateRule.objects.all():
        sql, params = _pairs_sql(rule, Slice("a", "b"))
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            steps = [row[3] for row in cursor.fetchall()]
        assert not [step for step in steps if step.startswith(("SCAN crm_", "SCAN c"))], rule
    assert Contact.objects.count() == 0
