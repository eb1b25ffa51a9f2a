"""An inactive account or contact is read-only wherever one tries, until it is reactivated."""

import pytest
from auditlog.models import LogEntry
from rest_framework.test import APIClient

from crm.actions.activation import deactivate_record, reactivate_record
from crm.actions.records import change_record
from crm.errors import NotAllowed
from crm.models import Interaction
from tests.factories.crm import AccountFactory, ContactFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(rep):
    client = APIClient()
    client.force_authenticate(rep)
    return client


@pytest.mark.parametrize("make", [AccountFactory, ContactFactory])
def test_it_is_kept_in_the_log_and_in_the_history_and_comes_back(rep, make):
    record = deactivate_record(make(owner=rep), reason="Moved away", by=rep)
    assert (record.is_active, record.version) == (False, 2)
    row = Interaction.objects.get(kind="record.deactivated")
    assert (row.actor, row.data) == (rep, {"text": "Moved away"})
    assert LogEntry.objects.get_for_object(record).first().changes["is_active"] == ["True", "False"]
    with pytest.raises(NotAllowed, match="read-only"):
        change_record(record, {"city": "Kiel"}, by=rep)
    with pytest.raises(NotAllowed, match="inactive already"):
        deactivate_record(record, by=rep)
    assert change_record(reactivate_record(record, by=rep), {"city": "Kiel"}, by=rep).city == "Kiel"


def test_the_api_answers_409_with_the_sentence(api, rep):
    contact = ContactFactory(owner=rep)
    address = f"/api/v1/contacts/{contact.pk}/"
    assert api.post(f"{address}deactivate/", {"reason": "Retired"}).data["is_active"] is False
    answer = api.patch(address, {"city": "Kiel"})
    assert answer.status_code == 409
    assert "It is inactive, and so read-only. Reactivate it to change it." in answer.data["title"]
    assert api.post(f"{address}reactivate/").data["is_active"] is True
    assert api.patch(address, {"city": "Kiel"}).status_code == 200


def test_activity_is_a_command_and_no_field(api, rep):
    address = f"/api/v1/accounts/{AccountFactory(owner=rep).pk}/"
    refused = api.patch(address, {"is_active": False})
    assert (refused.status_code, refused.data["errors"][0]["path"]) == (400, "is_active")
    assert api.patch(address, {"is_active": True, "city": "Kiel"}).status_code == 200


def test_what_is_anothers_is_not_deactivated(api):
    other = AccountFactory(owner=UserFactory(roles=["rep"]))
    assert api.post(f"/api/v1/accounts/{other.pk}/deactivate/").status_code == 403
