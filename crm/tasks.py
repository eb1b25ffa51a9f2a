"""Doors for the queue."""

import logging

from django.utils import timezone

from crm import jobs
from crm.actions import departures, digests, privacy, reminders, reports, series, tidying, verdicts, visits
from crm.actions.letter_results import settle_letters as settle
from crm.actions.merging import gather_latecomers
from crm.actions.normal_forms import make_waiting_forms
from crm.actions.purging import AT_ONCE, purge_old
from crm.bulk import work as bulk
from crm.custom_fields import work
from crm.deliverability import work as deliverability
from crm.delivery import pace, send_counts
from crm.imports import work as imports
from crm.log import touched
from crm.log.reading import read_forward, readers
from crm.mailbox import reading as mailboxes

log = logging.getLogger(__name__)


def beat() -> None:
    """Does nothing; that it ran is the heartbeat of the cluster (crm.jobs.run keeps the time)."""


def read_log(reader: str) -> None:
    read_forward(readers.get(reader))


def sweep_touched() -> None:
    touched.sweep()


def clear_old_data() -> None:
    privacy.clear_old_data(timezone.now())


def rejudge_hits() -> None:
    """What an older rule has judged; in short turns while there is more."""
    if verdicts.rejudge():
        jobs.nudge("crm.tasks.rejudge_hits")


def fold_send_counts() -> None:
    while send_counts.fold():
        pass


def mend_send_counts() -> None:
    """The nightly comparison with the messages. That anything was wrong is worth a line in the log of the server."""
    if wrong := send_counts.mend():
        log.error("%s counts of sends differed from their messages, and were mended.", wrong)


def read_mailboxes() -> None:
    """What the sweep found due. A mailbox that hangs has its own pause afterwards, and holds up no other worker."""
    mailboxes.read_due(timezone.now())


def judge_reports() -> None:
    """Bounces and complaints that came in."""
    reports.judge_waiting(timezone.now())


def send_digests() -> None:
    digests.send_due_digests(timezone.now())


def send_reminders() -> None:
    reminders.send_reminders(timezone.now())


def settle_letters() -> None:
    """Emails that people wrote, once it is known what became of them."""
    while settle(timezone.now()):
        pass


def extend_series() -> None:
    series.extend_all(timezone.now())


def work_on_import(pk: int) -> None:
    imports.work_on(pk)


def work_on_imports() -> None:
    """What the sweep found waiting: an import whose worker died, or whose nudge was lost."""
    for pk in imports.waiting_ids(timezone.now()):
        imports.work_on(pk)


def work_on_custom_fields() -> None:
    work.work()


def gather_after_merges() -> None:
    gather_latecomers(timezone.now())


def make_normal_forms() -> None:
    make_waiting_forms()


def work_on_bulk_run(pk: int) -> None:
    bulk.work_on(pk)


def work_on_bulk_runs() -> None:
    """What the sweep found waiting: a run whose worker died, or whose nudge was lost."""
    for pk in bulk.waiting_ids(timezone.now()):
        bulk.work_on(pk)


def tidy_bulk_work() -> None:
    if tidying.tidy_bulk_work(timezone.now()):
        jobs.nudge("crm.tasks.tidy_bulk_work")


def forget_old_visits() -> None:
    if visits.forget_old_visits(timezone.now()):
        jobs.nudge("crm.tasks.forget_old_visits")


def empty_the_bin() -> None:
    """What has rested longer than the company keeps it; in short turns while there is much."""
    if purge_old(timezone.now()) == AT_ONCE:
        jobs.nudge("crm.tasks.empty_the_bin")


def hand_over_records() -> None:
    departures.hand_over_records()


def check_sender_domains() -> None:
    """What the sweep found asked for."""
    deliverability.check_asked(timezone.now())


def look_after_deliverability() -> None:
    deliverability.look_after(timezone.now())


def count_mailbox_rates() -> None:
    deliverability.count_rates(timezone.now())


def sweep_tallies() -> None:
    """Counters of spans that nothing asks for any more."""
    pace.sweep(timezone.now())
