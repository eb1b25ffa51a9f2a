"""A file of 300,000 lines with one in twenty bad: all of it comes in, in the memory that a tenth of it takes."""

import os
import subprocess
import sys
import tempfile
from itertools import islice

import pytest

from crm.actions.imports import check_import, map_import, run_import, start_import
from crm.imports.files import errors_as_text
from crm.models import Contact, Import
from tests.crm.test_imports import _files  # noqa: F401
from tests.worker import ROOT, environment

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

MEGABYTE = 1024 * 1024
MOST_GROWTH = 48 * MEGABYTE
HEADER = "First name,Last name,Email,Company,Phone,City\n"
SCRIPTS = ("Asha", "محمد", "שרה", "王芳", "Ольга", "Ζωή", "สมชาย", "आशा")


def lines(count):
    """One in twenty has an address that is none."""
    for n in range(count):
        at = "@" if n % 20 else "-at-"
        yield f"{SCRIPTS[n % 8]},Rao{n},p{n}{at}c{n % 5000}.example,Company {n % 3000},+49 30 {n:07},Pune\n"


def worked(of):
    """Let a process of its own do it; answers the most memory it took."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.import_process", str(of.pk)],
        cwd=ROOT, env={**os.environ, **environment()}, check=True, timeout=3000, capture_output=True, text=True,
    )  # fmt: skip
    return int(done.stdout)


def imported(count, by):
    """The import of so many lines, and the most memory of its check and of its run."""
    with tempfile.TemporaryFile() as file:
        file.write(HEADER.encode())
        file.writelines(line.encode() for line in lines(count))
        file.seek(0)
        of = start_import(file, f"{count}.csv", by)
    of = map_import(of, mapping=of.mapping, by=by)
    check = worked(check_import(of, by=by))
    run = worked(run_import(Import.objects.get(pk=of.pk), by=by))
    return Import.objects.get(pk=of.pk), check, run


def test_300_000_lines_take_no_more_memory_than_30_000(administrator, capsys):
    small, *memory = imported(30_000, administrator)
    assert (small.status, small.created_count, small.error_count) == ("done", 28_500, 1_500), small.problem
    large, *more = imported(300_000, administrator)
    with capsys.disabled():
        told = [f"{n / MEGABYTE:.0f}" for n in (*memory, *more)]
        sys.stdout.write(f"\nMB at the most, check and run: 30,000 lines {told[:2]}, 300,000 lines {told[2:]}\n")
    assert (large.status, large.created_count + large.unchanged_count, large.error_count) == ("done", 285_000, 15_000)
    assert large.handled == 300_000
    assert Contact.objects.count() == 285_000
    assert max(more) - max(memory) < MOST_GROWTH
    header, first = b"".join(islice(errors_as_text(large), 2)).decode().splitlines()
    assert header.endswith(",Line,Problem")
    assert first.split(",", 6)[-1] == "2,Email: “p0-at-c0.example” is not an email address."
    assert sum(1 for _ in errors_as_text(large)) == 15_000 + 1
