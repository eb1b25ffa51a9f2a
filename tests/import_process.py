"""The worker of an import in a process of its own: `python -m tests.import_process PK` works until nothing is left to do.

Writes the most memory that it ever held, in bytes.
"""

import re
import sys
from pathlib import Path

import django

django.setup()

from crm.imports.work import work_on  # noqa: E402
from crm.models import Import  # noqa: E402


def most_memory() -> int:
    """Of this process alone: what getrusage answers includes what its parent held when it began."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


if __name__ == "__main__":
    pk = int(sys.argv[1])
    while Import.objects.get(pk=pk).is_working:
        work_on(pk)
    sys.stdout.write(str(most_memory()))
