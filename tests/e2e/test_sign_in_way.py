"""Coming in, in a real browser: invited by mail, a second factor set up and asked for, a recovery code, the lock."""

import re
import time
from email import message_from_bytes, policy

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from crm.actions.invitations import invite
from crm.models import OutboxItem, User
from tests.crm.access.codes import code_for
from tests.e2e.conftest import NARROW


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


@pytest.fixture
def invitation(administrator, team, run_jobs):
    """The address in the mail of an invitation."""
    invite(email="nina@tandem.example", by=administrator, team=team)
    run_jobs()
    text = message_from_bytes(bytes(OutboxItem.objects.get().raw), policy=policy.default).get_body(("plain",))
    return re.search(r"https?://[^/]+(/invitation/\S+)", text.get_content()).group(1)


def sign_in(page, password):
    page.goto("/auth/login/")
    page.get_by_label("Email").fill("nina@tandem.example")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_who_is_invited_comes_in_sets_up_a_second_factor_and_comes_in_with_it(invitation, open_page, serious):
    page = open_page(viewport=NARROW, bypass_csp=True)
    page.goto(invitation)
    assert serious(page) == []
    page.locator("#id_name").fill("Nina New")
    page.locator("#id_password").fill("a long secret 7")
    page.locator("#id_password_again").fill("another secret 7")
    page.locator("main button[type=submit]").click()
    expect(page.locator(".field-error").first).to_be_visible()
    page.locator("#id_password").fill("a long secret 7")
    page.locator("#id_password_again").fill("a long secret 7")
    page.locator("main button[type=submit]").click()
    page.wait_for_url(lambda address: "/invitation/" not in address)
    assert User.objects.get(email="nina@tandem.example").team.name == "Sales North"

    page.goto("/auth/2fa/totp/activate/")
    assert serious(page) == []
    secret = page.get_by_label("Key", exact=True).input_value()
    page.locator("#id_code").fill(code_for(secret))
    page.locator("main button[type=submit]").last.click()
    page.wait_for_url("**/auth/2fa/recovery-codes/")
    assert serious(page) == []
    recovery = page.locator(".factor-codes code").all_inner_texts()
    assert len(recovery) == 10

    page.context.clear_cookies()
    sign_in(page, "a long secret 7")
    page.wait_for_url("**/auth/2fa/authenticate/")
    assert serious(page) == []
    page.locator("#id_code").fill("000000")
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_text("This code is not right")).to_be_visible()
    page.locator("#id_code").fill(recovery[0])
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda address: "/auth/" not in address)
    expect(page.get_by_role("navigation", name="Quick menu")).to_be_visible()


def test_wrong_passwords_shut_the_door_for_a_while_and_say_for_how_long(open_page, rep):
    page = open_page()
    for _ in range(5):
        sign_in(page, f"guess {time.monotonic()}")
        expect(page.get_by_text("do not belong together")).to_be_visible()
    sign_in(page, "a sixth guess")
    expect(page.get_by_text("Too many wrong passwords for this address. Wait five minutes")).to_be_visible()
