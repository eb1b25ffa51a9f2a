"""Where was it read? The country of a network, from a MaxMind database on this machine (GEOIP_PATH); nothing leaves it.

What is looked up is the network that a hit keeps anyway, never a person's address.
"""

from __future__ import annotations

import logging
import os
from threading import Lock
from typing import Any

import maxminddb
from django.conf import settings

log = logging.getLogger(__name__)


def is_known() -> bool:
    """Has the operator given a database?"""
    return bool(settings.GEOIP_PATH)


def country_of(network: str) -> str | None:
    """Two letters, upper case (“DE”); "" where the database does not know, None where there is no database.

    `network` is written as “203.0.113.0/24”.
    """
    reader = _databases.current() if is_known() else None
    if reader is None:
        return None
    try:
        found: Any = reader.get(network.partition("/")[0]) if network else None
    except ValueError:
        return ""
    country = (found or {}).get("country") or (found or {}).get("registered_country") or {}
    code = str(country.get("iso_code") or "").upper()
    return code if len(code) == 2 else ""


def problem() -> str:
    """What is wrong with the database, in a sentence; "" where all is well or none is wanted."""
    if not is_known() or _databases.current() is not None:
        return ""
    return f"“{settings.GEOIP_PATH}” is no database of MaxMind that can be read."


class _Databases:
    """The file as it is now: a newer one in its place is opened without a restart."""

    def __init__(self) -> None:
        self._key: tuple[str, float] | None = None
        self._reader: maxminddb.Reader | None = None
        self._lock = Lock()

    def current(self) -> maxminddb.Reader | None:
        path = str(settings.GEOIP_PATH)
        try:
            key = (path, os.stat(path).st_mtime)
            with self._lock:
                if key != self._key:
                    self._key, self._reader = key, None
                    self._reader = maxminddb.open_database(path)
                return self._reader
        except (OSError, maxminddb.InvalidDatabaseError) as problem:
            log.error("The database of countries (GEOIP_PATH) cannot be read: %s", problem)
            return None


_databases = _Databases()
