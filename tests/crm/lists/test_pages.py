"""The list of records as a page: views, filters as chips, columns, order, pages by key, states. One component, five kinds."""

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict

from crm.access.depths import Depth
from crm.actions.tags import set_tags
from crm.hooks import records
from crm.models import RoleGrant
from crm.queries.lists import rows_of
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db
ADDRESSES = {
    "crm.account": "/accounts/",
    "crm.contact": "/contacts/",
    "crm.activity": "/activities/",
    "sales.lead": "/leads/",
    "sales.opportunity": "/opportunities/",
}
FACTORIES = {
    "crm.account": AccountFactory,
    "crm.contact": ContactFactory,
    "crm.activity": ActivityFactory,
    "sales.lead": LeadFactory,
    "sales.opportunity": OpportunityFactory,
}


def names(answer):
    return [str(row) for row in answer.context["page"]]


def chips(answer):
    return [f"{chip.label}: {chip.words}" for chip in answer.context["list"].chips]


def labels(answer):
    return [column.label for column in answer.context["list"].columns]


@pytest.mark.parametrize("kind", ADDRESSES)
def test_every_view_that_comes_with_a_list_opens(kind, client, rep):
    client.force_login(rep)
    FACTORIES[kind](owner=rep)
    for view in records.get(kind).views:
        answer = client.get(f"{ADDRESSES[kind]}?view={view.key}")
        assert (answer.status_code, answer.context["list"].view.key) == (200, view.key)
        assert f"<h1>{view.label}</h1>".replace("'", "&#x27;") in answer.content.decode()


@pytest.mark.parametrize("kind", ADDRESSES)
def test_every_column_can_be_shown_and_every_order_asked(kind, client, rep):
    """One value in every field would not find an error in a cell that is empty, so there is one of each."""
    client.force_login(rep)
    for _ in range(2):
        set_tags(FACTORIES[kind](owner=rep), ["VIP"], by=rep)
    of = records.get(kind)
    every = [field.name for field in of.all_fields()]
    for start in range(0, len(every), 20):
        shown = every[start : start + 20]
        answer = client.get(f"{ADDRESSES[kind]}?columns={','.join(shown)}")
        assert [column.field.name for column in answer.context["list"].columns] == shown
    for field in of.all_fields():
        for sort in (field.name, f"-{field.name}") if field.sort else ():
            assert len(names(client.get(f"{ADDRESSES[kind]}?sort={sort}"))) == 2


@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_list_costs_the_same_with_one_row_and_with_fifty(kind, client, rep, django_assert_max_num_queries):
    client.force_login(rep)
    for more in (1, 49):
        for _ in range(more):
            record = FACTORIES[kind](owner=rep)
        if kind == "crm.contact":
            set_tags(record, ["VIP"], by=rep)
        with django_assert_max_num_queries(16):
            answer = client.get(ADDRESSES[kind])
    assert len(names(answer)) == 50


def test_filters_are_chips_that_can_be_taken_away(client, rep):
    AccountFactory(name="Northwind", country="DE", city="Kiel")
    client.force_login(rep)
    answer = client.get("/accounts/?country=DE&country=IN&city__begins=k&created_at__last=30&owner__empty=yes")
    assert chips(answer) == [
        "Active: yes",
        "Country: Germany or India",
        "City: begins with “k”",
        "Created: in the last 30 days",
        "Owner: is empty",
    ]
    assert names(answer) == ["Northwind"]
    without = {chip.label: chip.without for chip in answer.context["list"].chips}
    assert "country" not in parse_qs(urlsplit(without["Country"]).query)
    assert chips(client.get(f"/accounts/{without['Active']}")) == chips(answer)[1:]


def test_ranges_and_people_in_words(client, rep):
    other = UserFactory(name="Olga Other", team=rep.team)
    client.force_login(rep)
    answer = client.get(
        f"/accounts/?employees__from=10&employees__to=50&owner=me&owner={other.pk}&created_at__to=2026-11-30"
    )
    assert chips(answer)[1:] == ["Employees: 10 to 50", "Owner: me or Olga Other", "Created: up to 30 Nov 2026"]


def test_what_the_address_says_takes_the_place_of_what_the_view_says(client, rep):
    for status in ("open", "done"):
        ActivityFactory(owner=rep, subject=status, status=status)
    client.force_login(rep)
    assert names(client.get("/activities/?view=my-open")) == ["open"]
    assert names(client.get("/activities/?view=my-open&status=done")) == ["done"]
    assert sorted(names(client.get("/activities/?view=my-open&status="))) == ["done", "open"]


def test_the_same_rows_for_whoever_acts_on_all_that_match(client, rep):
    for city in ("Kiel", "Bonn"):
        ContactFactory(owner=rep, city=city, last_name=city)
    ContactFactory(owner=rep, city="Kiel", last_name="Prospect", is_prospect=True)
    client.force_login(rep)
    for query in ("", "city=Kiel", "view=everybody&sort=-created_at", "q=kiel&view=mine"):
        answer = client.get(f"/contacts/?{query}")
        assert names(answer) == [str(row) for row in rows_of("crm.contact", rep, QueryDict(query))], query


def test_a_wrong_filter_says_so_beside_it_and_shows_nothing(client, rep):
    AccountFactory()
    client.force_login(rep)
    answer = client.get("/accounts/?created_at__last=never&citty=Kiel")
    assert (answer.status_code, names(answer)) == (400, [])
    assert answer.context["list"].problems == [
        ("Created", "Enter a whole number."),
        ("citty", "There is no filter “citty”."),
    ]
    assert "This filter cannot be used" in answer.content.decode()


def test_a_view_that_is_gone_says_so(client, rep):
    client.force_login(rep)
    answer = client.get("/accounts/?view=4711")
    assert "does not exist any more" in answer.content.decode()


def test_who_may_see_none_of_a_kind_is_told_so(client, rep):
    RoleGrant.objects.filter(role__key="rep", resource="crm.account").update(depth=Depth.NONE)
    client.force_login(rep)
    for path in ("/accounts/", "/lists/crm.account/total/", "/lists/crm.account/filters/city/"):
        answer = client.get(path)
        assert (answer.status_code, "Your role does not let you see this" in answer.content.decode()) == (403, True)


def test_an_empty_list_teaches_and_a_view_without_rows_leads_on(client, rep):
    client.force_login(rep)
    assert "No leads yet" in client.get("/leads/").content.decode()
    answer = client.get("/leads/?view=hot")
    assert "Nothing matches" in answer.content.decode()
    assert answer.context["list"].cleared == "?view=all"
    assert client.get("/leads/?view=hot&q=x").context["list"].cleared == "?view=hot"


def test_columns_are_chosen_and_ordered_and_unknown_ones_passed_over(client, rep):
    AccountFactory(name="Northwind", website="https://northwind.example", industry="Bicycles")
    client.force_login(rep)
    answer = client.get("/accounts/?columns=industry,name,nonsense,website")
    assert labels(answer) == ["Industry", "Name", "Website"]
    body = answer.content.decode()
    assert 'data-cell="industry" data-editable tabindex="-1"><a class="row-link"' in body
    assert '<a href="https://northwind.example" rel="noopener noreferrer" target="_blank">northwind.example</a>' in body


def test_the_company_a_person_wrote_stands_where_there_is_no_account(client, rep):
    ContactFactory(owner=rep, company_name="Northwind GmbH")
    client.force_login(rep)
    assert "Northwind GmbH</td>" in client.get("/contacts/").content.decode()


def test_a_record_that_the_reader_may_not_see_has_no_name_in_their_list(client, rep):
    hidden = ContactFactory(last_name="Secret", owner=UserFactory(team=TeamFactory()))
    ActivityFactory(owner=rep, subject="Call", contact=hidden)
    client.force_login(rep)
    body = client.get("/activities/").content.decode()
    assert "a record you may not see" in body
    assert "Secret" not in body


def test_markup_in_a_value_is_text(client, rep):
    AccountFactory(name="<script>alert(1)</script>", city="<b>Kiel</b>", owner=rep)
    client.force_login(rep)
    body = client.get("/accounts/?city__contains=<b>&columns=name,city").content.decode()
    assert "<script>alert(1)" not in body
    assert "<b>Kiel" not in body


def test_an_advanced_filter_is_a_chip_in_words(client, rep):
    AccountFactory(name="Northwind", city="Kiel", owner=rep)
    AccountFactory(name="Southwind", city="Kiel")
    AccountFactory(name="Westwind", city="Bonn", owner=rep)
    client.force_login(rep)
    rule = '{"all": [{"test": "city", "op": "is", "value": "Kiel"}, {"not": {"test": "owner", "op": "is", "value": "me"}}]}'
    answer = client.get("/accounts/", {"rule": rule})
    assert names(answer) == ["Southwind"]
    assert "Kiel" in chips(answer)[-1]
    assert [str(row) for row in rows_of("crm.account", rep, answer.wsgi_request.GET)] == ["Southwind"]


@pytest.mark.parametrize("rule", ["nonsense", '{"test": "nonsense"}', '{"all": []}', "[" * 5000])
def test_an_advanced_filter_that_cannot_be_used_finds_nobody(client, rep, rule):
    AccountFactory()
    client.force_login(rep)
    answer = client.get("/accounts/", {"rule": rule})
    assert (answer.status_code, names(answer)) == (400, [])


def test_the_number_of_rows_is_exact_where_it_is_small(client, rep):
    for _ in range(51):
        AccountFactory()
    client.force_login(rep)
    assert 'hx-get="/lists/crm.account/total/?' in client.get("/accounts/").content.decode()
    assert 'data-total="51">51</span>' in client.get("/lists/crm.account/total/").content.decode()
    assert 'data-total="0">0</span>' in client.get("/lists/crm.account/total/?city=Kiel").content.decode()


def test_the_editor_of_a_filter_holds_what_is_asked_now(client, rep):
    client.force_login(rep)
    body = client.get("/lists/crm.account/filters/country/?country=DE&city=Kiel").content.decode()
    assert '<input type="hidden" name="city" value="Kiel">' in body
    assert 'name="country" value="DE" checked' in body
    body = client.get("/lists/crm.account/filters/created_at/?created_at__last=x").content.decode()
    assert 'value="x"' in body
    assert client.get("/lists/crm.account/filters/nonsense/").status_code == 404
    assert client.get("/lists/crm.nonsense/filters/city/").status_code == 404


@pytest.mark.parametrize("kind", ADDRESSES)
def test_every_filter_of_the_menu_has_its_editor(kind, client, rep):
    FACTORIES[kind](owner=rep)
    client.force_login(rep)
    offered = client.get(ADDRESSES[kind]).context["list"].offered
    for name, _label in (pair for _group, fields in offered for pair in fields):
        assert client.get(f"/lists/{kind}/filters/{name}/").status_code == 200, name


def test_a_look_at_a_record_shows_its_facts_and_what_happened(client, rep):
    contact = ContactFactory(owner=rep, city="Kiel")
    other = ContactFactory(owner=UserFactory(team=TeamFactory()))
    client.force_login(rep)
    body = client.get(f"/lists/crm.contact/{contact.pk}/peek/").content.decode()
    assert "<dt>City</dt><dd>Kiel</dd>" in body
    assert client.get(f"/lists/crm.contact/{other.pk}/peek/").status_code == 404
    assert client.get(f"/lists/crm.account/{AccountFactory().pk}/peek/").status_code == 200


def test_deep_links_of_other_pages_keep_working(client, rep):
    account = AccountFactory(name="Northwind")
    ContactFactory(owner=rep, account=account, last_name="Rao")
    OpportunityFactory(owner=rep, topic="Renewal", account=account, estimated_close=date(2026, 11, 30))
    client.force_login(rep)
    assert names(client.get(f"/contacts/?account={account.pk}&prospects=with")) == ["Asha Rao"]
    assert names(client.get(f"/opportunities/?account={account.pk}&closes_until=2026-11-30&status=open")) == ["Renewal"]
    assert names(client.get("/opportunities/?closes_until=2026-11-29")) == []
    assert names(client.get(f"/opportunities/?account={account.pk}&stalled=true")) == []
    assert names(client.get("/opportunities/?sort=-estimated_revenue_base")) == ["Renewal"]
