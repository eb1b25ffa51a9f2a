"""Templates of the emails that people write: who has them, what they say, how they are changed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from crm.actions.attachments import attach_file, attachments_of
from crm.actions.email_templates import change_template, copy_template, create_template
from crm.errors import Forbidden, Invalid, Stale
from crm.models import EmailTemplate
from crm.queries.template_words import filled, tokens_for
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory, OpportunityFactory
from tests.factories.letters import EmailTemplateFactory

pytestmark = pytest.mark.django_db

FACTS = {"name": "Follow up", "subject": "Hello", "html": "<p>Hi</p>", "about": "", "language": "", "is_active": True}


def names(user):
    return set(EmailTemplate.objects.visible_to(user).values_list("name", flat=True))


def test_a_personal_one_is_its_writers_a_teams_is_its_teams_and_the_companys_everybodys(rep, manager, marketer):
    create_template(**{**FACTS, "name": "Mine"}, reach="personal", by=rep)
    create_template(**{**FACTS, "name": "Ours"}, reach="team", by=rep)
    create_template(**{**FACTS, "name": "All"}, reach="everybody", by=manager)
    stranger = UserFactory(team=TeamFactory(name="Sales South"), roles=["rep"])
    assert names(rep) == {"Mine", "Ours", "All"}
    assert names(manager) == {"Ours", "All"}
    assert names(stranger) == names(marketer) == {"All"}


def test_a_rep_changes_their_own_and_gives_none_to_everybody(rep, manager):
    with pytest.raises(Forbidden, match="your team is the most"):
        create_template(**FACTS, reach="everybody", by=rep)
    shared = create_template(**FACTS, reach="everybody", by=manager)
    editable = EmailTemplate.objects.editable_by(rep)
    assert not editable.filter(pk=shared.pk).exists()
    assert EmailTemplate.objects.editable_by(manager).filter(pk=shared.pk).exists()


def test_somebody_without_a_team_has_nobody_to_share_with():
    alone = UserFactory(team=None, roles=["rep"])
    with pytest.raises(Invalid, match="You are in no team") as told:
        create_template(**FACTS, reach="team", by=alone)
    assert told.value.field == "reach"


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"name": ""}, "name", "Give it a name"),
        ({"subject": "{{ contact.nam }}"}, "subject", "Nothing is known as “contact.nam”"),
        ({"html": "<p>{{ opportunity.topic }}</p>"}, "html", "Nothing is known as “opportunity.topic”"),
        ({"html": "<p>{% if %}</p>"}, "html", "This is not written right"),
        ({"about": "sales.spaceship"}, "about", "no records of the kind"),
    ],
)
def test_what_cannot_be_filled_is_told_where_it_stands(rep, wrong, field, said):
    with pytest.raises(Invalid, match=said) as told:
        create_template(**{**FACTS, **wrong}, reach="personal", by=rep)
    assert told.value.field == field
    assert not EmailTemplate.objects.exists()


def test_every_field_of_the_record_can_be_said_in_words(rep):
    deal = OpportunityFactory(owner=rep, topic="Turbines & more")
    assert ("Opportunity: Topic", "opportunity.topic") in tokens_for("sales.opportunity")
    said = filled(
        "{{ opportunity.topic }} for {{ account.name }}",
        "<p>{{ opportunity.topic }}, {{ sender.name }}, {{ contact.job_title }}</p>",
        record=deal, contact=deal.contact, by=rep,
    )  # fmt: skip
    assert said.subject == f"Turbines & more for {deal.account.name}"
    assert "<p>Turbines &amp; more, Rita Rep" in said.html
    lead = LeadFactory(owner=rep)
    for _label, token in tokens_for("sales.lead"):
        filled("x", f"{{{{ {token} }}}}", record=lead, contact=lead.contact, by=rep)


def test_what_is_not_known_of_the_reader_is_named_unless_another_word_stands_for_it(rep):
    nameless = ContactFactory(first_name="", job_title="", owner=rep)
    said = filled(
        "Hello", '<p>{{ contact.first_name | default: "there" }} {{ contact.job_title }}</p>',
        record=nameless, contact=nameless, by=rep,
    )  # fmt: skip
    assert said.empty == ["contact.job_title"]
    assert "there" in said.html


def test_a_copy_is_personal_and_has_the_files(rep, manager):
    shared = EmailTemplateFactory(owner=manager, reach="everybody")
    attach_file(shared, SimpleUploadedFile("terms.txt", b"Terms"), by=manager)
    copy = copy_template(shared, by=rep)
    assert (copy.owner, copy.reach, copy.html) == (rep, "personal", shared.html)
    assert [one.name for one in attachments_of(copy)] == ["terms.txt"]


def test_two_who_change_one_at_once_are_told(rep):
    template = create_template(**FACTS, reach="personal", by=rep)
    change_template(template, subject="New", by=rep, version=1)
    with pytest.raises(Stale, match="changed by somebody else"):
        change_template(template, subject="Newer", by=rep, version=1)


def test_the_pages_show_what_one_may_see_and_no_more(rep, manager, client):
    own = EmailTemplateFactory(owner=rep, name="My own")
    theirs = EmailTemplateFactory(owner=manager, name="Of the manager")
    shared = EmailTemplateFactory(owner=manager, name="Of the company", reach="everybody")
    client.force_login(rep)
    listed = client.get(reverse("crm:email-templates")).content.decode()
    assert "My own" in listed
    assert "Of the company" in listed
    assert "Of the manager" not in listed
    assert client.get(theirs.get_absolute_url()).status_code == 404
    assert b"Make a copy of my own" in client.get(shared.get_absolute_url()).content
    assert client.post(reverse("crm:email-template-delete", args=[shared.pk])).status_code == 403
    client.post(reverse("crm:email-template-delete", args=[own.pk]))
    assert not EmailTemplate.objects.filter(pk=own.pk).exists()


def test_a_form_with_a_wrong_token_comes_back_with_its_text(rep, client):
    client.force_login(rep)
    posted = {**FACTS, "html": "<p>Dear {{ contact.fist_name }}</p>", "reach": "personal"}
    page = client.post(reverse("crm:email-template-new"), posted)
    assert page.status_code == 422
    assert "Did you mean “contact.first_name”?" in page.content.decode()
    assert "Dear {{ contact.fist_name }}" in page.content.decode().replace("&lt;p&gt;", "")


def test_a_look_shows_the_template_as_its_reader_gets_it(rep, client):
    asha = ContactFactory(first_name="Asha", owner=rep)
    client.force_login(rep)
    posted = {"subject": "For {{ contact.first_name }}", "html": "<p>Hi<script>x</script></p>", "reader": asha.pk}
    said = client.post(reverse("crm:email-template-preview"), posted).content.decode()
    assert "<h3>For Asha</h3><p>Hi</p>" in said
    posted["subject"] = "For {{ nobody }}"
    assert "Nothing is known as “nobody”" in client.post(reverse("crm:email-template-preview"), posted).content.decode()
