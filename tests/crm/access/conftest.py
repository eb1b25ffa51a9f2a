"""Two teams that do not see each other: Rita sells in the north, Sven in the south."""

import pytest

from tests.factories.crm import TeamFactory, UserFactory


@pytest.fixture
def south(db):
    return TeamFactory(name="Sales South")


@pytest.fixture
def sven(south):
    return UserFactory(name="Sven South", email="sven@tandem.example", team=south, roles=["rep"])
