"""Emails that programs ask for: one key is one mail, values are checked, and what will not go out says why."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from crm.access.depths import Depth
from crm.actions.suppressions import suppress
from crm.api.tokens import create_token
from crm.delivery.queueing import queue_for
from crm.delivery.sending import deliver
from crm.models import ChannelRule, Contact, IdempotentRequest, Interaction, Message, RoleGrant, Suppression
from marketing.actions.emails import edit_email, make_ready, problems_of, send_test
from marketing.models import TransactionalEmail
from tests.crm.delivery.conftest import agree, mail_to, smtp  # noqa: F401
from tests.factories.crm import ContactFactory, SenderFactory, UserFactory
from tests.factories.emails import MarketingEmailFactory
from tests.worker import wait_until

pytestmark = pytest.mark.django_db
URL = "/api/v1/transactional-emails/"
ROWS = (
    "<table><tbody>{% for line in data.lines %}<tr><td>{{ line.name }}</td>"
    "<td>{{ line.price | default: 'free' }}</td></tr>{% endfor %}</tbody></table>"
)
BLOCKS = [
    {"id": "b1", "kind": "heading", "text": "Thank you, {{ contact.first_name }}"},
    {"id": "b2", "kind": "html", "html": ROWS},
    {"id": "b3", "kind": "text", "html": "<p>Your voucher: {{ data.voucher }}</p>", "when": {"token": "data.voucher", "op": "filled"}},
]  # fmt: skip
DATA = {"order_number": "A-17", "lines": [{"name": "Pump <big>", "price": "€ 120.00"}, {"name": "Hose"}]}


@pytest.fixture
def email(marketer):
    return published(marketer, api_name="order-confirmation")


@pytest.fixture
def shop(marketer):
    """A client whose token reaches nothing else."""
    return client_of(marketer, resources=["marketing.transactionalemail"])


def published(marketer, *, ready=True, **fields):
    fields = {"subject": "Your order {{ data.order_number }}", "purpose": "transactional", "blocks": BLOCKS, **fields}
    email = MarketingEmailFactory(owner=marketer, **fields)
    return make_ready(email, by=marketer) if ready else email


def client_of(user, **scope):
    client = APIClient()
    _, text = create_token(user, "Shop", **scope)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def order(client, key="order-17", **body):
    asked = {
        "email": "order-confirmation",
        "address": "asha@customer.example",
        "first_name": "Asha",
        "last_name": "Rao",
        "data": DATA,
        **body,
    }
    return client.post(URL, asked, headers={"Idempotency-Key": key})


def errors(response):
    return {error["path"]: error["message"] for error in response.json()["errors"]}


def test_a_shop_has_an_order_confirmed_by_a_mail_that_a_person_reads(email, shop, smtp):  # noqa: F811
    made = order(shop, reply_to="orders@northwind.example")
    assert (made.status_code, made.json()["status"], made.json()["reason"]) == (202, "due", "")
    deliver("email", timezone.now())
    ((to, mail),) = smtp.mails
    assert (to, mail["Subject"], mail["Reply-To"]) == (
        "asha@customer.example",
        "Your order A-17",
        "orders@northwind.example",
    )
    assert mail["List-Unsubscribe"] is None
    html, text = mail.get_body(("html",)).get_content(), mail.get_body(("plain",)).get_content()
    assert "Thank you, Asha" in html
    assert html.count("<tr><td") >= 2
    assert "Pump &lt;big&gt;" in html and "Hose" in html and "free" in html  # noqa: PT018
    assert "voucher" not in html and "voucher" not in text  # noqa: PT018
    assert "Pump <big>" in text
    seen = shop.get(f"{URL}{made.json()['id']}/").json()
    assert (seen["status"], seen["key"], seen["email"]) == ("sent", "order-17", email.pk)
    assert seen["sent_at"] and seen["delivered_at"]  # noqa: PT018
    assert seen["opened_at"] is None


def test_rows_of_a_table_are_repeated_inside_of_it(email, shop, smtp):  # noqa: F811
    order(shop)
    deliver("email", timezone.now())
    html = smtp.mails[0][1].get_body(("html",)).get_content()
    table = html[html.index("Pump") - 300 : html.index("Hose")]
    assert "</table>" not in table[table.index("Pump") :]


def test_an_open_by_a_person_is_told(email, shop, marketer):
    made = order(shop).json()
    Interaction.objects.create(
        kind="email.opened", contact_id=made["contact"], message_id=made["id"], verdict="scanner"
    )
    assert shop.get(f"{URL}{made['id']}/").json()["opened_at"] is None
    Interaction.objects.create(kind="email.opened", contact_id=made["contact"], message_id=made["id"], verdict="human")
    assert shop.get(f"{URL}{made['id']}/").json()["opened_at"] is not None


def test_the_same_key_sends_one_mail_also_when_nothing_else_remembers_it(email, shop):
    first = order(shop)
    deliver("email", timezone.now())
    IdempotentRequest.objects.all().delete()
    Message.objects.update(created_at=timezone.now() - timedelta(days=900))
    second = order(shop)
    assert (second.status_code, second.json()["id"], second.json()["status"]) == (202, first.json()["id"], "sent")
    assert Message.objects.count() == 1


def test_the_same_request_is_answered_though_it_could_not_be_made_any_more(email, shop, marketer):
    until = (timezone.now() + timedelta(seconds=30)).isoformat()
    first = order(shop, expires_at=until).json()
    TransactionalEmail.objects.update(created_at=timezone.now() - timedelta(days=1))
    edit_email(email, api_name="", by=marketer)
    assert order(shop, expires_at=until).json()["id"] == first["id"]


def test_the_same_key_with_another_body_is_a_conflict_with_a_sentence(email, shop):
    order(shop)
    other = order(shop, address="ben@customer.example")
    assert (other.status_code, other.json()["title"]) == (
        409,
        "This Idempotency-Key was used for another email: with a new one it will be sent.",
    )
    assert not Contact.objects.filter(email_normal="ben@customer.example").exists()


def test_the_order_of_names_in_the_body_makes_no_other_request(email, shop):
    a = shop.post(URL, {"email": email.pk, "address": "a@b.example", "data": DATA}, headers={"Idempotency-Key": "1"})
    b = shop.post(URL, {"data": DATA, "address": "a@b.example", "email": email.pk}, headers={"Idempotency-Key": "1"})
    assert a.json()["id"] == b.json()["id"]


def test_two_users_may_have_the_same_key(email, shop):
    other = client_of(UserFactory(roles=["marketer"]))
    assert order(shop).json()["id"] != order(other).json()["id"]


def test_without_a_key_nothing_is_sent(email, shop):
    refused = shop.post(URL, {"email": email.pk, "address": "a@b.example", "data": DATA})
    assert (refused.status_code, list(errors(refused))) == (400, ["Idempotency-Key"])
    assert not Message.objects.exists()


def test_every_value_that_is_missing_unknown_or_of_another_kind_is_named(email, shop):
    refused = order(shop, data={"order": "A-17", "lines": [{"price": 3}, "Hose"]})
    assert refused.status_code == 400
    assert errors(refused) == {
        "data/order": "The email has no “data.order”. It knows lines, order_number, voucher.",
        "data/order_number": "“data.order_number” is missing.",
        "data/lines/0/name": "“data.lines[0].name” is missing.",
        "data/lines/1": "“data.lines[1]” must be an object with values of its own.",
    }
    assert not Message.objects.exists()
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"email": "order"}, "email"),
        ({"email": True}, "email"),
        ({"address": "nobody"}, "address"),
        ({"address": ""}, "address"),
        ({"address": "", "contact": 999}, "contact"),
        ({"data": []}, "data"),
        ({"reply_to": "x"}, "reply_to"),
        ({"language": "german"}, "language"),
        ({"sender": 999}, "sender"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"subject": "Buy"}, "subject"),
    ],
)
def test_bad_input_is_refused_at_its_place_and_makes_nothing(email, shop, body, path):
    refused = order(shop, **body)
    assert (refused.status_code, list(errors(refused))) == (400, [path])
    assert not Message.objects.exists()
    assert not Contact.objects.exists()


def test_an_email_that_needs_consent_is_refused_in_words(marketer, shop):
    published(
        marketer,
        api_name="news",
        purpose="commercial",
        subject="News",
        blocks=[*BLOCKS[:1], {"id": "f", "kind": "footer"}],
    )
    refused = order(shop, email="news", data={})
    assert refused.status_code == 409
    assert "“News and offers”, which needs consent" in refused.json()["title"]


def test_a_draft_is_refused_and_a_published_one_goes_on_while_the_next_is_written(marketer, email, shop):
    published(marketer, ready=False, api_name="draft")
    assert order(shop, email="draft").json()["title"].endswith("is a draft. Make it ready first.")
    edit_email(email, blocks=[*BLOCKS, {"id": "b9", "kind": "text", "html": "<p>{{ data.more }}</p>"}], by=marketer)
    assert order(shop).json()["email_version"] == 1


def test_a_suppressed_address_is_answered_with_the_reason(email, shop):
    suppress("asha@customer.example", cause=Suppression.Cause.BOUNCE, reason="550")
    made = order(shop).json()
    assert (made["status"], made["reason"]) == ("not_sent", "The address bounced before.")


def test_do_not_email_holds_for_it_and_missing_consent_does_not(email, shop):
    contact = ContactFactory(email="ben@customer.example", do_not_email=True)
    assert order(shop, "1", contact=contact.pk, address="").json()["reason"] == "The contact is marked “do not email”."
    free = ContactFactory(email="cleo@customer.example")
    assert order(shop, "2", contact=free.pk, address="").json()["status"] == "due"


def test_it_expires(email, shop):
    made = order(shop, expires_at=(timezone.now() + timedelta(minutes=5)).isoformat()).json()
    deliver("email", timezone.now() + timedelta(minutes=6))
    seen = shop.get(f"{URL}{made['id']}/").json()
    assert (seen["status"], seen["reason"]) == (
        "not_sent",
        "It was no longer wanted when its turn came: it had expired.",
    )


def test_quiet_hours_and_caps_of_marketing_do_not_hold_it_and_it_does_not_count(email, shop):
    ChannelRule.objects.create(channel="email", quiet_from="00:00", quiet_until="23:59", most=1, days=7)
    for key in "12":
        order(shop, key)
    deliver("email", timezone.now())
    assert list(Message.objects.values_list("status", flat=True)) == ["sent", "sent"]


def test_it_goes_before_a_large_send_that_is_due_longer(email, shop, marketer, smtp):  # noqa: F811
    crowd = Contact.objects.bulk_create(ContactFactory.build() for _ in range(700))
    agree(*crowd)
    queue_for(Contact.objects.all(), content=("marketing.email", email.pk, 1), send_key="send:1", sender=email.sender,
              due_at=timezone.now() - timedelta(hours=1), variables={"data": DATA})  # fmt: skip
    order(shop)
    deliver("email", timezone.now())
    places = [to for to, _ in smtp.mails]
    assert len(places) == 701
    assert places.index("asha@customer.example") < 20


def test_the_reader_s_language_or_the_one_asked_for_is_spoken(marketer, shop):
    from marketing.actions.languages import add_language

    email = published(marketer, ready=False, api_name="order-confirmation")
    add_language(email, "de", by=marketer)
    email = edit_email(email, language="de", subject="Ihre Bestellung {{ data.order_number }}", by=marketer)
    make_ready(email, by=marketer)
    order(shop, language="de")
    deliver("email", timezone.now())
    assert [item.subject for item in Message.objects.get().outbox_items.all()] == ["Ihre Bestellung A-17"]


def test_an_unknown_address_becomes_a_prospect_and_a_known_one_is_found(email, shop):
    made = order(shop, "1").json()
    contact = Contact.objects.get(pk=made["contact"])
    assert (contact.first_name, contact.is_prospect, contact.origin) == ("Asha", True, f"API: {email}")
    assert order(shop, "2", address="ASHA@customer.example", first_name="Anna").json()["contact"] == contact.pk
    contact.refresh_from_db()
    assert contact.first_name == "Asha"


def test_a_role_without_the_right_is_refused_and_a_reading_token_too(email, marketer, rep, shop):
    assert order(client_of(rep)).status_code == 403
    assert order(client_of(marketer, may_write=False)).status_code == 403
    assert order(client_of(marketer, resources=["crm.contact"])).status_code == 403
    assert not Message.objects.exists()


def test_others_see_it_as_far_as_their_role_reaches(email, shop, marketer, rep, manager):
    made = order(shop).json()
    assert client_of(manager).get(f"{URL}{made['id']}/").status_code == 200
    RoleGrant.objects.filter(role__key="manager", resource="crm.contact", verb="view").update(depth=Depth.OWN)
    assert client_of(manager).get(f"{URL}{made['id']}/").status_code == 404, "the person it is to is not seen"
    assert shop.get(f"{URL}{made['id']}/").status_code == 200
    assert client_of(rep).get(f"{URL}{made['id']}/").status_code == 404
    assert client_of(UserFactory(roles=["marketer"])).get(f"{URL}{made['id']}/").status_code == 200


def test_the_list_is_paged_and_filtered(email, shop, django_assert_num_queries):
    for number in range(3):
        order(shop, f"k{number}", address=f"p{number}@customer.example")
    suppress("p9@customer.example", cause=Suppression.Cause.MANUAL)
    order(shop, "k9", address="p9@customer.example")

    def keys(**asked):
        return [one["key"] for one in shop.get(URL, asked).json()["results"]]

    assert keys() == ["k9", "k2", "k1", "k0"]
    assert keys(status="not_sent") == ["k9"]
    assert keys(address="P1@customer.example") == ["k1"]
    assert keys(key="k2", email="order-confirmation") == ["k2"]
    assert keys(email=email.pk + 1) == []
    assert keys(before="2020-01-01T00:00:00Z") == []
    assert shop.get(URL, {"status": "lost"}).status_code == 400


def test_a_page_asks_as_often_with_one_row_as_with_three(email, shop, django_assert_max_num_queries):
    from django.test.utils import CaptureQueriesContext

    def asked():
        with CaptureQueriesContext(connection, ) as found:  # fmt: skip
            shop.get(URL)
        return len(found)

    order(shop, "1")
    shop.get(URL)
    one = asked()
    for key in "23":
        order(shop, key, address=f"p{key}@customer.example")
    assert asked() == one


def test_what_only_a_program_knows_goes_neither_to_a_segment_nor_on_a_journey(email, marketer):
    from crm.errors import NotAllowed
    from journeys.steps.sending import not_ready
    from marketing.actions.sends import start_send
    from tests.factories.emails import ListFactory

    words = f"“{email}” needs values that only a program gives (data.lines, data.order_number): it is sent by API."
    with pytest.raises(NotAllowed) as refused:
        start_send(email, segment=ListFactory(), by=marketer)
    assert refused.value.message == words
    assert not_ready(email) == words


def test_the_page_of_a_transactional_email_shows_the_line_its_values_and_what_was_sent(email, shop, marketer, client):
    order(shop)
    suppress("ben@customer.example", cause=Suppression.Cause.MANUAL)
    order(shop, "order-18", address="ben@customer.example")
    client.force_login(marketer)
    address = f"/admin/marketing/marketingemail/{email.pk}/by-api/"
    page = client.get(address).content.decode()
    assert "curl -X POST http://testserver/api/v1/transactional-emails/" in page
    assert "data.lines[].price" in page
    assert "order-17" in page
    refused = client.get(f"{address}?status=not_sent").content.decode()
    assert "order-18" in refused
    assert "order-17" not in refused
    assert "The address is suppressed." in refused
    assert address in client.get(f"/admin/marketing/marketingemail/{email.pk}/design/").content.decode()


def test_the_line_of_the_page_is_taken_as_it_stands(email, shop, marketer):
    from marketing.admin.by_api import curl_of
    from marketing.queries.wants import wants_of_ready

    body = json.loads(curl_of(email, wants_of_ready(email)).split("-d '", 1)[1].removesuffix("'"))
    assert shop.post(URL, body, headers={"Idempotency-Key": "1"}).status_code == 202


def test_a_commercial_email_says_where_its_values_of_a_program_stand(marketer):
    email = published(marketer, ready=False, purpose="commercial")
    said = {(one.block, one.field) for one in problems_of(email) if "is a value that a program gives" in one.message}
    assert said == {("", "subject"), ("b2", "html"), ("b3", "html"), ("b3", "when")}


def test_a_test_mail_says_the_name_of_each_value_in_its_place(email, marketer):
    send_test(email, by=marketer)
    deliver("email", timezone.now())
    assert Message.objects.get().outbox_items.get().subject == "Your order ‹order number›"


def test_a_name_for_the_api_is_had_once_and_is_no_number(email, marketer):
    api = client_of(marketer)
    other = MarketingEmailFactory(owner=marketer)
    taken = api.patch(f"/api/v1/emails/{other.pk}/", {"api_name": "order-confirmation"})
    assert errors(taken) == {"api_name": "“order-confirmation” is the name of another email for the API."}
    assert list(errors(api.patch(f"/api/v1/emails/{other.pk}/", {"api_name": "17"}))) == ["api_name"]
    assert api.patch(f"/api/v1/emails/{other.pk}/", {"api_name": "invoice"}).json()["api_name"] == "invoice"


def test_a_button_may_lead_where_the_program_says_if_that_is_a_link(marketer, shop):
    button = {"id": "b4", "kind": "button", "label": "Track it", "url": "{{ data.tracking.url }}"}
    published(marketer, api_name="shipped", subject="It is on its way", blocks=[button])
    refused = order(shop, email="shipped", data={"tracking": {"url": "javascript:alert(1)"}})
    assert errors(refused) == {"data/tracking/url": "“data.tracking.url” is a link: it begins with https://"}
    order(shop, email="shipped", data={"tracking": {"url": "https://parcels.example/7"}})
    deliver("email", timezone.now())
    html = mail_to("asha@customer.example").get_body(("html",)).get_content()
    assert 'href="https://parcels.example/7"' in html


def test_the_documentation_of_the_api_names_the_key_the_body_and_the_answer(client):
    schema = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()
    said = schema["paths"][URL]["post"]
    assert next(one for one in said["parameters"] if one["name"] == "Idempotency-Key")["required"] is True
    assert said["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Asked")
    assert said["responses"]["202"]["content"]["application/json"]["schema"]["$ref"].endswith("/TransactionalEmail")


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_the_same_moment_send_one_mail(transactional_db):
    marketer = UserFactory(roles=["marketer"])
    published(marketer, api_name="order-confirmation", sender=SenderFactory())

    def ask(number):
        try:
            return order(client_of(marketer)).json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(ask, range(8)))
    assert len(ids) == 1
    assert Message.objects.count() == TransactionalEmail.objects.count() == Contact.objects.count() == 1


@pytest.mark.worker
def test_a_worker_carries_it_within_seconds(worker):
    marketer = UserFactory(roles=["marketer"])
    published(marketer, api_name="order-confirmation", sender=SenderFactory())
    client = client_of(marketer)
    made = order(client).json()
    wait_until(lambda: client.get(f"{URL}{made['id']}/").json()["status"] == "sent", what="the mail sent")
