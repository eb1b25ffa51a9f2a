"""The SQL of a rule agrees with a plain reading of it in Python, row by row, for rules that nobody thought of."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.log.recording import entry, record_many
from crm.models import Consent, Contact, ContactPoint, Message
from crm.rules import tree
from crm.rules.compile import HUMAN
from crm.rules.tree import LAST, All, Did, Either, Not
from crm.rules.use import is_in, matching, parse, reasons
from marketing.actions.engagement import recount
from tests.factories.crm import AccountFactory, ContactFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KINDS = ["email.opened", "email.clicked"]


@pytest.fixture
def people(db):
    return twelve_people()


def twelve_people():
    """Twelve contacts who differ in everything that the rules below can ask."""
    accounts = [
        AccountFactory(name="Northwind", industry="Wind", employees=50),
        AccountFactory(name="Acme", industry=""),
    ]
    people, log = [], []
    for i in range(12):
        person = ContactFactory(
            country=["IN", "DE", "", "AT"][i % 4],
            city=["Berlin", "", "Bern", "berlin", "Wien"][i % 5],
            language=["de", "de-AT", "en", ""][i % 4],
            email=f"p{i}@{['acme.example', 'north.example'][i % 2]}" if i % 6 else "",
            account=[None, *accounts][i % 3],
            is_prospect=i % 2 == 0,
            last_active_at=None if i % 3 == 0 else NOW - timedelta(days=i * 10),
        )
        people.append(person)
        sent = [mail(person, n, NOW - timedelta(days=20 - n)) for n in range(i % 3)]
        for n in range(i % 5):
            verdict = ["", "human", "scanner", "proxy"][(i + n) % 4]
            log.append(
                entry(
                    KINDS[n % 2],
                    contact=person,
                    source=("marketing.email", 1 + n % 2),
                    message=sent[n % len(sent)] if sent and n % 2 else None,
                    data={"link": 1 + n % 2, "url": f"https://vendor.example/{['pricing', 'news'][n % 2]}"},
                    occurred_at=NOW - timedelta(days=7 * n + 1),
                    verdict=verdict,
                )
            )
        if person.email and i % 2:
            point = ContactPoint.objects.create(channel="email", value=person.email)
            Consent.objects.create(point=point, purpose="commercial", granted=i % 4 == 1, source="test", given_at=NOW)
    record_many(log)
    return people


def mail(person, n, at):
    """A commercial email to somebody, sent; every third is a transactional one."""
    purpose = "transactional" if n == 2 else "commercial"
    return Message.objects.create(
        key=f"{person.pk}:{n}", send_key=f"{n}", channel="email", purpose=purpose, contact=person, address=f"{person.pk}",
        content_type="marketing.email", content_id=1, status="sent", due_at=at, sent_at=at,
    )  # fmt: skip


text_tests = st.builds(
    lambda name, op, value: {"test": name, "op": op, "value": value},
    st.sampled_from(["city", "industry", "account", "email_domain"]),
    st.sampled_from(["is", "is_not", "contains", "contains_not", "begins_with", "ends_with"]),
    st.sampled_from(["Berlin", "ber", "n", "W", "acme.example", "100%", "a_b", "x'y"]),
)
some_texts = st.builds(
    lambda name, value: {"test": name, "op": "is_any_of", "value": value},
    st.sampled_from(["city", "industry", "email_domain"]),
    st.lists(st.sampled_from(["berlin", "Wind", "Wien", "north.example"]), min_size=1, max_size=3),
)
empties = st.builds(
    lambda name, op: {"test": name, "op": op},
    st.sampled_from(["city", "industry", "account", "country", "employees", "last_active"]),
    st.sampled_from(["is_empty", "is_filled"]),
)
country_tests = st.one_of(
    st.builds(
        lambda op, value: {"test": "country", "op": op, "value": value},
        st.sampled_from(["is", "is_not"]),
        st.sampled_from(["IN", "DE", "FR"]),
    ),
    st.builds(
        lambda op, value: {"test": "country", "op": op, "value": value},
        st.sampled_from(["is_any_of", "is_none_of"]),
        st.lists(st.sampled_from(["IN", "DE", "AT"]), min_size=1, max_size=3),
    ),
)
number_tests = st.builds(
    lambda op, value: {"test": "employees", "op": op, "value": value},
    st.sampled_from(["equals", "over", "at_least", "under", "at_most"]),
    st.integers(49, 51),
)
date_tests = st.one_of(
    st.builds(
        lambda op, value: {"test": "last_active", "op": op, "value": value},
        st.sampled_from(["in_last", "longer_ago", "in_next"]),
        st.sampled_from([1, 30, 50, 110]),
    ),
    st.builds(
        lambda op, value: {"test": "last_active", "op": op, "value": value},
        st.sampled_from(["on", "before", "after"]),
        st.sampled_from(["2026-11-10", "2026-10-31", "2026-08-02"]),
    ),
)
flags = st.builds(
    lambda name, value: {"test": name, "op": "is", "value": value},
    st.sampled_from(["is_prospect", "commercial_consent"]),
    st.booleans(),
)
behaviours = st.fixed_dictionaries(
    {"did": st.sampled_from(KINDS)},
    optional={
        "source": st.sampled_from(["marketing.email:1", "marketing.email:2", "marketing.email:9", "last"]),
        "before_days": st.sampled_from([1, 5]),
        "since": st.sampled_from(["2026-11-05", "2026-11-13"]),
        "until": st.sampled_from(["2026-11-13", "2026-11-19"]),
        "link": st.integers(1, 3),
        "page": st.sampled_from(["/PRICING", "vendor"]),
        "at_least": st.integers(1, 2),
        "at_most": st.integers(2, 3),
        "within_days": st.sampled_from([6, 8, 30]),
        "verdicts": st.sampled_from(["all", "human"]),
    },
) | st.builds(lambda kind: {"did": kind, "at_most": 0}, st.sampled_from(KINDS))
leaves = st.one_of(text_tests, some_texts, empties, country_tests, number_tests, date_tests, flags, behaviours)
rules = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda many: {"all": many}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda many: {"any": many}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda one: {"not": one}, inner),
    ),
    max_leaves=6,
)


def holds(rule, person):
    """What a rule means, without a database in mind."""
    match rule:
        case All(inner):
            return all(holds(one, person) for one in inner)
        case Either(inner):
            return any(holds(one, person) for one in inner)
        case Not(inner):
            return not holds(inner, person)
        case Did():
            return did(rule, person)
        case tree.Test():
            return compared(rule, person)
    raise AssertionError(rule)


def did(rule, person):
    rows = [
        row
        for row in person.interactions.all()
        if row.kind == rule.kind
        and (rule.source in (None, LAST) or (row.source_type, row.source_id) == rule.source)
        and (rule.source != LAST or row.message_id == last_email(person))
        and (rule.machines or row.verdict in HUMAN)
        and (rule.within_days is None or row.occurred_at > NOW - timedelta(days=rule.within_days))
        and (rule.before_days is None or row.occurred_at <= NOW - timedelta(days=rule.before_days))
        and (rule.since is None or row.occurred_at.date() >= rule.since)
        and (rule.until is None or row.occurred_at.date() <= rule.until)
        and (rule.link is None or row.data["link"] == rule.link)
        and rule.page.lower() in row.data["url"]
    ]
    if rule.at_least is None and rule.at_most is None:
        return len(rows) >= 1
    return (rule.at_least or 0) <= len(rows) and (rule.at_most is None or len(rows) <= rule.at_most)


def last_email(person):
    sent = [one for one in person.messages.all() if one.purpose == "commercial"]
    return max(sent, key=lambda one: one.sent_at).pk if sent else -1


def compared(rule, person):
    account = person.account
    value = {
        "city": person.city,
        "country": person.country,
        "industry": account.industry if account else "",
        "account": account.name if account else "",
        "employees": account.employees if account else None,
        "email_domain": person.email.rpartition("@")[2],
        "is_prospect": person.is_prospect,
        "last_active": person.last_active_at,
        "commercial_consent": Consent.objects.filter(
            point__value=person.email, granted=True, is_current=True, topic=None, purpose="commercial"
        ).exists(),
    }[rule.attribute]
    wanted = rule.value
    if isinstance(value, str) and rule.attribute != "country":
        value = value.lower()
        wanted = [one.lower() for one in wanted] if isinstance(wanted, tuple) else (wanted or "").lower()
    missing = value is None or value == ""
    start = partial(datetime, tzinfo=UTC)
    answers = {
        "is": lambda: value == wanted,
        "is_not": lambda: value != wanted,
        "is_any_of": lambda: value in wanted,
        "is_none_of": lambda: value not in wanted,
        "contains": lambda: wanted in value,
        "contains_not": lambda: wanted not in value,
        "begins_with": lambda: value.startswith(wanted),
        "ends_with": lambda: value.endswith(wanted),
        "is_empty": lambda: missing,
        "is_filled": lambda: not missing,
        "equals": lambda: value == wanted,
        "over": lambda: not missing and value > wanted,
        "at_least": lambda: not missing and value >= wanted,
        "under": lambda: not missing and value < wanted,
        "at_most": lambda: not missing and value <= wanted,
        "in_last": lambda: not missing and NOW - timedelta(days=wanted) <= value <= NOW,
        "longer_ago": lambda: not missing and value < NOW - timedelta(days=wanted),
        "in_next": lambda: not missing and NOW <= value < NOW + timedelta(days=wanted),
        "on": lambda: not missing and value.date() == wanted,
        "before": lambda: not missing and value < start(wanted.year, wanted.month, wanted.day),
        "after": lambda: not missing and value.date() > wanted,
    }
    return answers[rule.op]()


def test_sql_and_a_plain_reading_agree_on_every_contact(people):
    people = list(Contact.objects.select_related("account").prefetch_related("interactions", "messages").order_by("pk"))

    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rules)
    def agree(stored):
        rule = parse(stored)
        expected = [person.pk for person in people if holds(rule, person)]
        assert list(matching(rule, NOW).order_by("pk").values_list("pk", flat=True)) == expected
        assert list(matching(rule, NOW, rolled=True).order_by("pk").values_list("pk", flat=True)) == expected

    recount([person.pk for person in people])
    agree()


def test_the_question_for_one_contact_is_the_question_for_all(people):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rules)
    def agree(stored):
        rule = parse(stored)
        everybody = set(matching(rule, NOW).values_list("pk", flat=True))
        for person in people[:4]:
            assert is_in(rule, person.pk, NOW) == (person.pk in everybody)
            assert reasons(rule, person.pk, NOW).holds == (person.pk in everybody)

    agree()
