"""Being told: under the bell, by mail at once, by a digest in the morning, by a mention; and a person's own settings."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from crm.actions.activities import log_activity
from crm.actions.digests import send_due_digests
from crm.actions.notifications import notify, notify_many
from crm.hooks import notices
from crm.mentions import mentioned, with_mentions
from crm.models import Letter, Message, Notification
from tests.factories.crm import AccountFactory, ContactFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory

TUESDAY = datetime(2026, 11, 24, 7, 30, tzinfo=ZoneInfo("Europe/Berlin"))


def letters():
    return [(m.address, Letter.objects.get(pk=m.content_id).subject) for m in Message.objects.order_by("pk")]


def test_a_line_stands_under_the_bell_once_for_a_key(rep):
    for _ in range(2):
        notify(rep, "Asha opened your quote", "/leads/1/", key="quote:1")
    assert list(Notification.objects.values_list("user", "text")) == [(rep.pk, "Asha opened your quote")]


def test_everybody_is_told_as_they_chose(rep, manager, marketer):
    manager.notices = {"news": "mail"}
    marketer.notices = {"news": "off"}
    manager.save()
    marketer.save()
    notify_many([rep, manager, marketer], "The office moves", "/")
    assert set(Notification.objects.values_list("user", flat=True)) == {rep.pk, manager.pk}
    assert letters() == [("max@tandem.example", "The office moves")]


def test_who_has_left_is_told_nothing(rep):
    rep.is_active = False
    rep.save()
    notify(rep, "A lead for you")
    assert not Notification.objects.exists()


def test_a_kind_nobody_declared_is_an_error(rep):
    with pytest.raises(LookupError, match="no kind of notification “gossip”"):
        notify(rep, "Psst", kind="gossip")


def test_the_digest_comes_in_the_readers_morning_with_what_is_unread_and_only_once(rep):
    rep.time_zone = "Europe/Berlin"
    rep.save()
    notify(rep, "A lead for you", "/leads/1/")
    assert send_due_digests(TUESDAY.replace(hour=6)) == 0
    assert send_due_digests(TUESDAY) == 1
    assert send_due_digests(TUESDAY.replace(hour=9)) == 0
    assert letters() == [("rita@tandem.example", "1 thing for you in Tandem")]
    assert "http://testserver/leads/1/" in Letter.objects.get().text


def test_there_is_no_digest_without_news_nor_for_who_wants_none(rep, manager):
    manager.digest = "never"
    manager.save()
    notify(manager, "A lead for you")
    notify(rep, "Read already")
    Notification.objects.filter(user=rep).update(read_at=TUESDAY)
    assert send_due_digests(TUESDAY) == 0


def test_the_weekly_digest_waits_for_monday(rep):
    rep.digest = "weekly"
    rep.save()
    notify(rep, "A lead for you")
    assert [send_due_digests(TUESDAY), send_due_digests(TUESDAY.replace(day=30, hour=12))] == [0, 1]


def test_a_colleague_is_mentioned_by_name(rep, manager):
    UserFactory(name="Max")
    assert mentioned("@Max Manager, please look; mail max@example.com") == [manager]


def test_who_is_mentioned_in_a_note_is_told_with_a_link(client, rep, manager):
    account = AccountFactory(name="Northwind", owner=rep)
    client.force_login(rep)
    client.post(f"/activities/new/?kind=note&on=crm.account:{account.pk}", {"body": "Please call, @max manager"})
    note = Notification.objects.get()
    assert (note.user, note.text, note.url) == (
        manager, "Rita Rep mentioned you on “Northwind”.", account.get_absolute_url(),
    )  # fmt: skip


def test_who_may_not_see_the_record_is_not_told_of_it(rep):
    other = UserFactory(name="Sam South", team=TeamFactory(name="South"), roles=["rep"])
    log_activity(kind="note", subject="For @Sam South", by=rep, regarding=LeadFactory(owner=rep))
    assert not Notification.objects.filter(user=other).exists()


def test_a_mention_is_drawn_and_markup_is_not():
    assert with_mentions("<b> @Max Manager.") == '&lt;b&gt; <span class="mention">@Max Manager</span>.'
    assert with_mentions("mail@example.com") == "mail@example.com"


def test_names_are_offered_behind_an_at_sign(client, rep, manager):
    client.force_login(rep)
    assert client.get("/mentions/?q=man").json() == {"found": ["Max Manager"]}


def test_a_person_chooses_how_to_be_told(client, rep):
    client.force_login(rep)
    page = client.get("/settings/notifications/").content.decode()
    assert all(str(notice.label) in page for notice in notices.all_notices())
    ways = {notice.name: notice.way for notice in notices.all_notices()}
    client.post("/settings/notifications/", {**ways, "mention": "mail", "digest": "weekly"})
    rep.refresh_from_db()
    assert (rep.notices, rep.digest) == ({"mention": "mail"}, "weekly")


def test_a_person_chooses_language_currency_and_where_the_day_begins(client, rep):
    client.force_login(rep)
    chosen = {"name": "Rita Rep", "time_zone": "Europe/Berlin", "language": "en-gb", "currency": "USD"}
    answer = client.post("/settings/profile/", {**chosen, "start_page": "crm.accounts"})
    assert answer.status_code == 302
    assert client.get("/").url == "/accounts/"
    assert client.get("/accounts/").content.decode().lstrip().startswith('<!DOCTYPE html>\n<html lang="en-gb">')
    assert client.get("/opportunities/new/").context["form"]["currency"].value() == "USD"
    refused = client.post("/settings/profile/", {**chosen, "start_page": "crm.users"})
    assert refused.status_code == 422


def test_a_start_page_that_the_role_no_longer_opens_is_passed_over(client, rep):
    rep.start_page = "marketing.segments"
    rep.save()
    client.force_login(rep)
    assert client.get("/").url == "/my-work/"


def test_a_new_contact_costs_no_mention_query(rep, django_assert_num_queries):
    ContactFactory()
    with django_assert_num_queries(0):
        assert mentioned("write to asha@example.com") == []
