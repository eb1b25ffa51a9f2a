"""Two people edit one thing in the admin: the second sees both versions, and nothing typed is lost."""

import json
import re

import pytest
from django.urls import reverse

from crm.models import Campaign, Role, RoleGrant, Sender
from marketing.actions.scores import create_scoring_model
from marketing.actions.segments import change_segment, create_segment
from marketing.models import Event, Speaker
from sales.models import Process
from tests.factories.crm import CampaignFactory, SenderFactory
from tests.factories.marketing_events import EventFactory

pytestmark = pytest.mark.django_db

INDIA = {"all": [{"test": "country", "op": "is", "value": "IN"}]}
GERMANY = {"all": [{"test": "country", "op": "is", "value": "DE"}]}


def opened(client, address):
    """What a browser would post back of this form, unchanged."""
    response = client.get(address)
    assert response.status_code == 200
    context = response.context
    form = context["adminform"].form if "adminform" in context else context["form"]
    formsets = [inline.formset for inline in context.get("inline_admin_formsets", [])]
    formsets += [context["rules"]] if "rules" in context else []
    data = _values_of(form)
    for formset in formsets:
        data |= _values_of(formset.management_form)
        for row in formset.forms:
            data |= _values_of(row)
    return data


def _values_of(form):
    found = {}
    for bound in form:
        value = bound.field.prepare_value(bound.value())
        shown = bound.field.widget.format_value(value) if not isinstance(value, (list, bool)) else value
        if shown not in (None, False):
            found[bound.html_name] = "on" if shown is True else shown
    return found


def table_of(response):
    """The rows of the two versions: [field, now saved, typed]."""
    body = response.content.decode().partition('class="stale"')[2].partition("</section>")[0]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>", body, re.DOTALL)
    return [tuple(re.sub(r"\s+", " ", cell).strip() for cell in row) for row in rows]


def test_a_campaign_that_somebody_saved_meanwhile_is_shown_in_both_versions(client, marketer):
    campaign = CampaignFactory(name="Webinar", budget=100)
    address = reverse("admin:crm_campaign_change", args=[campaign.pk])
    client.force_login(marketer)
    form = opened(client, address)
    Campaign.objects.filter(pk=campaign.pk).update(name="Their webinar")

    response = client.post(address, {**form, "name": "My webinar", "description": "Typed for an hour"})
    assert response.status_code == 409
    assert table_of(response) == [("Name", "Their webinar", "My webinar")]
    assert "Typed for an hour" in response.content.decode()
    assert Campaign.objects.get().name == "Their webinar"

    again = {**form, "name": "My webinar", "description": "Typed for an hour"}
    again["seen"] = response.context["adminform"].form["seen"].value()
    assert client.post(address, again).status_code == 302
    assert (Campaign.objects.get().name, Campaign.objects.get().description) == ("My webinar", "Typed for an hour")


def test_whoever_typed_the_same_or_elsewhere_is_not_held_up(client, marketer):
    campaign = CampaignFactory(name="Webinar")
    address = reverse("admin:crm_campaign_change", args=[campaign.pk])
    client.force_login(marketer)
    form = opened(client, address)
    Campaign.objects.filter(pk=campaign.pk).update(name="Webinar II")
    assert client.post(address, {**form, "name": "Webinar II"}).status_code == 302


def test_a_form_that_nobody_else_touched_is_saved(client, administrator):
    """What was seen reads the same when it comes back: for every kind of field these forms have."""
    client.force_login(administrator)
    event = EventFactory()
    Speaker.objects.create(event=event, name="Ines Speaker")
    for address in (
        reverse("admin:marketing_event_change", args=[event.pk]),
        reverse("admin:crm_role_change", args=[Role.objects.get(key="rep").pk]),
        reverse("admin:crm_user_change", args=[administrator.pk]),
        reverse("admin:sales_process_change", args=[Process.objects.get().pk]),
    ):
        response = client.post(address, opened(client, address))
        assert response.status_code == 302, (address, response.context["adminform"].form.errors)


def test_a_sender_of_the_set_up_has_no_version_and_is_watched_all_the_same(client, marketer):
    sender = SenderFactory(name="Northwind")
    address = reverse("admin:crm_sender_change", args=[sender.pk])
    client.force_login(marketer)
    form = opened(client, address)
    Sender.objects.update(reply_to="theirs@northwind.example")
    response = client.post(address, {**form, "reply_to": "mine@northwind.example"})
    assert table_of(response) == [("Reply to", "theirs@northwind.example", "mine@northwind.example")]
    assert Sender.objects.get().reply_to == "theirs@northwind.example"


def test_what_a_role_reaches_is_compared_grant_by_grant(client, administrator):
    role = Role.objects.get(key="rep")
    address = reverse("admin:crm_role_change", args=[role.pk])
    client.force_login(administrator)
    form = opened(client, address)
    RoleGrant.objects.filter(role=role, resource="sales.lead", verb="delete").update(depth=4)
    response = client.post(address, {**form, "grant:sales.lead:delete": "1"})
    assert table_of(response) == [("Leads: Delete", "Everything", "Own")]
    assert RoleGrant.objects.get(role=role, resource="sales.lead", verb="delete").depth == 4


def test_rows_beside_a_form_are_watched_too(client, marketer):
    event = EventFactory()
    address = reverse("admin:marketing_event_change", args=[event.pk])
    client.force_login(marketer)
    form = opened(client, address)
    Speaker.objects.create(event=event, name="Ines Speaker")
    response = client.post(address, {**form, "title": "Mine"})
    assert table_of(response) == [("Speakers", "Ines Speaker", "As below")]
    assert Event.objects.get().title != "Mine"


def test_the_rule_of_a_segment_is_shown_in_words(client, marketer):
    segment = create_segment(name="India", kind="dynamic", rule=INDIA, by=marketer)
    address = reverse("admin:marketing_segment_change", args=[segment.pk])
    client.force_login(marketer)
    form = opened(client, address)
    change_segment(segment, rule=GERMANY, by=marketer)
    response = client.post(
        address, {**form, "rule": json.dumps({"all": [{"test": "city", "op": "is", "value": "Pune"}]})}
    )
    assert response.status_code == 409
    assert table_of(response) == [("Who is in it", "Country is Germany", "City is Pune")]
    segment.refresh_from_db()
    assert segment.rule == GERMANY


def test_the_points_of_a_scoring_model_are_watched(client, marketer):
    line = {"label": "Lives in India", "points": 5, "limit": None, "when": INDIA}
    model = create_scoring_model(name="Interest", rules=[line], warm_at=5, ready_at=10, by=marketer)
    address = reverse("admin:marketing_scoringmodel_change", args=[model.pk])
    client.force_login(marketer)
    form = opened(client, address)
    model.rules.update(points=50)
    response = client.post(address, {**form, "name": "Mine"})
    assert response.status_code == 409
    assert table_of(response) == [("Points", "Lives in India: 50", "As below")]
    model.refresh_from_db()
    assert model.name == "Interest"
    assert client.post(address, {**form, "seen": response.context["form"]["seen"].value()}).status_code == 302
