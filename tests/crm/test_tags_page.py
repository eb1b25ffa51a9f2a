"""Set-up › Tags, and the doors to what an administrator looks after."""

import pytest
from django.urls import reverse

from crm.actions.tags import merge_tags, set_tags, tags_of
from crm.errors import Invalid
from crm.models import Tag, Tagging
from tests.factories.crm import AccountFactory, ContactFactory

pytestmark = pytest.mark.django_db
LIST = "admin:crm_tag_changelist"


@pytest.fixture
def tagged(administrator):
    asha, ben, firm = ContactFactory(), ContactFactory(), AccountFactory()
    for record, names in ((asha, ["Partner", "Parnter"]), (ben, ["Parnter", "Partners"]), (firm, ["Partner"])):
        set_tags(record, names, by=administrator)
    return asha, ben, firm


def test_tags_become_one_and_every_record_has_it_once(tagged, administrator):
    tags = {tag.name: tag for tag in Tag.objects.all()}
    kept = merge_tags([tags["Partner"], tags["Parnter"], tags["Partners"]], by=administrator)
    assert (kept.name, Tag.objects.count(), Tagging.objects.count()) == ("Partner", 1, 3)
    assert [[tag.name for tag in tags_of([one])[one.pk]] for one in tagged] == [["Partner"]] * 3
    with pytest.raises(Invalid, match="at least two"):
        merge_tags([kept], by=administrator)


def test_the_page_counts_renames_makes_one_and_deletes(client, manager, tagged, django_assert_max_num_queries):
    client.force_login(manager)
    client.get(reverse(LIST))
    with django_assert_max_num_queries(20):
        page = client.get(reverse(LIST)).text
    assert 'class="field-used">2</td>' in page
    tag = Tag.objects.get(name="Partners")
    edit = reverse("admin:crm_tag_change", args=[tag.pk])
    refused = client.post(edit, {"name": " PARTNER ", "colour": "red"})
    assert "There is a tag “Partner” already" in refused.text
    client.post(edit, {"name": "Reseller", "colour": "red"})
    tag.refresh_from_db()
    assert (tag.name, tag.colour) == ("Reseller", "red")
    ids = list(Tag.objects.values_list("pk", flat=True))
    said = client.post(reverse(LIST), {"action": "make_one", "_selected_action": ids}, follow=True)
    assert "They are one now: “Parnter”." in said.text or "They are one now: “Partner”." in said.text
    left = Tag.objects.get()
    shown = client.get(reverse("admin:crm_tag_delete", args=[left.pk])).text
    assert "Records that lose it: 3" in shown
    client.post(reverse("admin:crm_tag_delete", args=[left.pk]), {"post": "yes"})
    assert not Tagging.objects.exists()


@pytest.mark.parametrize(
    ("page", "said"), [(LIST, "No tags yet"), ("admin:crm_apitoken_changelist", "No API tokens yet")]
)
def test_an_empty_list_teaches(client, administrator, page, said):
    client.force_login(administrator)
    assert said in client.get(reverse(page)).text


def test_the_menus_have_their_doors(client, administrator, rep):
    client.force_login(administrator)
    page = client.get("/contacts/").text
    assert reverse(LIST) in page
    assert reverse("admin:crm_apitoken_changelist") in page
    asha = ContactFactory(owner=rep)
    client.force_login(rep)
    page = client.get(asha.get_absolute_url()).text
    assert reverse("crm:access", args=["crm.contact", asha.pk]) in page
    assert reverse(LIST) not in page
