"""Filters of records: every field can be asked, by the same names on pages and in the API, and nonsense never means everybody."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import QueryDict

from crm.actions.tags import set_tags
from crm.errors import Invalid
from crm.field_filters import filterset_of
from crm.field_operators import operators_of, period
from crm.hooks import records
from crm.models import Account
from crm.queries.lists import rows_of
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import OpportunityFactory

pytestmark = pytest.mark.django_db


def found(kind, user, query):
    return [str(row) for row in rows_of(kind, user, QueryDict(query))]


@pytest.mark.parametrize("kind", [kind.name for kind in records.all_kinds()])
def test_every_field_can_be_asked_with_every_operator_it_has(kind, administrator):
    kind = records.get(kind)
    values = {
        "text": "a",
        "number": "3",
        "count": "3",
        "period": "this_month",
        "moment": "2026-11-30",
        "day": "2026-11-30",
    }
    for field in kind.all_fields():
        for op in operators_of(field):
            name = f"{field.name}__{op.name}" if op.name else field.name
            if op.takes != "some":
                value = values.get(op.takes, "yes")
                assert list(rows_of(kind, administrator, QueryDict(f"{name}={value}"))) == [], name


def test_a_text_is_asked_whatever_its_case(administrator):
    for city in ("Kiel", "Berlin", ""):
        AccountFactory(name=f"In {city}", city=city)
    assert found("crm.account", administrator, "city=kiel") == ["In Kiel"]
    assert found("crm.account", administrator, "city__contains=E") == ["In Berlin", "In Kiel"]
    assert found("crm.account", administrator, "city__not=kiel") == ["In ", "In Berlin"]
    assert found("crm.account", administrator, "city__empty=yes") == ["In "]
    assert found("crm.account", administrator, "city__empty=no&city__begins=b") == ["In Berlin"]


def test_a_range_of_numbers_includes_its_ends(administrator):
    for employees in (5, 10, 50, None):
        AccountFactory(name=f"{employees}", employees=employees)
    assert found("crm.account", administrator, "employees__from=10&employees__to=50") == ["10", "50"]
    assert found("crm.account", administrator, "employees__empty=yes") == ["None"]


def test_days_are_the_readers_own(administrator):
    administrator.time_zone = "Asia/Kolkata"
    evening = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)
    Account.objects.filter(pk=AccountFactory(name="After midnight in India").pk).update(created_at=evening)
    assert found("crm.account", administrator, "created_at=2026-11-30") == ["After midnight in India"]
    assert found("crm.account", administrator, "created_at__to=2026-11-29") == []
    assert found("crm.account", administrator, "created_at__from=2026-11-29T20:00:00Z") == ["After midnight in India"]


def test_relative_days_move_with_the_clock(administrator, time_machine):
    time_machine.move_to(datetime(2026, 11, 18, 12, tzinfo=UTC))
    for days in (-40, -3, 3):
        OpportunityFactory(
            topic=f"{days}", owner=administrator, estimated_close=date(2026, 11, 18) + timedelta(days=days)
        )
    assert found("sales.opportunity", administrator, "estimated_close__last=30") == ["-3"]
    assert found("sales.opportunity", administrator, "estimated_close__next=7") == ["3"]
    assert found("sales.opportunity", administrator, "estimated_close__older=30") == ["-40"]
    assert found("sales.opportunity", administrator, "estimated_close__in=this_month") == ["-3", "3"]


def test_the_periods_of_the_calendar():
    today = date(2026, 11, 18)
    assert period("this_week", today) == (date(2026, 11, 16), date(2026, 11, 23))
    assert period("last_month", date(2026, 1, 31)) == (date(2025, 12, 1), date(2026, 1, 1))
    assert period("next_month", date(2026, 12, 31)) == (date(2027, 1, 1), date(2027, 2, 1))
    assert period("this_quarter", today) == (date(2026, 10, 1), date(2027, 1, 1))
    assert period("last_year", today) == (date(2025, 1, 1), date(2026, 1, 1))


def test_me_and_my_team(administrator):
    team = TeamFactory()
    me, colleague = (UserFactory(team=team, roles=["administrator"], is_superuser=True) for _ in range(2))
    AccountFactory(name="Mine", owner=me)
    AccountFactory(name="My colleague's", owner=colleague)
    AccountFactory(name="Theirs", owner=administrator)
    AccountFactory(name="Nobody's")
    assert found("crm.account", me, "owner=me") == ["Mine"]
    assert found("crm.account", me, "owner=team") == ["Mine", "My colleague's"]
    assert found("crm.account", me, "owner__not=team") == ["Nobody's", "Theirs"]
    assert found("crm.account", me, f"owner=me&owner={administrator.pk}") == ["Mine", "Theirs"]
    assert found("crm.account", me, "owner__empty=yes") == ["Nobody's"]


def test_tags_any_and_all_and_none(administrator):
    for name, tags in (("Both", ["VIP", "Fair"]), ("One", ["vip"]), ("Bare", [])):
        set_tags(AccountFactory(name=name), tags, by=administrator)
    assert found("crm.account", administrator, "tags=vip&tags=fair") == ["Both", "One"]
    assert found("crm.account", administrator, "tags__all=vip&tags__all=fair") == ["Both"]
    assert found("crm.account", administrator, "tags__not=Fair") == ["Bare", "One"]
    assert found("crm.account", administrator, "tags__empty=yes") == ["Bare"]


def test_several_choices_are_any_of_them(administrator):
    for status in ("open", "done", "cancelled"):
        ActivityFactory(subject=status, status=status)
    assert set(found("crm.activity", administrator, "status=open&status=done")) == {"open", "done"}
    assert found("crm.activity", administrator, "status__not=open&status__not=done") == ["cancelled"]


def test_an_address_is_found_by_its_normal_form(administrator):
    ContactFactory(last_name="Rao", email="Asha@Customer.example")
    assert found("crm.contact", administrator, "email=asha@customer.EXAMPLE") == ["Asha Rao"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("citty=Kiel", "citty"),
        ("city__sounds_like=Kiel", "city__sounds_like"),
        ("country=Atlantis", "country"),
        ("created_at__last=never", "created_at__last"),
        ("created_at__from=soon", "created_at__from"),
        ("owner=4711", "owner"),
        ("owner=%00", "owner"),
        ("tags=unheard-of", "tags"),
        ("is_active=perhaps", "is_active"),
        ("city=a%00b", "city"),
        ("employees__from=NaN", "employees__from"),
        ("employees__from=1e999", "employees__from"),
    ],
)
def test_nonsense_is_an_error_at_its_filter_and_never_everybody(administrator, query, field):
    AccountFactory()
    with pytest.raises(Invalid) as refused:
        rows_of("crm.account", administrator, QueryDict(query))
    assert refused.value.field == field


def test_a_filter_shows_only_what_the_user_may_see(rep):
    ContactFactory(owner=rep, last_name="Mine", city="Kiel")
    ContactFactory(owner=UserFactory(), last_name="Theirs", city="Kiel")
    assert found("crm.contact", rep, "city=Kiel") == ["Asha Mine"]


def test_a_record_that_cannot_be_seen_cannot_be_filtered_by(rep):
    hidden = ContactFactory(owner=UserFactory())
    with pytest.raises(Invalid):
        rows_of("crm.activity", rep, QueryDict(f"contact={hidden.pk}"))


def test_the_api_filters_by_the_same_names(client, rep):
    ContactFactory(owner=rep, last_name="Mine", city="Kiel")
    ContactFactory(owner=rep, last_name="Other", city="Bonn")
    client.force_login(rep)
    answer = client.get("/api/v1/contacts/?city__begins=ki&owner=me&created_at__last=30")
    assert [row["last_name"] for row in answer.json()["results"]] == ["Mine"]
    refused = client.get("/api/v1/contacts/?created_at__last=never")
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, "created_at__last")


def test_the_filterset_of_a_kind_has_its_fields_and_what_is_no_field():
    names = set(filterset_of(records.get("sales.opportunity")).base_filters)
    assert {"q", "stalled", "closes_until", "status", "status__not", "estimated_close__next"} <= names
    assert "email__begins" in filterset_of(records.get("crm.contact")).base_filters
