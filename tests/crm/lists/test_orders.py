"""Every order that a list offers is read from an index, so that its page costs the same in a table of any size."""

import pytest

from crm.hooks import records
from crm.queries.keyset import Order

pytestmark = pytest.mark.django_db
KINDS = ("crm.account", "crm.contact", "crm.activity", "sales.lead", "sales.opportunity")


def orders_kept(model):
    return {tuple(index.fields) for index in model._meta.indexes if index.condition is None}


@pytest.mark.parametrize("name", KINDS)
def test_every_field_that_orders_a_list_has_its_index(name):
    kind = records.get(name)
    sorts = {tuple(field.sort.split(",")) for field in kind.fields if field.sort}
    exact = {("email_normal",)}  # an address is hardly ever shared: the key behind it would sort nothing
    assert {(*sort, "id") for sort in sorts - exact} | (sorts & exact) <= orders_kept(kind.model)


@pytest.mark.parametrize("name", KINDS)
def test_what_a_list_opens_with_is_kept_for_each_owner_too(name):
    kind = records.get(name)
    assert Order(kind.columns_of(kind.sort)).is_kept_by_owner(kind.model)


def test_an_order_that_no_owner_has_an_index_for_is_sorted():
    kind = records.get("crm.activity")
    assert not Order(kind.columns_of("subject")).is_kept_by_owner(kind.model)
