"""The presses of a rep's daily tasks, counted in Chromium by tests/e2e/test_clicks_way.py: the median of the ways against the bar.

A press is a click, a key or a drag; a field that is filled counts as one more, save those that a stage requires of a deal,
which are told beside.

    python -m benchmarks.clicks
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import pytest

WALKS = Path(__file__).resolve().parent.parent / "tests/e2e/test_clicks_way.py"


class Counted:
    """What each walk has recorded."""

    def __init__(self) -> None:
        self.walks: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: Any) -> None:
        found = dict(report.user_properties)
        if report.when == "call" and report.passed and "task" in found:
            self.walks[found["task"]].append(found)


def main() -> None:
    counted = Counted()
    failed = pytest.main(["-q", "-p", "no:cacheprovider", str(WALKS)], plugins=[counted])
    from tests.e2e.test_clicks_way import TASKS

    for task, (bar, _is_done, _ways) in TASKS.items():
        walks = counted.walks[task]
        found = median(one["counted"] for one in walks) if walks else 0
        line = {"name": f"presses to {task}", "engine": "chromium", "rows": len(walks), "ours": found, "floor": 1}
        line |= {"ratio": found, "bar": bar, "ok": bool(walks) and found <= bar and not failed, "versions": {}}
        line["ways"] = {one["way"]: [one["presses"], one["fields"]] for one in walks}
        print(json.dumps(line, ensure_ascii=False), flush=True)
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
