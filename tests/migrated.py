"""Migrated databases, kept between runs: whoever starts tests begins with a copy, and applies only what is new to it.

One is known by what its migrations say. The best one is taken whose migrations are all among ours, word for word; where
there is none, everything is migrated once. Triggers and rights are put right after every migrate, also after an empty one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.utils import DatabaseError

ROOT = Path(__file__).resolve().parents[1]
KEPT = Path(tempfile.gettempdir()) / "tandem-migrated"


@cache
def ours() -> dict[str, str]:
    """{path: hash} of every migration, and of the libraries that bring their own."""
    paths = [*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "requirements" / "base.txt"]
    return {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()[:20] for path in paths}


@cache
def name() -> str:
    return "tandem_migrated_" + hashlib.sha256(json.dumps(ours()).encode()).hexdigest()[:16]


def lay_out() -> bool:
    """Put a copy where Django is about to make the database. Answers whether that one is to be kept as it lies there."""
    if connection.vendor == "sqlite":
        best = _best({path.stem for path in KEPT.glob("*.sqlite3")})
        if best:
            _copy(KEPT / f"{best}.sqlite3", Path(connection.settings_dict["TEST"]["NAME"]))
        return bool(best)
    if best := _best(_databases()):
        connection.settings_dict["TEST"]["TEMPLATE"] = best
    return False


def keep() -> None:
    """Keep the database that was just made, for the next run; another run may be first."""
    if connection.vendor == "sqlite":
        if not (KEPT / f"{name()}.sqlite3").exists():
            _note()
            _copy(Path(connection.settings_dict["NAME"]), KEPT / f"{name()}.sqlite3")
    elif name() not in _databases():
        _note()
        _keep_postgresql()


def _best(there: set[str]) -> str:
    found = [(len(said), stem) for stem, said in _known().items() if stem in there and said.items() <= ours().items()]
    return max(found, default=(0, ""))[1]


def _known() -> dict[str, dict[str, str]]:
    return {path.stem: json.loads(path.read_text()) for path in KEPT.glob("*.json")}


def _note() -> None:
    KEPT.mkdir(exist_ok=True)
    fresh = KEPT / f"{name()}.{os.getpid()}"
    fresh.write_text(json.dumps(ours()))
    fresh.replace(KEPT / f"{name()}.json")


def _copy(source: Path, target: Path) -> None:
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    with contextlib.closing(sqlite3.connect(source)) as one, contextlib.closing(sqlite3.connect(fresh)) as other:
        one.backup(other)
    fresh.replace(target)


def _databases() -> set[str]:
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'tandem_migrated_%%'")
        return {found for (found,) in cursor.fetchall()}


def _keep_postgresql() -> None:
    quote: Any = connection.ops.quote_name
    made = connection.settings_dict["NAME"]
    connection.close()
    with connection._nodb_cursor() as cursor, contextlib.suppress(DatabaseError):  # type: ignore[attr-defined]
        cursor.execute(f"CREATE DATABASE {quote(name())} TEMPLATE {quote(made)}")
