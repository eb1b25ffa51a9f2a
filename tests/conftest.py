"""Fixtures that every test may ask for. Rows come from tests/factories; jobs run for real with `run_jobs`."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django.plugin import blocking_manager_key

from config.words import compile_words
from crm.delivery.hits import floods, tracked_links
from tests import migrated
from tests.factories.crm import TeamFactory, UserFactory

compile_words()


def is_transactional(item):
    marker = item.get_closest_marker("django_db")
    wants = {"live_server", "transactional_db", "worker"} & set(item.fixturenames)
    return bool(wants or (marker and marker.kwargs.get("transaction")))


def pytest_collection_modifyitems(items):
    for item in items:
        if is_transactional(item):
            item.fixturenames.append("django_db_serialized_rollback")
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item, nextitem):
    """A test with real transactions ends with empty tables; the rows that migrations made come back for the next one."""
    result = yield
    if nextitem and is_transactional(item) and hasattr(connection, "_test_serialized_contents"):
        with item.config.stash[blocking_manager_key].unblock():
            connection.creation.deserialize_db_from_string(connection._test_serialized_contents)
            connection.close()
    return result


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings, django_db_blocker):
    """True where a migrated copy lies ready (tests/migrated.py): Django then makes none."""
    with django_db_blocker.unblock():
        return migrated.lay_out()


@pytest.fixture(scope="session")
def django_db_setup(django_db_keepdb, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        migrated.keep()
    yield
    if django_db_keepdb:
        connection.close()
        Path(connection.settings_dict["NAME"]).unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What a web process remembers of links and floods; ids begin anew in each test."""
    tracked_links.forget()
    floods.forget()


@pytest.fixture
def team(db):
    return TeamFactory(name="Sales North")


@pytest.fixture
def rep(team):
    return UserFactory(name="Rita Rep", email="rita@tandem.example", team=team, roles=["rep"])


@pytest.fixture
def manager(team):
    return UserFactory(name="Max Manager", email="max@tandem.example", team=team, roles=["manager"])


@pytest.fixture
def marketer(db):
    return UserFactory(name="Mia Marketer", email="mia@tandem.example", roles=["marketer"])


@pytest.fixture
def administrator(db):
    return UserFactory(name="Ada Admin", email="ada@tandem.example", roles=["administrator"], is_superuser=True)


@pytest.fixture
def run_jobs(db):
    """Run what is queued and due until nothing is left, as worker and supervisor would.

    `run_jobs(later=timedelta(hours=1))` does so at that later time: the whole process sees the moved clock.
    """
    from tests.jobs import drain

    def run(later: timedelta = timedelta()) -> int:
        with time_machine.travel(timezone.now() + later):
            return drain()

    return run


@pytest.fixture
def worker(transactional_db):
    """A real supervisor with a real qcluster on this test's database, as `manage.py serve --no-web` starts it."""
    from tests.worker import Worker

    with Worker() as started:
        yield started
