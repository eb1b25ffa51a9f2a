"""Contacts: list, page, editing, who sees what."""

import pytest
from django.urls import reverse

from crm.models import Contact
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def names(answer):
    return [str(row) for row in answer.context["page"]]


def test_the_list_shows_what_the_rep_may_see(client, rep):
    mine = ContactFactory(owner=rep)
    ContactFactory(owner=UserFactory(team=TeamFactory()))
    client.force_login(rep)
    assert names(client.get("/contacts/")) == [str(mine)]


def test_prospects_stay_out_of_the_list_until_they_are_asked_for(client, rep):
    known = ContactFactory(owner=rep, last_name="Known")
    prospect = ContactFactory(owner=rep, is_prospect=True, last_name="Prospect")
    client.force_login(rep)
    assert names(client.get("/contacts/")) == [str(known)]
    assert names(client.get("/contacts/?prospects=only")) == [str(prospect)]
    assert names(client.get("/contacts/?prospects=with")) == [str(known), str(prospect)]


def test_every_word_of_a_search_must_match(client, rep):
    ContactFactory(owner=rep, first_name="Asha", last_name="Iyer")
    ContactFactory(owner=rep, first_name="Lena", last_name="Rao", email="lena@customer.example")
    wanted = ContactFactory(owner=rep, first_name="Asha", last_name="Rao")
    client.force_login(rep)
    assert names(client.get("/contacts/?q=rao+asha")) == [str(wanted)]


def test_a_search_without_a_hit_says_so_and_offers_to_clear(client, rep):
    ContactFactory(owner=rep)
    client.force_login(rep)
    assert "Nothing matches" in client.get("/contacts/?q=nobody").content.decode()


def test_an_empty_list_teaches(client, rep):
    client.force_login(rep)
    assert "No contacts yet" in client.get("/contacts/").content.decode()


def test_the_list_costs_the_same_with_one_row_and_with_three(client, rep, django_assert_max_num_queries):
    client.force_login(rep)
    for _ in range(3):
        ContactFactory(owner=rep, account=AccountFactory())
        with django_assert_max_num_queries(12):
            client.get("/contacts/")


def test_the_page_stays_under_twenty_queries(client, rep, django_assert_max_num_queries):
    contact = ContactFactory(owner=rep, account=AccountFactory())
    client.force_login(rep)
    client.get(contact.get_absolute_url())
    with django_assert_max_num_queries(20):
        assert client.get(contact.get_absolute_url()).status_code == 200


def test_a_contact_of_another_team_does_not_exist_for_a_rep(client, rep):
    other = ContactFactory(owner=UserFactory(team=TeamFactory()))
    client.force_login(rep)
    for path in (
        other.get_absolute_url(),
        f"/records/crm.contact/{other.pk}/edit/",
        f"/history/crm.contact/{other.pk}/",
    ):
        assert client.get(path).status_code == 404


def test_a_contact_of_a_colleague_is_seen_but_not_changed(client, rep):
    theirs = ContactFactory(owner=UserFactory(team=TeamFactory(), roles=["rep"]))
    reader = UserFactory(team=theirs.owner.team, roles=["rep"])
    from crm.models import RoleGrant

    RoleGrant.objects.filter(role__key="rep", resource="crm.contact", verb="change").update(depth=1)
    client.force_login(reader)
    assert client.get(theirs.get_absolute_url()).status_code == 200
    answer = client.get(f"/records/crm.contact/{theirs.pk}/edit/")
    assert answer.status_code == 403
    assert "does not let you change it" in answer.content.decode()


def test_a_contact_is_made_and_belongs_to_who_made_it(client, rep):
    client.force_login(rep)
    client.post("/contacts/new/", {"last_name": "Rao", "email": "asha@customer.example", "is_active": "on"})
    made = Contact.objects.get()
    assert (made.owner, made.created_by, made.is_prospect) == (rep, rep, False)


def test_a_wrong_address_is_told_at_its_field_with_the_text_kept(client, rep):
    client.force_login(rep)
    answer = client.post("/contacts/new/", {"last_name": "Rao", "email": "nonsense"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["email"]
    assert 'value="nonsense"' in answer.content.decode()
    assert not Contact.objects.exists()


def test_a_stale_save_shows_both_and_loses_nothing(client, rep):
    contact = ContactFactory(owner=rep, last_name="Rao", city="Pune")
    client.force_login(rep)
    edit = f"/records/crm.contact/{contact.pk}/edit/"
    form = {"last_name": "Rao", "is_active": "on", "owner": rep.pk, "country": "IN", "version": 1}
    assert client.post(edit, {**form, "city": "Chennai"}).status_code == 302
    answer = client.post(edit, {**form, "city": "Berlin"})
    assert answer.status_code == 412
    conflict = {c.label: (c.theirs, c.yours) for c in answer.context["conflicts"]}
    assert conflict == {"City": ("Chennai", "Berlin")}
    contact.refresh_from_db()
    assert (contact.city, contact.version) == ("Chennai", 2)
    again = client.post(
        edit, {**form, "city": "Berlin", "version": answer.context["form"]["version"].value(), "whose:city": "mine"}
    )
    assert again.status_code == 302
    contact.refresh_from_db()
    assert contact.city == "Berlin"


def test_the_history_says_who_changed_what(client, rep):
    contact = ContactFactory(owner=rep, city="Pune")
    client.force_login(rep)
    client.post(
        f"/records/crm.contact/{contact.pk}/edit/",
        {"last_name": contact.last_name, "first_name": "Asha", "city": "Berlin", "owner": rep.pk, "is_active": "on",
         "country": "IN", "email": contact.email, "version": 1},
    )  # fmt: skip
    event = client.get(f"/history/crm.contact/{contact.pk}/").context["page"].events[0]
    assert (event.who, event.source) == (rep, "on a page")
    assert [(c.field, c.before, c.after) for c in event.changes] == [("City", "Pune", "Berlin")]


def test_markup_in_a_name_is_text(client, rep):
    contact = ContactFactory(owner=rep, last_name="<script>alert(1)</script>")
    client.force_login(rep)
    for path in ("/contacts/", contact.get_absolute_url(), "/search/?q=asha"):
        assert "<script>alert(1)" not in client.get(path).content.decode()


def test_a_visitor_is_led_to_sign_in(client, rep):
    assert client.get("/contacts/")["Location"] == f"{reverse('account_login')}?next=/contacts/"
