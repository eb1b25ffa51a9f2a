"""The queue: pairs with their reasons, judged one by one or together; who may not be seen is only counted."""

from django.urls import reverse

from crm.actions.duplicates import raise_duplicates
from crm.models import Duplicate, DuplicateRule, DuplicateSearch
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory

QUEUE = "crm:duplicates"


def two(owner, email="asha@rao.example"):
    pair = [ContactFactory(email=email, owner=owner) for _ in range(2)]
    raise_duplicates([pair[1]], found_by="capture")
    return Duplicate.objects.get(first_id=pair[0].pk)


def test_the_queue_shows_both_the_reason_and_takes_a_judgement_back(client, rep):
    pair = two(rep)
    client.force_login(rep)
    assert "same email asha@rao.example" in client.get(reverse(QUEUE)).text
    client.post(reverse("crm:duplicates-judge"), {"one": pair.pk})
    assert "same email" not in client.get(reverse(QUEUE)).text
    assert "same email" in client.get(reverse(QUEUE), {"status": "dismissed"}).text
    client.post(reverse("crm:duplicate-reopen", args=[pair.pk]))
    assert Duplicate.objects.get().status == "open"


def test_several_pairs_are_judged_at_once_and_filters_narrow(client, rep):
    pairs = [two(rep), two(rep, "b@rao.example")]
    client.force_login(rep)
    assert "same email" not in client.get(reverse(QUEUE), {"kind": "crm.account"}).text
    assert "same email" in client.get(reverse(QUEUE), {"owner": rep.pk, "strength": 2}).text
    client.post(reverse("crm:duplicates-judge"), {"ids": [pair.pk for pair in pairs]})
    assert set(Duplicate.objects.values_list("status", flat=True)) == {"dismissed"}


def test_a_pair_with_somebody_unseen_is_a_number_and_cannot_be_judged(client, rep):
    pair = two(UserFactory(team=TeamFactory(), roles=["rep"]))
    client.force_login(rep)
    page = client.get(reverse(QUEUE)).text
    assert "1 more pair has somebody in it whom you may not see" in page
    assert "asha@rao.example" not in page
    assert client.post(reverse("crm:duplicates-judge"), {"one": pair.pk}).status_code == 404


def test_the_search_begins_by_a_button_and_says_what_it_found(client, rep, run_jobs):
    ContactFactory(email="a@rao.example", owner=rep)
    ContactFactory(email="a@rao.example", owner=rep)
    client.force_login(rep)
    client.post(reverse("crm:duplicates-search"))
    assert "Searching: 0 %" in client.get(reverse("crm:duplicates-state")).text
    run_jobs()
    assert DuplicateSearch.objects.first().found == 1
    assert "1 new pair." in client.get(reverse("crm:duplicates-state")).text


def test_the_queue_is_drawn_with_as_many_queries_for_three_pairs_as_for_one(client, rep, django_assert_max_num_queries):
    client.force_login(rep)
    for n in range(3):
        two(rep, f"p{n}@rao.example")
    with django_assert_max_num_queries(20):
        client.get(reverse(QUEUE))


def test_an_administrator_changes_rules_by_ticking_what_is_the_same(client, administrator, rep):
    client.force_login(administrator)
    add = reverse("admin:crm_duplicaterule_add")
    rule = {
        "kind": "crm.contact",
        "compared": ["domain", "number"],
        "strength": 1,
        "largest_group": 5,
        "is_active": "on",
    }
    assert client.post(add, rule).status_code == 302
    assert DuplicateRule.objects.get(largest_group=5).key == "number+domain"
    assert "There is a rule for exactly this already" in client.post(add, rule).text
    assert "These records have no vat" in client.post(add, {**rule, "compared": ["vat"]}).text
    client.force_login(rep)
    assert client.get(reverse("admin:crm_duplicaterule_changelist")).status_code in (302, 403, 404)
