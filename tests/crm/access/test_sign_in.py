"""Signing in: lock-out, second factor with recovery codes, who must have one, sessions, passwords."""

import re
import time
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from crm.models import Company, OutboxItem, Role
from tests.crm.access.codes import code_for
from tests.factories.crm import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


@pytest.fixture
def mails(settings, run_jobs):
    """Mails go through our own delivery, as in production; answers what lies in the Outbox, the newest first."""
    settings.EMAIL_BACKEND = "crm.delivery.django_mail.DeliveryBackend"

    def read():
        run_jobs()
        return [
            (item.to, message_from_bytes(bytes(item.raw), policy=policy.default)) for item in OutboxItem.objects.all()
        ]

    return read


def sign_in(client, user, password=PASSWORD):
    return client.post("/auth/login/", {"login": user.email, "password": password})


def set_up_app(client, user):
    """Through the pages: the secret of the app and the recovery codes."""
    secret = client.get("/auth/2fa/totp/activate/").context["form"].secret
    answer = client.post("/auth/2fa/totp/activate/", {"code": code_for(secret)})
    assert answer["Location"] == "/auth/2fa/recovery-codes/"
    codes = client.get("/auth/2fa/recovery-codes/").context["unused_codes"]
    return secret, codes


def test_wrong_passwords_lock_the_address_and_time_unlocks_it(client, rep):
    for _ in range(5):
        assert "do not belong together" in sign_in(client, rep, "wrong").content.decode()
    locked = sign_in(client, rep)
    assert "Too many wrong passwords for this address. Wait five minutes" in locked.content.decode()
    assert sign_in(Client(REMOTE_ADDR="10.1.2.3"), rep).status_code == 200, "also from elsewhere"
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert sign_in(client, rep).status_code == 302


def test_a_second_factor_is_set_up_asked_for_and_its_codes_work_once(client, rep):
    sign_in(client, rep)
    secret, codes = set_up_app(client, rep)
    assert len(codes) == 10
    client.post("/auth/logout/")
    assert sign_in(client, rep)["Location"] == "/auth/2fa/authenticate/"
    assert client.get("/contacts/").status_code == 302, "not in yet"
    wrong = client.post("/auth/2fa/authenticate/", {"code": "000000"})
    assert "This code is not right" in wrong.content.decode()
    with time_machine.travel(timezone.now() + timedelta(seconds=60)):
        assert client.post("/auth/2fa/authenticate/", {"code": code_for(secret, time.time())}).status_code == 302
        assert client.get("/contacts/").status_code == 200
    for expected in (302, 200):  # the first use lets in, the second does not
        client.post("/auth/logout/")
        sign_in(client, rep)
        assert client.post("/auth/2fa/authenticate/", {"code": codes[0]}).status_code == expected


def test_secrets_rest_encrypted(client, rep):
    sign_in(client, rep)
    secret, _codes = set_up_app(client, rep)
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_whoever_was_signed_in_for_a_while_says_the_password_again(client, rep):
    sign_in(client, rep)
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        asked = client.get("/auth/2fa/totp/activate/")
        assert asked["Location"].startswith("/auth/reauthenticate/")
        assert client.post(asked["Location"], {"password": PASSWORD})["Location"] == "/auth/2fa/totp/activate/"
        assert client.get("/auth/2fa/totp/activate/").status_code == 200


@pytest.mark.parametrize("asked_by", ["role", "company"])
def test_whoever_needs_a_second_factor_sets_one_up_before_any_other_page(client, rep, asked_by):
    if asked_by == "role":
        Role.objects.filter(key="rep").update(needs_second_factor=True)
    else:
        Company.objects.create(pk=1, name="Northwind", needs_second_factor=True)
    sign_in(client, rep)
    for page in ("/contacts/", "/", "/notifications/bell/"):
        assert client.get(page)["Location"] == "/settings/second-factor/", page
    assert client.get("/api/v1/contacts/").status_code == 403
    assert "asks for a second factor" in client.get("/settings/second-factor/").content.decode()
    set_up_app(client, rep)
    assert client.get("/contacts/").status_code == 200
    assert "cannot be switched off" in client.get("/auth/2fa/totp/deactivate/").content.decode()
    client.post("/auth/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=rep, type="totp").exists()


def test_others_are_not_asked(client, marketer):
    Role.objects.filter(key="rep").update(needs_second_factor=True)
    client.force_login(marketer)
    assert client.get("/contacts/").status_code == 200


def test_a_second_factor_costs_a_page_no_query_of_its_own(client, rep, django_assert_num_queries):
    client.force_login(rep)
    client.get("/settings/profile/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        client.get("/settings/profile/")
    asked = [q["sql"] for q in seen if "needs_second_factor" in q["sql"]]
    assert len(asked) == 1, "the grants, which the menu needs too, bring the flags of roles and company along"


def test_an_administrator_resets_a_lost_second_factor(client, administrator, rep):
    browser = Client()
    sign_in(browser, rep)
    set_up_app(browser, rep)
    browser.get("/notifications/bell/")
    client.force_login(administrator)
    assert "Reset the second factor" in client.get(f"/admin/crm/user/{rep.pk}/change/").content.decode()
    assert client.post(f"/admin/crm/user/{rep.pk}/second-factor/").status_code == 302
    assert not Authenticator.objects.filter(user=rep).exists()
    assert browser.get("/contacts/").status_code == 302, "signed out"
    assert sign_in(browser, rep)["Location"] == "/"


def test_one_sees_where_one_is_signed_in_and_signs_the_others_out(rep):
    here, there = Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0"), Client(HTTP_USER_AGENT="Phone")
    for browser in (here, there):
        sign_in(browser, rep)
    page = here.get("/auth/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert "Phone" in page
    here.post("/auth/sessions/")
    assert here.get("/contacts/").status_code == 200
    assert there.get("/contacts/").status_code == 302


def test_presence_is_noted_every_few_minutes_only(client, rep, django_assert_max_num_queries):
    sign_in(client, rep)
    client.get("/notifications/bell/")
    seen = UserSession.objects.get(user=rep).last_seen_at
    client.get("/notifications/bell/")
    assert UserSession.objects.get(user=rep).last_seen_at == seen
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        client.get("/notifications/bell/")
    assert UserSession.objects.get(user=rep).last_seen_at > seen


def test_a_forgotten_password_is_chosen_anew_by_a_link_in_the_outbox(client, rep, mails):
    client.post("/auth/password/reset/", {"email": rep.email})
    client.post("/auth/password/reset/", {"email": "nobody@x.example"})
    ((to, mail),) = mails()
    assert to == rep.email
    link = re.search(r"http://testserver(/auth/password/reset/key/\S+)", mail.get_content()).group(1)
    form = client.get(link, follow=True)
    form = client.post(form.request["PATH_INFO"], {"password1": "quite another 9", "password2": "quite another 9"})
    assert form.status_code == 302
    assert sign_in(client, rep, "quite another 9").status_code == 302
    assert "by a link that we mailed you" in mails()[0][1].get_content()


def test_changing_the_password_is_told_by_mail_and_weak_ones_are_refused(client, rep, mails):
    sign_in(client, rep)
    page = "/auth/password/change/"
    weak = client.post(page, {"oldpassword": PASSWORD, "password1": "short", "password2": "short"})
    assert "at least 10 characters" in weak.content.decode()
    client.post(page, {"oldpassword": PASSWORD, "password1": "a long secret 7", "password2": "a long secret 7"})
    ((to, mail),) = mails()
    assert (to, str(mail["Subject"])) == (rep.email, "Your password was changed")


def test_a_deactivated_user_is_out_at_the_next_request(client, rep):
    client.force_login(rep)
    assert client.get("/contacts/").status_code == 200
    rep.is_active = False
    rep.save()
    assert client.get("/contacts/").status_code == 302
    assert client.get("/api/v1/contacts/").status_code in (401, 403)
    assert sign_in(client, rep)["Location"] == "/auth/inactive/"


def test_the_pages_of_the_library_that_we_have_no_use_for_lead_to_the_profile(client, rep):
    client.force_login(rep)
    for page in ("/auth/email/", "/auth/3rdparty/"):
        assert client.get(page)["Location"] == "/settings/profile/"


def test_no_page_of_signing_in_carries_inline_script_or_style(client, rep):
    inline = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=")
    pages = ["/auth/login/", "/auth/password/reset/", "/auth/3rdparty/login/cancelled/", "/auth/3rdparty/login/error/"]
    for page in pages:
        assert inline.findall(client.get(page).content.decode()) == [], page
    sign_in(client, rep)
    for page in ("/auth/2fa/", "/auth/2fa/totp/activate/", "/auth/sessions/", "/auth/password/change/"):
        text = client.get(page).content.decode()
        assert inline.findall(text) == [], page
    set_up_app(client, rep)
    for page in ("/auth/2fa/", "/auth/2fa/recovery-codes/", "/auth/2fa/recovery-codes/generate/", "/auth/2fa/totp/deactivate/"):  # fmt: skip
        assert inline.findall(client.get(page).content.decode()) == [], page
