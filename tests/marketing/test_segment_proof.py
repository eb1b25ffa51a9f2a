"""Why is she in: a condition on behaviour shows what she did that counts, the last five, and how many more."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from crm.log.recording import record
from crm.rules.use import parse, reasons
from marketing.actions.segments import choose_people, create_segment
from tests.factories.crm import ContactFactory

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
