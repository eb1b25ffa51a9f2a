"""Why is she in: a condition on behaviour shows what she did that counts, the last five, and how many more."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from crm.actions.consent import give_consent
from crm.log.recording import record
from crm.rules.use import parse, reasons
from marketing.actions.segments import choose_people, create_segment
from sales.models import Lead
from tests.factories.crm import AccountFactory, ContactFactory

CLICKED = {"all": [{"did": "email.clicked", "at_least": 2}]}


def test_what_she_did_is_shown_with_when_and_on_what_and_nobody_elses(client, marketer, run_jobs):
    asha, ben = ContactFactory(), ContactFactory()
    segment = create_segment(name="Keen", rule=CLICKED, by=marketer)
    for _ in range(7):
        record("email.clicked", contact=asha)
    record("email.clicked", contact=ben)
    now = timezone.now() + timedelta(seconds=1)
    (hers,) = reasons(parse(CLICKED), asha.pk, now).inner
    assert (hers.holds, len(hers.proof), hers.more) == (True, 5, 2)
    (his,) = reasons(parse(CLICKED), ben.pk, now).inner
    assert (his.holds, len(his.proof), his.more) == (False, 1, 0)
    run_jobs()
    client.force_login(marketer)
    address = reverse("admin:marketing_segment_why", args=[segment.pk])
    assert "and 2 more" in client.get(f"{address}?contact={asha.pk}").content.decode()
    choose_people(segment, [asha.pk], is_included=False, by=marketer)
    assert "Kept out by hand" in client.get(f"{address}?contact={asha.pk}").content.decode()


def test_what_a_field_says_is_told_beside_the_condition_also_where_it_does_not_hold(client, marketer):
    asha = ContactFactory(country="AT", account=AccountFactory(industry="Steel"))
    rule = {"all": [{"test": "country", "op": "is", "value": "IN"}, {"test": "industry", "op": "is", "value": "Steel"}]}
    segment = create_segment(name="India", rule=rule, by=marketer)
    client.force_login(marketer)
    page = client.get(reverse("admin:marketing_segment_why", args=[segment.pk]), {"contact": asha.pk}).content.decode()
    assert "(it is: Austria)" in page
    assert "(it is: Steel)" in page


def test_the_records_that_count_are_named_for_who_may_see_them_and_else_only_told_of(manager, rep):
    asha = ContactFactory()
    Lead.objects.create(contact=asha, topic="Forty cranes", owner=rep)
    rule = parse({"all": [{"has": "sales.lead"}]})
    (hers,) = reasons(rule, asha.pk, timezone.now(), reader=manager).inner
    (unnamed,) = reasons(rule, asha.pk, timezone.now()).inner
    assert hers.holds
    assert "Forty cranes" in hers.proof[0].words
    assert hers.proof[0].url
    assert unnamed.proof[0].words == "One that you may not see"
    assert not unnamed.proof[0].url


def test_a_membership_a_score_a_registration_and_a_consent_are_shown_as_the_rows_they_are(marketer, run_jobs):
    asha = ContactFactory()
    give_consent(asha.email, source="the fair")
    inner = create_segment(name="Everybody", rule={"test": "email", "op": "is_filled"}, by=marketer)
    run_jobs()
    rule = parse(
        {
            "all": [
                {"test": "segment", "op": "is", "value": inner.pk},
                {"test": "commercial_consent", "op": "is", "value": True},
            ]
        }
    )
    inside, consent = reasons(rule, asha.pk, timezone.now(), reader=marketer).inner
    assert inside.proof[0].words == "In “Everybody”"
    assert inside.proof[0].url
    assert consent.proof[0].words == "Yes, by the fair"
