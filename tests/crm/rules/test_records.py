"""Rules over every kind of record: the SQL agrees with a plain reading in Python, for every field and every operator."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import cycle, islice
from random import Random

import pytest
from django.apps import apps
from django.db.models import BooleanField, Case, When
from django.urls import reverse
from django.utils import timezone

from crm.actions.tags import tag_records
from crm.custom_fields.definitions import reading_once
from crm.hooks import attributes, records
from crm.log.recording import record
from crm.models import Account, Contact, Currency, Tag, Team
from crm.rules import facts
from crm.rules.compile import to_q
from crm.rules.explain import explain
from crm.rules.operators import OPERATORS
from crm.rules.records import matching_records
from crm.rules.tree import All, Either, Not
from crm.rules.use import check, parse
from tests.factories.crm import (
    AccountFactory,
    ActivityFactory,
    CampaignFactory,
    ContactFactory,
    TeamFactory,
    UserFactory,
)
from tests.factories.custom_fields import every_custom_field
from tests.factories.deals import CompetitorFactory, LeadFactory, OpportunityFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOMENTS = [NOW, NOW - timedelta(days=3), NOW - timedelta(days=40, hours=12), NOW + timedelta(days=3), None]
POOLS = {
    "text": ["Berlin", "", "berlin x", "Bern", "100% a_b"],
    "email": ["a@acme.example", "", "B@acme.example"],
    "phone": ["+49 30 1", "", "0301"],
    "url": ["https://acme.example", ""],
    "number": [49, 50, 51],
    "money": [Decimal("49.50"), Decimal(50), Decimal("50.01")],
    "day": [NOW.date(), date(2026, 11, 17), date(2026, 10, 1), date(2026, 11, 23), None],
    "moment": MOMENTS,
    "yesno": [True, False],
}
KINDS = {
    "crm.account": AccountFactory,
    "crm.contact": ContactFactory,
    "crm.activity": ActivityFactory,
    "sales.lead": LeadFactory,
    "sales.opportunity": OpportunityFactory,
}
HOW_MANY = 7
LEFT_ALONE = {
    "status",
    "stage",
    "disqualify_reason",
    "closed_at",
    "ends_at",
    "actual_revenue",
    "closed_on",
    "lost_reason",
    "lost_to",
    "process_state",
    "process_ended_at",
}
"""What constraints tie together."""


@pytest.fixture
def world(db):
    """Seven records of each kind that differ in everything, and point at one another, at nobody, at a tag or at none."""
    owners = [None, UserFactory(name="Ann"), UserFactory(name="Ben")]
    TeamFactory(name="North")
    CampaignFactory(name="Fair")
    CompetitorFactory(name="Volta")
    made = {name: [factory() for _ in range(HOW_MANY)] for name, factory in KINDS.items()}
    for name, rows in made.items():
        if name != "crm.activity":
            every_custom_field(name)
        kind = records.get(name)
        for row, columns in zip(rows, zip_columns(kind, owners), strict=True):
            kind.model.objects.filter(pk=row.pk).update(**columns)
        tag_records(rows[1:4], ["VIP"], by=None)
        tag_records(rows[3:6], ["Fair"], by=None)
        made[name] = list(kind.model.objects.filter(pk__in=[row.pk for row in rows]).order_by("pk"))
    with reading_once():
        yield made


def zip_columns(kind, owners):
    """For each of the seven rows its columns: every field walks through its pool, each from another start."""
    rows = [{"custom": {}} for _ in range(HOW_MANY)]
    for shift, field in enumerate(kind.all_fields()):
        pool = custom_pool(field, owners) if field.is_custom else column_pool(kind, field, owners)
        for row, value in zip(rows, islice(cycle(pool or [None]), shift, shift + HOW_MANY), strict=True):
            if field.is_custom and value is not None:
                row["custom"][field.key] = value
            elif pool and not field.is_custom:
                row[field.name] = value
    return rows


def column_pool(kind, field, owners):
    """Nothing for what the life cycle sets, and for what must point somewhere: it stays as it is."""
    if field.kind == "tags" or not field.is_column or field.name in LEFT_ALONE:
        return []
    column = kind.model._meta.get_field(field.name)
    if not column.null and (column.unique or field.name in ("contact", "account")):
        return []
    pool = POOLS.get("text" if field.kind == "longtext" else field.kind) or pool_of(field, owners)
    return [None, *pool] if column.null else [value for value in pool if value is not None]


def custom_pool(field, owners):
    pools = {
        "longtext": POOLS["text"],
        "money": [49.5, 50, 50.01],
        "day": [day.isoformat() for day in POOLS["day"] if day],
        "choice": ["gold", "silver"],
        "choices": [["red"], ["green", "blue"], ["red", "green"]],
        "person": [owner.pk for owner in owners if owner],
        "crm.team": [team.pk for team in Team.objects.all()[:2]],
        "crm.account": [row.pk for row in Account.objects.all()[:2]],
    }
    pool = pools.get(field.to or field.kind) or POOLS[field.kind]
    return [*(value for value in pool if value not in (None, "")), None]


def pool_of(field, owners):
    match field.to or field.kind:
        case "person":
            return owners
        case "crm.account":
            return list(Account.objects.all()[:3])
        case "crm.contact":
            return list(Contact.objects.all()[:3])
        case "crm.team":
            return list(Team.objects.all()[:2])
    if field.kind == "lookup":
        return list(model_of(field.to).objects.all()[:2])
    if field.name == "currency":
        return list(Currency.objects.filter(code__in=["EUR", "USD"]))
    return [value for value, _ in field.choices()][:3]


def model_of(label):
    return apps.get_model(label)


def questions_of(fact):
    """Every operator of a fact, with values that mean something; with one where the fact is another record's."""
    choices = [value for value, _ in fact.choices()][:3] if fact.choices else []
    if fact.to:
        choices = list(model_of(fact.to).objects.order_by("pk").values_list("pk", flat=True)[:3])
    values = {
        "none": [None],
        "text": ["Berlin", "ber", "100%", "a_b"],
        "texts": [["berlin", "BERN"], ["+49 30 1"]],
        "choice": choices[:2],
        "choices": [choices[:1], choices[1:]],
        "number": [49.5, 50],
        "numbers": [[49, 50], [50, 50.01]],
        "day": ["2026-11-20", "2026-11-17"],
        "days": [["2026-11-17", "2026-11-20"], ["2026-01-01", "2026-10-10"]],
        "count": [3, 41],
        "yesno": [True, False],
    }
    values |= {"record": values["choice"], "records": values["choices"]}
    return [
        {"test": fact.name, "op": op.name, "value": value}
        for op in OPERATORS[fact.kind]
        for value in values[op.takes][: 1 if "." in fact.name and not fact.name.startswith("custom.") else 9]
        if value != []
    ]


def holds(rule, record):
    match rule:
        case All(inner):
            return all(holds(one, record) for one in inner)
        case Either(inner):
            return any(holds(one, record) for one in inner)
        case Not(inner):
            return not holds(inner, record)
    return compared(facts.get(rule.attribute, rule.kind), rule.op, rule.value, said(record, rule))


def said(record, test):
    """What the record says, followed over one link; a set where it may say several things."""
    kind, name = records.get(test.kind), test.attribute
    if "." in name and not name.startswith("custom."):
        link, _, name = name.partition(".")
        kind, record = records.get(kind.field(link).to), getattr(record, link)
        if record is None:
            return None
    field = kind.field(name)
    if field.kind == "tags":
        return set(
            Tag.objects.filter(taggings__record_id=record.pk, taggings__record_type__model=label(record)).values_list(
                "pk", flat=True
            )
        )
    value = field.value_of(record)
    if field.is_custom and field.kind == "day" and value:
        return date.fromisoformat(value)
    return getattr(value, "pk", value)


def label(record):
    return record._meta.model_name


def compared(fact, op, wanted, value):
    missing = value in (None, "", [], set())
    if fact.kind == "text":
        value = (value or "").lower()
        wanted = [one.lower() for one in wanted] if isinstance(wanted, tuple) else (wanted or "").lower()
    if fact.kind == "several":
        value, wanted = set(value or ()), set(wanted or ())
    if fact.kind == "date" and not missing and op in ("on", "before", "after", "between"):
        value = value.date()
    if fact.kind == "day":
        low, high = NOW.date(), NOW.date()
    else:
        low, high = NOW, NOW
    days = timedelta(days=wanted) if isinstance(wanted, int) and op in ("in_last", "longer_ago", "in_next") else None
    answers = {
        "is": lambda: not missing and value == wanted,
        "is_not": lambda: missing or value != wanted,
        "is_any_of": lambda: not missing and value in wanted,
        "is_none_of": lambda: missing or value not in wanted,
        "contains": lambda: wanted in value,
        "contains_not": lambda: wanted not in value,
        "begins_with": lambda: value.startswith(wanted),
        "ends_with": lambda: value.endswith(wanted),
        "is_empty": lambda: missing,
        "is_filled": lambda: not missing,
        "equals": lambda: not missing and value == wanted,
        "over": lambda: not missing and value > wanted,
        "at_least": lambda: not missing and value >= wanted,
        "under": lambda: not missing and value < wanted,
        "at_most": lambda: not missing and value <= wanted,
        "between": lambda: not missing and wanted[0] <= value <= wanted[1],
        "on": lambda: not missing and value == wanted,
        "before": lambda: not missing and value < wanted,
        "after": lambda: not missing and value > wanted,
        "in_last": lambda: not missing and low - days <= value <= high,
        "longer_ago": lambda: not missing and value < low - days,
        "in_next": lambda: (
            not missing and low <= value and (value <= high + days if fact.kind == "day" else value < high + days)
        ),
        "has_any_of": lambda: bool(value & wanted),
        "has_all_of": lambda: wanted <= value,
        "has_none_of": lambda: not value & wanted,
    }
    return answers[op]()


@pytest.mark.parametrize("kind", KINDS)
def test_every_fact_agrees_with_a_plain_reading_by_every_operator(world, kind):
    assert {fact.kind for fact in facts.all_facts(kind)} >= {"text", "choice", "record", "date", "several"}
    agree(every_question(kind), kind, world[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_groups_of_conditions_agree_too(world, kind):
    chance = Random(7)
    every = every_question(kind)

    def group(depth):
        inside = [group(depth - 1) if depth and chance.random() < 0.4 else chance.choice(every) for _ in range(3)]
        inside[0] = {"not": inside[0]} if chance.random() < 0.5 else inside[0]
        return {chance.choice(["all", "any"]): inside}

    agree([group(2) for _ in range(150)], kind, world[kind])


def every_question(kind):
    return [question for fact in facts.all_facts(kind) if is_a_field(kind, fact) for question in questions_of(fact)]


def is_a_field(kind, fact):
    """What apps offer about contacts is tested with them (test_agreement.py)."""
    return kind != "crm.contact" or not attributes.known(fact.name)


def agree(questions, kind, rows):
    """Thirty rules a query, each answered for every row; and once by the door itself."""
    model = records.get(kind).model
    for some in (questions[at : at + 30] for at in range(0, len(questions), 30)):
        rules = [parse(stored, kind) for stored in some]
        judged = {
            f"n{i}": Case(When(to_q(rule, NOW), then=True), default=False, output_field=BooleanField())
            for i, rule in enumerate(rules)
        }
        answers = {row.pop("pk"): list(row.values()) for row in model.objects.annotate(**judged).values("pk", *judged)}
        for i, rule in enumerate(rules):
            by_sql = [row.pk for row in rows if answers[row.pk][i]]
            assert by_sql == [row.pk for row in rows if holds(rule, row)], some[i]
        found = matching_records(kind, some[0], NOW).filter(pk__in=answers)
        assert set(found.values_list("pk", flat=True)) & {r.pk for r in rows} == {
            r.pk for r in rows if holds(rules[0], r)
        }


# For one reader: “me”, and what stands on records that they do not see


def found_for(reader, kind, stored):
    return list(matching_records(kind, stored, NOW, reader=reader).visible_to(reader))


def test_me_is_whoever_looks(rep, manager):
    mine, theirs = LeadFactory(owner=rep), LeadFactory(owner=manager)
    stored = {"test": "owner", "op": "is", "value": "me"}
    assert found_for(rep, "sales.lead", stored) == [mine]
    assert found_for(manager, "sales.lead", stored) == [theirs]
    assert explain(parse(stored, "sales.lead", me=rep)) == "Owner is me"


def test_a_rule_that_works_by_itself_knows_no_me(db):
    stored = {"all": [{"test": "owner", "op": "is_any_of", "value": ["me"]}]}
    assert [str(one) for one in check(stored, "sales.lead")] == [
        "rule/all[0]: “Owner is any of”: “me” is not one of the choices."
    ]


def test_an_account_that_is_not_seen_tells_nothing_by_being_asked(rep):
    rep.roles.get().grants.filter(resource="crm.account").delete()
    lead = LeadFactory(owner=rep, account=AccountFactory(city="Kiel"))
    city = {"test": "account.city", "op": "is", "value": "Kiel"}
    assert found_for(rep, "sales.lead", city) == []
    assert found_for(rep, "sales.lead", {"test": "account.city", "op": "is_empty"}) == [lead]
    assert list(matching_records("sales.lead", city, NOW)) == [lead]


def test_a_record_is_named_only_for_those_who_see_it(rep, administrator):
    account = AccountFactory(name="Northwind")
    rep.roles.get().grants.filter(resource="crm.account").delete()
    rule = parse({"test": "account", "op": "is", "value": account.pk}, "sales.lead")
    assert explain(rule, administrator) == "Account is “Northwind”"
    assert explain(rule, rep) == f"Account is account {account.pk}"


def test_a_lead_can_be_asked_what_its_person_did(db):
    lead, _other = LeadFactory(), LeadFactory()
    record("email.opened", contact=lead.contact)
    asked = {"did": "email.opened", "within_days": 7}
    assert list(matching_records("sales.lead", asked, timezone.now())) == [lead]
    nobody = OpportunityFactory(contact=None)
    assert list(matching_records("sales.opportunity", {"not": asked}, timezone.now())) == [nobody]


@pytest.mark.parametrize(
    ("kind", "stored", "sentence"),
    [
        ("sales.lead", {"test": "shoe", "op": "is", "value": 3}, "rule: There is no attribute “shoe” to test."),
        ("sales.lead", {"test": "contact.shoe", "op": "is"}, "rule: There is no attribute “contact.shoe” to test."),
        ("sales.lead", {"test": "contact.", "op": "is"}, "rule: There is no attribute “contact.” to test."),
        ("sales.lead", {"test": "topic.city", "op": "is"}, "rule: There is no attribute “topic.city” to test."),
        ("sales.lead", {"test": "score", "op": "over", "value": 3}, "rule: There is no attribute “score” to test."),
        ("sales.lead", {"test": "account", "op": "is", "value": "3"}, "rule: “Account is”: choose a record."),
        ("sales.lead", {"test": "account", "op": "is", "value": 3}, "rule: “Account is”: there is no record 3 any more."),
        ("sales.lead", {"test": "tags", "op": "has_all_of", "value": [9]}, "rule: “Tags has all of”: “9” is not one of the choices."),
        ("sales.lead", {"top": {}}, "rule: Only contacts are ranked."),
        ("crm.account", {"did": "email.opened"}, "rule: Accounts have no contact whose behaviour could be asked for."),
        ("sales.opportunity", {"test": "estimated_close", "op": "on", "value": "soon"}, "rule: “Estimated close is on”: choose a date."),
    ],
)  # fmt: skip
def test_what_a_kind_does_not_know_is_an_error_at_its_place(db, kind, stored, sentence):
    assert [str(one) for one in check(stored, kind)] == [sentence]


@pytest.mark.parametrize("kind", KINDS)
def test_the_builder_is_told_the_words_of_a_kind_and_previews_within_what_is_seen(
    client, rep, kind, django_assert_max_num_queries
):
    KINDS[kind]()
    mine = KINDS[kind](owner=rep)
    client.force_login(rep)
    with django_assert_max_num_queries(20):
        words = client.get(reverse("crm:rule-vocabulary"), {"of": kind}).json()
    assert words["of"]["name"] == kind
    assert next(one for one in words["attributes"] if one["name"] == "owner")["choices"][0] == ["me", "me"]
    asked = {"rule": {"test": "owner", "op": "is", "value": "me"}}
    said = client.post(f"{reverse('crm:rule-preview')}?of={kind}", asked, content_type="application/json").json()
    assert (said["count"], said["words"], said["sample"][0]["url"]) == (1, "Owner is me", mine.get_absolute_url())


def test_an_unknown_kind_is_not_found(client, rep):
    client.force_login(rep)
    assert client.get(reverse("crm:rule-vocabulary"), {"of": "crm.user"}).status_code == 404
