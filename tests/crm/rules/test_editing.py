"""What the editor of rules is told: each condition by itself, the links of an email, and why a count is slow."""

import pytest
from django.db import connection
from django.urls import reverse

from crm.models import Contact, TrackedLink
from crm.rules import counting
from marketing.models import MarketingEmail
from sales.models import Lead
from tests.factories.crm import ContactFactory

INDIA = {"test": "country", "op": "is", "value": "IN"}
PUNE = {"test": "city", "op": "is", "value": "Pune"}
OPEN = {"test": "status", "op": "is", "value": "open"}


@pytest.fixture
def page(client, marketer):
    client.force_login(marketer)
    return client


def ask(page, name, **body):
    return page.post(reverse(f"crm:{name}"), body, content_type="application/json")


def test_each_condition_is_counted_by_itself(page):
    ContactFactory.create_batch(2, country="IN", city="Pune")
    ContactFactory(country="IN")
    rule = {"all": [INDIA, {"not": {"any": [PUNE, INDIA]}}, {"top": {"n": 2, "by": "x", "of": PUNE}}]}
    paths = ["rule/all[0]", "rule/all[1]", "rule/all[1]/not/any[0]", "rule/all[2]/top/of"]
    parts = ask(page, "rule-parts", rule=rule, paths=paths).json()["parts"]
    assert [(one["path"], one["count"], one["said"]) for one in parts] == [
        ("rule/all[0]", 3, "3 contacts"),
        ("rule/all[1]", 0, "0 contacts"),
        ("rule/all[1]/not/any[0]", 2, "2 contacts"),
        ("rule/all[2]/top/of", 2, "2 contacts"),
    ]


def test_a_condition_over_what_somebody_has_counts_those_records(page, administrator):
    page.force_login(administrator)
    contact = ContactFactory()
    Lead.objects.create(contact=contact, topic="Pumps", owner=administrator)
    rule = {"has": "sales.lead", "where": {"all": [OPEN]}}
    paths = ["rule", "rule/where/all[0]"]
    said = [one["said"] for one in ask(page, "rule-parts", rule=rule, paths=paths).json()["parts"]]
    assert said == ["1 contact", "1 lead"]
    sample = ask(page, "rule-preview", rule=rule, path="rule/where/all[0]").json()["sample"]
    assert [one["name"] for one in sample] == ["Pumps"]


def test_a_condition_can_be_looked_at_alone(page):
    asha = ContactFactory(country="IN")
    ContactFactory(country="DE")
    said = ask(page, "rule-preview", rule={"all": [INDIA, PUNE]}, path="rule/all[0]").json()
    assert (said["count"], [one["name"] for one in said["sample"]], said["words"]) == (
        1,
        [str(asha)],
        "Country is India",
    )


@pytest.mark.parametrize(
    "path", ["rule/all[7]", "rule/any[0]", "all[0]", "rule/all[0]/where", "rule/all[-1]", "rule/x", 5, ["rule"]]
)
def test_a_path_that_leads_nowhere_is_not_a_rule(page, path):
    assert ask(page, "rule-parts", rule={"all": [INDIA]}, paths=[path]).status_code == 400
    assert ask(page, "rule-preview", rule={"all": [INDIA]}, path=path).status_code == 400


def test_parts_count_only_whom_the_reader_may_see(client, rep):
    ContactFactory(country="IN")
    ContactFactory(country="IN", owner=rep)
    client.force_login(rep)
    parts = ask(client, "rule-parts", rule=INDIA, paths=["rule"]).json()["parts"]
    assert parts == [{"path": "rule", "count": 1, "why": "", "said": "1 contact"}]


def test_the_links_of_an_email_are_offered_to_those_who_see_it(page, client, marketer):
    email = MarketingEmail.objects.create(name="Invitation", owner=marketer)
    link = TrackedLink.objects.create(
        content_type="marketing.email", content_id=email.pk, url="https://a.test/", label="A"
    )
    TrackedLink.objects.create(content_type="marketing.text", content_id=email.pk, url="https://b.test/")
    found = page.get(reverse("crm:rule-links"), {"source": f"marketing.email:{email.pk}"})
    assert found.json() == {"links": [{"id": link.pk, "label": "A", "url": "https://a.test/"}]}


def test_the_links_of_an_email_are_not_offered_to_others(client, rep, marketer):
    email = MarketingEmail.objects.create(name="Invitation", owner=marketer)
    client.force_login(rep)
    for source in (f"marketing.email:{email.pk}", "marketing.email:x", "marketing.form:1", "last", ""):
        assert client.get(reverse("crm:rule-links"), {"source": source}).status_code == 404


@pytest.mark.parametrize(("of", "has"), [("", True), ("sales.lead", False)])
def test_only_contacts_are_asked_what_they_have(page, administrator, of, has):
    page.force_login(administrator)
    words = page.get(reverse("crm:rule-vocabulary"), {"of": of, "me": "no"}).json()
    assert ("sales.lead" in [one["name"] for one in words["has"]]) is has


postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite counts on, however long it takes.")


@postgresql
@pytest.mark.django_db
def test_what_takes_too_long_is_stopped_and_says_why(monkeypatch):
    ContactFactory(city="Pune")
    slow = Contact.objects.filter(city__contains="une").extra(where=["pg_sleep(1) IS NOT NULL"])
    found = counting.count(slow, patience=50)
    assert found.count is None
    assert "all contacts are read one by one" in found.why
    assert "city" in found.why
    assert counting.count(Contact.objects.all(), patience=5000).count == 1


@postgresql
def test_a_slow_condition_is_shown_as_slow_and_not_as_an_error(page, monkeypatch):
    def never(patience, ask):
        raise counting.TooSlow

    monkeypatch.setattr(counting, "within", never)
    part = ask(page, "rule-parts", rule=INDIA, paths=["rule"]).json()["parts"][0]
    assert (part["count"], part["why"] != "") == (None, True)
    said = ask(page, "rule-preview", rule=INDIA).json()
    assert (said["count"], said["sample"], said["problems"]) == (None, [], [])
