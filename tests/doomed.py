"""Workers that die: each does one job in a process of its own until SIGKILL meets it before a given statement.

    python -m tests.doomed TASK PK BATCH STATEMENT…

The next begins where the last one lay. Writes how each one ended: “killed” or “done”. `BATCH` lines a transaction.
"""

import os
import signal
import sys
from itertools import count

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from crm import jobs  # noqa: E402
from crm.bulk import work as bulk  # noqa: E402
from crm.hooks import importers  # noqa: E402
from crm.imports import work as imports  # noqa: E402


def small_batches(size: int) -> None:
    """So that few rows take many transactions."""
    bulk.FIRST = bulk.MOST = imports.REVERT_BATCH = size
    for importer in importers.all_importers():
        importer.work.check_batch = importer.work.run_batch = size


def work_until(statement: int, task: str, pk: int) -> None:
    """In the child: forget the last one's claims, as the supervisor does when it sees a worker die, and go on."""
    jobs.forget_claims_of(jobs.worker_name())
    number = count(1)

    def dies(execute, sql, params, many, context):
        if next(number) == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(dies):
        import_string(task)(pk)


def let_one_die(statement: int, task: str, pk: int) -> str:
    child = os.fork()
    if child == 0:
        try:
            work_until(statement, task, pk)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return "killed"
    return "done" if os.WEXITSTATUS(status) == 0 else "failed"


if __name__ == "__main__":
    task, pk, batch, *statements = sys.argv[1:]
    small_batches(int(batch))
    for statement in statements:
        sys.stdout.write(let_one_die(int(statement), task, int(pk)) + "\n")
        sys.stdout.flush()
