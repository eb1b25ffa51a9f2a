"""What a fresh machine meets first: the set-up script, run by whatever Python is there."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.env import ROOT

SETUP = ROOT / "scripts" / "setup.py"
NO_OTHER = {"PATH": "/nowhere"}
VERSIONS = Path.home() / ".pyenv" / "versions"
OLDER = [
    found.parts[-3] for found in VERSIONS.glob("*/bin/python") if re.match(r"2\.|3\.([0-9]|10)\.", found.parts[-3])
]
OLD = "import runpy, sys; sys.version_info = (3, 8, 18, 'final', 0); runpy.run_path('scripts/setup.py', run_name='__main__')"


def test_an_old_python_can_read_the_set_up():
    ast.parse(SETUP.read_text(), feature_version=(3, 4))
    assert not [node for node in ast.walk(ast.parse(SETUP.read_text())) if isinstance(node, ast.JoinedStr)]


def test_an_old_python_is_a_line_and_no_traceback():
    ran = subprocess.run([sys.executable, "-c", OLD], cwd=ROOT, env=NO_OTHER, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (
        1,
        "tandem: Tandem needs Python 3.11 or newer; this is Python 3.8. Set PYTHON=… to a newer one.\n",
    )


def test_newer_pythons_that_only_pretend_to_run_are_left_alone(tmp_path):
    for name in ("python3.11", "python3.12", "python3.13"):
        shim = tmp_path / name
        shim.write_text(f"#!/bin/sh\necho 'pyenv: {name}: command not found' >&2\nexit 127\n")
        shim.chmod(0o755)
    ran = subprocess.run(
        [sys.executable, "-c", OLD], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert ran.stderr.startswith("tandem: Tandem needs Python 3.11 or newer")


@pytest.mark.parametrize("version", OLDER)
def test_an_old_python_of_this_machine_says_so_too(version):
    python = VERSIONS / version / "bin" / "python"
    ran = subprocess.run([python, SETUP], cwd=ROOT, env=NO_OTHER, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert f"this is Python {version.rpartition('.')[0]}." in ran.stderr
