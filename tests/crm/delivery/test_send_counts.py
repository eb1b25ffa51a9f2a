"""The counts of a send follow its messages, however these are written; what was heard of a message stands on its row."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm.delivery import send_counts
from crm.delivery.heard import Heard
from crm.delivery.queueing import cancel, hold, queue_for, release
from crm.log.recording import record
from crm.models import Contact, Interaction, Message, SendCount
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def messages():
    """Of send 7 three, of a journey one."""
    ContactFactory.create_batch(3)
    queue_for(Contact.objects.all(), content=("marketing.email", 1, 1), send_key="send:7")
    queue_for(Contact.objects.all()[:1], content=("marketing.email", 1, 1), send_key="journey:1:2:1")
    return Message.objects.filter(send_key="send:7")


def states():
    return {(status, reason): n for (_, status, reason, _), n in send_counts.counts_of("send:7").items() if n}


def test_messages_that_are_queued_held_released_and_cancelled_are_counted_where_they_are(messages):
    assert states() == {("due", ""): 3}
    hold("send:7", "Paused by Mia.")
    assert states() == {("held", ""): 3}
    release("send:7", "email")
    Message.objects.filter(pk=messages[0].pk).update(status="sent", sent_at=timezone.now())
    cancel(messages, "It was stopped.")
    assert states() == {("sent", ""): 1, ("cancelled", "It was stopped."): 2}
    messages.filter(status="cancelled").delete()
    assert states() == {("sent", ""): 1}


def test_the_words_of_mail_servers_are_counted_together(messages):
    for number, message in enumerate(messages):
        Message.objects.filter(pk=message.pk).update(status="failed", reason=f"550 no such box {number}")
    assert states() == {("failed", ""): 3}


def test_asking_twice_for_a_message_counts_it_once(messages):
    queue_for(Contact.objects.all(), content=("marketing.email", 1, 1), send_key="send:7")
    Message.objects.bulk_create(list(messages), ignore_conflicts=True)
    assert states() == {("due", ""): 3}


def test_a_journey_is_not_counted(messages):
    assert set(SendCount.objects.values_list("send_key", flat=True)) == {"send:7"}


def test_folding_changes_no_sum_and_leaves_a_row_for_each_state(messages):
    for message in messages:
        Message.objects.filter(pk=message.pk).update(status="sent")
    before = states()
    while send_counts.is_unfolded():
        send_counts.fold()
    assert states() == before == {("sent", ""): 3}
    assert SendCount.objects.exclude(n=0).count() == 1


def test_counts_that_went_wrong_are_found_named_and_mended(messages, capsys):
    assert send_counts.differences() == []
    call_command("check_send_counts")
    SendCount.objects.all().delete()
    SendCount.objects.create(send_key="send:8", status="sent", n=2)
    assert send_counts.differences() == [("send:7", "", "due", "", 0, 3), ("send:8", "", "sent", "", 0, -2)]
    with pytest.raises(CommandError, match="2 counts are wrong"):
        call_command("check_send_counts")
    call_command("check_send_counts", mend=True)
    assert send_counts.differences() == []
    assert states() == {("due", ""): 3}
    send_counts.fold()
    assert states() == {("due", ""): 3}


def test_what_is_heard_of_a_message_stands_on_its_row(messages, run_jobs):
    first, second, third = messages.order_by("pk")

    def hear(kind, message, verdict="", **data):
        record(kind, contact=message.contact_id, message=message, verdict=verdict, data=data)

    hear("email.opened", first, "scanner")
    hear("email.opened", second, "human")
    hear("email.clicked", second, "proxy", link=1)
    hear("email.replied", second)
    hear("email.bounced", third, is_hard=False)
    hear("email.bounced", first, reason="550 refused at once")
    run_jobs()
    heard = dict(messages.values_list("pk", "heard"))
    assert heard[first.pk] == Heard.OPENED_ALL | Heard.BOUNCED_HARD
    assert heard[second.pk] == Heard.OPENED_ALL | Heard.OPENED | Heard.CLICKED_ALL | Heard.CLICKED | Heard.REPLIED
    assert heard[third.pk] == Heard.BOUNCED_SOFT
    assert send_counts.differences() == []


def test_a_click_that_is_judged_again_is_no_longer_heard_as_a_person(messages, run_jobs):
    first = messages[0]
    for link in (1, 2, 3):
        record("email.clicked", contact=first.contact_id, message=first, verdict="human", data={"link": link, "agent": "Mozilla/5.0 (X11)"}, verdict_version=2)  # fmt: skip
    run_jobs()
    assert set(Interaction.objects.filter(message=first).values_list("verdict", flat=True)) == {"scanner"}
    first.refresh_from_db()
    assert first.heard == Heard.CLICKED_ALL
