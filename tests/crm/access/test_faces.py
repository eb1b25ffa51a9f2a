"""A record of another team, met by every face: none shows it, changes it, counts it or says its name."""

from io import BytesIO

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from crm.access import Depth
from crm.actions.following import follow_record
from crm.actions.tags import tag_records
from crm.models import Account, Activity, Attachment, BulkRun, Contact, Notification, RoleGrant, SavedView, Tag, Tagging
from sales.models import Lead, Opportunity
from tests.factories.crm import AccountFactory, ActivityFactory, ContactFactory
from tests.factories.deals import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db

SECRET = "Zwiebelfisch"
KINDS = ["crm.account", "crm.contact", "sales.lead", "sales.opportunity", "crm.activity"]
LISTS = {
    "crm.account": "/accounts/",
    "crm.contact": "/contacts/",
    "sales.lead": "/leads/",
    "sales.opportunity": "/opportunities/",
    "crm.activity": "/activities/",
}
NAMED_BY = {
    "crm.account": "name",
    "crm.contact": "last_name",
    "sales.lead": "topic",
    "sales.opportunity": "topic",
    "crm.activity": "subject",
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(autouse=True)
def _teams_keep_to_themselves(db):
    """Out of the box reps see every account; here no kind is seen beyond the team."""
    for kind in KINDS:
        RoleGrant.objects.filter(role__key__in=["rep", "manager"], resource=kind, depth__gt=Depth.TEAM).update(
            depth=Depth.TEAM
        )


def records_of(owner, word):
    """One record of every kind, all of one person, all named by the word."""
    account = AccountFactory(owner=owner, name=f"{word} Ltd", city=word)
    contact = ContactFactory(owner=owner, last_name=word, account=account, email=f"{word.lower()}@customer.example")
    return {
        "crm.account": account,
        "crm.contact": contact,
        "sales.lead": LeadFactory(owner=owner, topic=f"{word} lead", contact=contact, company_name=word),
        "sales.opportunity": OpportunityFactory(owner=owner, topic=f"{word} deal", contact=contact, account=account),
        "crm.activity": ActivityFactory(owner=owner, subject=f"{word} task", contact=contact),
    }


@pytest.fixture
def theirs(sven):
    return records_of(sven, SECRET)


@pytest.fixture
def mine(rep):
    return records_of(rep, "Ownwater")


def text_of(answer):
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode("utf-8", "replace")


def api(kind):
    return f"/api/v1/{LISTS[kind].strip('/')}/"


def pages_of(label, record):
    """Every page, part and dialog that takes the name of a record."""
    named = ["facts/" + NAMED_BY[label] + "/", "side/", "edit/", "assign/", "merge/"]
    yield record.get_absolute_url()
    yield from (f"/records/{label}/{record.pk}/{one}" for one in named)
    yield from (f"{record.get_absolute_url()}?tab={tab}" for tab in ("history", "related", "files"))
    yield f"/history/{label}/{record.pk}/"
    yield f"/access/{label}/{record.pk}/"
    yield f"/timeline/{label}:{record.pk}/"
    yield f"/files/of/{label}:{record.pk}/"
    yield f"/lists/{label}/{record.pk}/"
    yield f"/lists/{label}/{record.pk}/peek/"
    yield f"/lists/{label}/{record.pk}/cells/{NAMED_BY[label]}/"
    yield f"{api(label)}{record.pk}/"


@every_kind
def test_every_page_of_it_is_unknown_and_opens_to_its_owner(client, rep, sven, theirs, kind):
    addresses = list(pages_of(kind, theirs[kind]))
    client.force_login(sven)
    assert client.get(addresses[0]).status_code == 200
    client.force_login(rep)
    assert {a: client.get(a).status_code for a in addresses} == dict.fromkeys(addresses, 404)


@every_kind
def test_every_change_of_it_is_unknown_and_leaves_it_as_it_is(client, rep, theirs, kind):
    record, path = theirs[kind], f"/records/{kind}/{theirs[kind].pk}"
    before = type(record)._base_manager.filter(pk=record.pk).values().get()
    client.force_login(rep)
    posts = {
        f"{path}/facts/{NAMED_BY[kind]}/": {"value": "Stolen", "version": record.version, "seen": ""},
        f"{path}/edit/": {NAMED_BY[kind]: "Stolen"},
        f"{path}/assign/": {"owner": rep.pk},
        f"{path}/follow/": {},
        f"{path}/tags/": {"add": "Stolen"},
        f"/bin/delete/{kind}/{record.pk}/": {},
        f"/files/of/{kind}:{record.pk}/add/": {},
        f"/access/{kind}/{record.pk}/": {"whom": f"user:{rep.pk}"},
        f"/lists/{kind}/{record.pk}/cells/{NAMED_BY[kind]}/": {"value": "Stolen", "version": record.version, "seen": ""},
    }  # fmt: skip
    assert {a: client.post(a, data).status_code for a, data in posts.items()} == dict.fromkeys(posts, 404)
    address = f"{api(kind)}{record.pk}/"
    stolen = {NAMED_BY[kind]: "Stolen"}
    assert client.patch(address, stolen, content_type="application/json").status_code == 404
    assert client.delete(address).status_code == 404
    assert type(record)._base_manager.filter(pk=record.pk).values().get() == before


@every_kind
def test_lists_their_filters_and_totals_are_without_it(client, rep, theirs, mine, kind):
    client.force_login(rep)
    name = NAMED_BY[kind]
    for query in ("", f"?q={SECRET}", f"?{name}__contains={SECRET}", f"?owner={theirs[kind].owner_id}", "?view=all"):
        text = text_of(client.get(LISTS[kind] + query)).replace(f"={SECRET}", "").replace(f'value="{SECRET}"', "")
        assert theirs[kind].get_absolute_url() not in text, query
        assert f"{SECRET} " not in text.replace(f"“{SECRET}”", ""), query
    told = client.get(reverse("crm:list-total", args=[kind])).content.decode()
    assert "1" in told
    assert "2" not in told
    found = client.get(api(kind)).json()
    assert [row["id"] for row in found["results"]] == [mine[kind].pk]


def test_search_and_suggestions_find_nothing_of_it(client, rep, theirs):
    client.force_login(rep)
    answers = [client.get(f"/search/found/?q={SECRET}"), client.get(f"/opportunities/account-names/?q={SECRET}"),
               client.get(f"/opportunities/contact-names/?q={SECRET}")]  # fmt: skip
    answers += [client.get(f"/choose/{kind}/?q={SECRET}") for kind in KINDS]
    links = [record.get_absolute_url() for record in theirs.values()]
    for answer in answers:
        text = text_of(answer)
        assert not [link for link in links if link in text]
        assert not [word for word in (f"{SECRET} Ltd", f"{SECRET} lead", f"{SECRET} deal") if word in text]


BULK = {
    "assign": lambda rep, kind: {"owner": rep.pk},
    "edit": lambda rep, kind: {"field": NAMED_BY[kind], "value": "Stolen"},
    "tag": lambda rep, kind: {"tags": "Stolen"},
    "delete": lambda rep, kind: {},
}


@every_kind
@pytest.mark.parametrize("action", BULK)
def test_bulk_work_passes_it_by_and_counts_it_nowhere(client, rep, theirs, kind, action):
    record = theirs[kind]
    before = type(record)._base_manager.filter(pk=record.pk).values().get()
    client.force_login(rep)
    posted = {"ids": [record.pk], **BULK[action](rep, kind), "go": "1"}
    page = client.post(reverse("crm:bulk-do", args=[kind, action]), posted)
    answered = client.post(
        "/api/v1/bulk-runs/",
        {"kind": kind, "action": action, "ids": [record.pk], "values": BULK[action](rep, kind)},
        content_type="application/json",
    )
    assert SECRET not in text_of(page) + text_of(answered)
    assert sum(BulkRun.objects.values_list("total", flat=True)) == 0
    assert type(record)._base_manager.filter(pk=record.pk).values().get() == before
    assert not Tagging.objects.filter(record_id=record.pk, tag__name="Stolen").exists()


@every_kind
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_an_export_of_everything_is_without_it(client, rep, theirs, mine, kind, file_format):
    client.force_login(rep)
    posted = {"all": "1", "query": "", "file_format": file_format, "format": file_format, "go": "1"}
    answer = client.post(reverse("crm:bulk-do", args=[kind, "export"]), posted)
    data = b"".join(answer.streaming_content)
    if file_format == "csv":
        rows = data.decode("utf-8-sig").splitlines()
    else:
        rows = [str(row) for row in CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()]
    assert len(rows) == 2
    assert "Ownwater" in rows[1]
    assert SECRET not in str(rows)


def test_a_record_of_mine_that_points_at_theirs_does_not_say_its_name(client, rep, theirs):
    parent = theirs["crm.account"]
    account = AccountFactory(owner=rep, name="Daughter", parent=parent)
    contact = ContactFactory(owner=rep, last_name="Daughterly", account=parent)
    task = ActivityFactory(owner=rep, subject="About them", regarding=theirs["sales.opportunity"])
    client.force_login(rep)
    told = []
    for record, kind in ((account, "crm.account"), (contact, "crm.contact"), (task, "crm.activity")):
        told += [
            record.get_absolute_url(),
            *pages_of(kind, record),
            LISTS[kind],
            f"{LISTS[kind]}?columns=parent,account",
        ]
        told += [api(kind), f"{record.get_absolute_url()}?tab=hierarchy", f"{record.get_absolute_url()}?tab=tree"]
    assert [address for address in told if SECRET in text_of(client.get(address))] == []


def test_the_history_of_a_record_does_not_name_what_it_once_pointed_at(client, rep, theirs, administrator):
    contact = ContactFactory(owner=rep)
    client.force_login(administrator)
    changed = client.patch(
        f"/api/v1/contacts/{contact.pk}/", {"account": theirs["crm.account"].pk}, content_type="application/json"
    )
    assert changed.status_code == 200
    assert f"{SECRET} Ltd" in text_of(client.get(f"/history/crm.contact/{contact.pk}/"))
    client.force_login(rep)
    assert SECRET not in text_of(client.get(f"/history/crm.contact/{contact.pk}/"))


def test_a_view_that_others_shared_names_nothing_that_its_reader_may_not_see(client, rep, sven, theirs):
    account = theirs["crm.account"]
    view = SavedView.objects.create(
        kind="crm.contact", name="Of one", owner=sven, shared="everybody", query=f"account={account.pk}"
    )
    client.force_login(sven)
    assert f"{SECRET} Ltd" in text_of(client.get(f"/contacts/?view={view.pk}"))
    client.force_login(rep)
    assert SECRET not in text_of(client.get(f"/contacts/?view={view.pk}"))


def test_its_files_are_unknown(client, rep, sven, theirs):
    from django.core.files.uploadedfile import SimpleUploadedFile

    contact = theirs["crm.contact"]
    client.force_login(sven)
    client.post(f"/files/of/crm.contact:{contact.pk}/add/", {"file": SimpleUploadedFile(f"{SECRET}.txt", b"secret")})
    file = Attachment.objects.get()
    assert "secret" in text_of(client.get(f"/files/{file.pk}/"))
    client.force_login(rep)
    assert client.get(f"/files/{file.pk}/").status_code == 404
    assert client.post(f"/files/{file.pk}/remove/").status_code == 404
    assert client.get(f"/api/v1/attachments/{file.pk}/").status_code == 404
    assert SECRET not in text_of(client.get("/api/v1/attachments/"))
    assert Attachment.objects.filter(pk=file.pk).exists()


def test_who_is_mentioned_on_it_or_followed_it_once_is_told_nothing(client, rep, sven, theirs, run_jobs):
    contact = theirs["crm.contact"]
    follow_record(contact, by=rep)
    client.force_login(sven)
    body = {
        "kind": "note",
        "subject": "Note",
        "body": f"@{rep.name} look at {SECRET}",
        "regarding": f"crm.contact:{contact.pk}",
    }
    assert client.post("/api/v1/activities/", body, content_type="application/json").status_code in (201, 400)
    client.post(f"/activities/new/?kind=note&on=crm.contact:{contact.pk}", {"body": f"@{rep.name} look at {SECRET}"})
    assert Activity.objects.filter(kind="note").exists()
    run_jobs()
    assert not Notification.objects.filter(user=rep).exists()
    client.logout()
    client.force_login(rep)
    assert SECRET not in text_of(client.get("/following/"))


@every_kind
def test_the_admin_knows_it_neither_in_lists_nor_by_address(client, manager, theirs, kind):
    """A manager of the north opens the admin; what is of the south is not there."""
    app, model = kind.split(".")
    client.force_login(manager)
    for address in (f"/admin/{app}/{model}/", f"/admin/{app}/{model}/?q={SECRET}"):
        answer = client.get(address, follow=True)
        assert f"/{theirs[kind].pk}/change/" not in text_of(answer)
    one = client.get(f"/admin/{app}/{model}/{theirs[kind].pk}/change/", follow=True)
    assert f"{SECRET} " not in text_of(one)


@every_kind
def test_a_tag_and_its_neighbours_do_not_betray_it(client, rep, sven, theirs, kind):
    tag_records([theirs[kind]], ["Shared tag"], by=sven)
    client.force_login(rep)
    assert Tag.objects.filter(name="Shared tag").exists()
    assert theirs[kind].get_absolute_url() not in text_of(client.get(f"{LISTS[kind]}?tags=Shared+tag"))


def test_a_colleagues_records_are_seen_by_the_team_in_no_other_way_than_the_queries_say(client, rep, team):
    from tests.factories.crm import UserFactory

    colleague = UserFactory(name="Cora Colleague", team=team, roles=["rep"])
    for kind, record in records_of(colleague, "Teamwater").items():
        client.force_login(rep)
        seen = type(record).objects.visible_to(rep).filter(pk=record.pk).exists()
        changes = type(record).objects.editable_by(rep).filter(pk=record.pk).exists()
        page = client.get(record.get_absolute_url()).status_code
        edit = client.get(f"/records/{kind}/{record.pk}/edit/").status_code
        assert (page, edit) == (200 if seen else 404, 200 if changes else 403 if seen else 404), kind


def test_nothing_here_is_without_rows_of_both_teams(theirs, mine):
    counts = [model.objects.count() for model in (Account, Contact, Lead, Opportunity, Activity)]
    assert min(counts) >= 2
