"""/api/v1/letters/ and /api/v1/email-templates/."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from crm.models import Activity, EmailTemplate
from tests.factories.crm import ContactFactory, UserFactory
from tests.factories.deals import LeadFactory
from tests.factories.letters import EmailTemplateFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(rep):
    client = APIClient()
    client.force_authenticate(rep)
    return client


@pytest.fixture
def lead(rep):
    return LeadFactory(owner=rep, contact=ContactFactory(first_name="Asha", owner=rep))


def test_a_template_is_made_filled_and_sent_with(api, rep, lead, run_jobs):
    made = api.post(
        "/api/v1/email-templates/",
        {"name": "Hello", "subject": "Hi {{ contact.first_name }}", "html": "<p>About {{ lead.topic }}</p>", "about": "sales.lead"},
        format="json",
    )  # fmt: skip
    assert made.status_code == 201, made.data
    said = api.post(
        f"/api/v1/email-templates/{made.data['id']}/fill/", {"on": f"sales.lead:{lead.pk}"}, format="json"
    ).data
    assert said == {"subject": "Hi Asha", "html": f"<p>About {lead.topic}</p>", "empty": []}
    sent = api.post(
        "/api/v1/letters/", {"on": f"sales.lead:{lead.pk}", "template": made.data["id"], **{k: said[k] for k in ("subject", "html")}},
        format="json",
    )  # fmt: skip
    assert sent.status_code == 201, sent.data
    assert sent.data["status"] == "waiting"
    run_jobs()
    read = api.get(f"/api/v1/letters/{sent.data['id']}/").data
    assert (read["status"], read["opens"], read["to"]) == ("done", 0, lead.contact.pk)


def test_one_that_waits_is_taken_back_and_another_sent_now(api, lead):
    later = (timezone.now() + timedelta(days=1)).isoformat()
    asked = {"on": f"sales.lead:{lead.pk}", "subject": "Hi", "html": "<p>Hi</p>", "due_at": later}
    first, second = (api.post("/api/v1/letters/", asked, format="json").data["id"] for _ in range(2))
    assert api.post(f"/api/v1/letters/{first}/take-back/").data["status"] == "cancelled"
    assert api.post(f"/api/v1/letters/{first}/take-back/").status_code == 409
    api.post(f"/api/v1/letters/{second}/send-now/")
    assert Activity.objects.get(pk=second).due_at <= timezone.now()


def test_what_is_wrong_is_told_at_its_field(api, rep, lead):
    asked = {"on": f"sales.lead:{lead.pk}", "subject": "Hi", "html": "<p>{{ nobody }}</p>"}
    answer = api.post("/api/v1/letters/", asked, format="json")
    assert answer.status_code == 400
    assert "Nothing is known as “nobody”" in str(answer.data)
    hidden = ContactFactory(owner=UserFactory(roles=["rep"]))
    answer = api.post("/api/v1/letters/", {"to": hidden.pk, "subject": "Hi", "html": "<p>Hi</p>"}, format="json")
    assert answer.status_code == 400
    assert api.post("/api/v1/letters/", {"subject": "Hi", "html": "<p>Hi</p>"}, format="json").status_code == 400


def test_templates_of_others_do_not_exist_and_shared_ones_are_only_read(api, manager):
    hidden = EmailTemplateFactory(owner=manager)
    shared = EmailTemplateFactory(owner=manager, reach="everybody")
    assert [row["id"] for row in api.get("/api/v1/email-templates/").data["results"]] == [shared.pk]
    assert api.get(f"/api/v1/email-templates/{hidden.pk}/").status_code == 404
    assert api.patch(f"/api/v1/email-templates/{shared.pk}/", {"name": "Mine"}, format="json").status_code == 403
    assert api.delete(f"/api/v1/email-templates/{shared.pk}/").status_code == 403
    assert EmailTemplate.objects.filter(pk=shared.pk).exists()
