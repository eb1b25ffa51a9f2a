"""Run every benchmark of this folder, one process each; exits 1 where a bar was missed.

A benchmark is a module with `main()`, which prints one JSON line a bar:
{"name", "engine", "rows", "ours", "floor", "ratio", "bar", "ok", "versions"}.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    wanted = sys.argv[1:] or sorted(
        p.stem
        for p in HERE.glob("*.py")
        if p.stem not in ("run", "__init__", "audience", "bare_view", "company", "mail", "measuring")
    )
    missed = []
    for name in wanted:
        process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, stdout=subprocess.PIPE, text=True
        )
        for line in process.stdout or []:
            print(line, end="", flush=True)
            if line.startswith("{") and not json.loads(line)["ok"]:
                missed.append(json.loads(line)["name"])
        if process.wait():
            missed.append(name)
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
