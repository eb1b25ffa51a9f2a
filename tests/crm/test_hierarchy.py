"""The tree of accounts: nobody is their own grandparent, however deep, by whichever door."""

from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from crm.actions.records import change_record
from crm.errors import Invalid
from crm.models import Account, RoleGrant
from crm.queries import hierarchy
from crm.queries.hierarchy import sums_of, tree_of
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import OpportunityFactory

pytestmark = pytest.mark.django_db


def chain(length, **facts):
    """Accounts of which each belongs to the one before."""
    made = []
    for _ in range(length):
        made.append(AccountFactory(parent=made[-1] if made else None, **facts))
    return made


def test_an_account_cannot_belong_to_itself(rep):
    account = AccountFactory()
    with pytest.raises(Invalid, match="An account cannot belong to itself") as refused:
        change_record(account, {"parent": account}, by=rep)
    assert refused.value.field == "parent"


@pytest.mark.parametrize("depth", [2, 3, 60])
def test_an_account_cannot_become_its_own_grandparent_at_any_depth(rep, depth):
    accounts = chain(depth)
    with pytest.raises(Invalid, match="already, so it cannot be above it"):
        change_record(accounts[0], {"parent": accounts[-1]}, by=rep)
    assert Account.objects.get(pk=accounts[0].pk).parent is None


def test_a_branch_moves_as_a_whole(rep):
    top, middle, bottom = chain(3)
    other = AccountFactory()
    change_record(middle, {"parent": other}, by=rep)
    assert set(Account.objects.at_or_below(other.pk)) == {other, middle, bottom}
    assert set(Account.objects.at_or_above(bottom.pk)) == {bottom, middle, other}
    assert set(Account.objects.at_or_below(top.pk)) == {top}


def test_the_api_names_the_field_of_the_circle(rep):
    top, _, bottom = chain(3, owner=rep)
    api = APIClient()
    api.force_authenticate(rep)
    answer = api.patch(f"/api/v1/accounts/{top.pk}/", {"parent": bottom.pk})
    assert (answer.status_code, answer.data["errors"][0]["path"]) == (400, "parent")


def test_a_circle_made_by_hand_ends_every_walk_and_hinders_no_other_edit(rep):
    one, two = chain(2)
    Account.objects.filter(pk=one.pk).update(parent=two)
    assert set(Account.objects.at_or_below(one.pk)) == {one, two}
    assert change_record(one, {"city": "Kiel"}, by=rep).city == "Kiel"


# The tree on the page


def lines(nodes):
    return [str(node.account or "–") for node in nodes]


def test_the_tree_shows_the_way_up_the_account_itself_and_what_is_below(client, rep):
    top, middle, bottom = chain(3)
    other = AccountFactory(parent=top)
    client.force_login(rep)
    tree = tree_of(middle, rep)
    assert (lines(tree.path), lines(tree.children)) == ([str(top), str(middle)], [str(bottom)])
    assert [node.is_current for node in tree.path] == [False, True]
    page = client.get(middle.get_absolute_url(), {"tab": "hierarchy"}).text
    assert str(bottom) in page
    assert str(other) not in page
    assert str(other) in client.get(f"/accounts/{top.pk}/children/").text


def test_numbers_add_up_over_the_branch_as_far_as_their_reader_sees(rep):
    top, middle, bottom = chain(3)
    ContactFactory(account=middle, owner=rep)
    ContactFactory(account=bottom, owner=rep)
    ContactFactory(account=bottom, owner=UserFactory(team=TeamFactory()))
    ContactFactory(account=bottom, owner=rep, is_active=False)
    OpportunityFactory(account=bottom, owner=rep, contact=None, estimated_revenue=Decimal("100.50"))
    OpportunityFactory(account=middle, owner=rep, contact=None, estimated_revenue=Decimal("50"))
    OpportunityFactory(account=bottom, owner=UserFactory(team=TeamFactory()), contact=None)
    sums = sums_of([top.pk, bottom.pk], rep)
    assert {name: (one.count, one.amount) for name, one in sums[top.pk].items()} == {
        "accounts": (2, None),
        "people": (2, None),
        "deals": (2, Decimal("150.50")),
    }
    assert (sums[bottom.pk]["people"].count, sums[bottom.pk]["deals"].amount) == (1, Decimal("100.50"))


def test_who_may_see_no_deals_gets_no_sum(marketer):
    top, bottom = chain(2)
    RoleGrant.objects.filter(role__key="marketer", resource="sales.opportunity").update(depth=0)
    OpportunityFactory(account=bottom, owner=UserFactory(), contact=None)
    assert sums_of([top.pk], marketer)[top.pk]["deals"].count == 0


def test_an_account_that_its_reader_may_not_see_stands_in_the_tree_without_its_name(rep):
    secret = AccountFactory(name="Secret Holding", owner=UserFactory(team=TeamFactory()))
    mine = AccountFactory(parent=secret, owner=rep)
    RoleGrant.objects.filter(role__key="rep", resource="crm.account", verb="view").update(depth=1)
    assert lines(tree_of(mine, rep).path) == ["–", str(mine)]


def test_a_child_that_its_reader_may_not_see_is_not_even_counted(rep):
    RoleGrant.objects.filter(role__key="rep", resource="crm.account", verb="view").update(depth=1)
    mine = AccountFactory(owner=rep)
    below = AccountFactory(owner=rep, parent=mine)
    AccountFactory(owner=UserFactory(team=TeamFactory()), parent=below)
    (shown,) = tree_of(mine, rep).children
    assert (shown.account, shown.has_children, shown.sums["accounts"].count) == (below, False, 0)
    assert sums_of([mine.pk], rep)[mine.pk]["accounts"].count == 1


def test_a_deep_way_up_is_shortened_and_a_wide_level_is_capped(rep, monkeypatch):
    monkeypatch.setattr(hierarchy, "MOST_BELOW", 3)
    accounts = chain(40)
    AccountFactory.create_batch(5, parent=accounts[-1])
    tree = tree_of(accounts[-1], rep)
    assert (len(tree.path), tree.path[2].skipped) == (12, 28)
    assert lines(tree.path[:2]) == [str(accounts[0]), str(accounts[1])]
    assert (len(tree.children), tree.more) == (3, 2)


def test_a_tree_of_two_thousand_accounts_is_drawn_by_the_same_few_questions(client, rep, django_assert_max_num_queries):
    made = Account.objects.bulk_create(Account(name=f"A{n:04}", owner=rep) for n in range(2000))
    for n, account in enumerate(made[1:], start=1):
        account.parent = made[n // 3] if n % 2 else made[n - 1]
    Account.objects.bulk_update(made[1:], ["parent"], batch_size=500)
    client.force_login(rep)
    client.get(made[0].get_absolute_url())
    with django_assert_max_num_queries(20):
        assert client.get(made[0].get_absolute_url(), {"tab": "hierarchy"}).status_code == 200
    assert sums_of([made[0].pk], rep)[made[0].pk]["accounts"].count == 1999
