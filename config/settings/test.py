"""Tests: plain static files, quick passwords, and the database that TEST_DATABASE_URL names (else SQLite in a file).

A file and not memory, because a browser's server and a real worker open the same database.
"""

import os
import tempfile
from pathlib import Path

os.environ["DATABASE_URL"] = (
    os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{tempfile.gettempdir()}/tandem-unused.sqlite3"
)
os.environ["REDIS_URL"] = ""  # this process queues in its database, where run_jobs() finds it; a real worker uses Redis
os.environ["EMAIL_URL"] = ""
os.environ.setdefault("SECRET_KEY", "only-for-tests")

from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, STORAGES

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": f"{tempfile.gettempdir()}/tandem-test-{os.getpid()}.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="tandem-media-"))
PUBLIC_URL = "http://testserver"
WHITENOISE_AUTOREFRESH = True  # nothing is collected for a test: files are found where they lie
DNS_RESOLVER = "none"  # nobody: a test that asks the DNS brings its own (tests/dns.py)
