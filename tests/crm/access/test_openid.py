"""Signing in at a real OpenID Connect provider: who is let in, by which address, and who is not."""

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from crm.actions.invitations import invite
from crm.models import Invitation, Notification, Role, User
from tests.crm.access.provider import path_of, running
from tests.factories.crm import TeamFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server():
    with running() as provider:
        yield provider


@pytest.fixture
def provider(server, settings):
    """Configured as the environment would configure it; everything as it was for each test."""
    fresh = type(server)()
    server.signing_key, server.audience, server.claims = server.key, fresh.audience, fresh.claims
    settings.OIDC_URL, settings.OIDC_NAME, settings.OIDC_DEFAULT_ROLE = server.url, "Northwind ID", ""
    app = {
        "provider_id": "oidc", "name": "Northwind ID", "client_id": "tandem", "secret": "s", "settings": {"server_url": server.url}
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    return server


def come_in(client, next_page=""):
    """As a browser would: to the provider, and back with its code."""
    start = client.get("/auth/oidc/oidc/login/", {"next": next_page} if next_page else {})
    at_provider = requests.get(start["Location"], allow_redirects=False, timeout=5)
    return client.get(path_of(at_provider.headers["Location"]))


def test_the_button_stands_on_the_sign_in_page_only_where_a_provider_is_configured(client, rep, settings):
    assert "Sign in with" not in client.get("/auth/login/").content.decode()
    assert client.get("/auth/oidc/oidc/login/").status_code == 404
    settings.OIDC_URL, settings.OIDC_NAME = "https://id.example", "Northwind ID"
    assert "Sign in with Northwind ID" in client.get("/auth/login/").content.decode()


def test_a_known_person_comes_in_by_the_verified_address_and_lands_where_they_wanted(client, rep, provider):
    provider.claims = {**provider.claims, "email": "RITA@tandem.example"}
    assert come_in(client, "/accounts/")["Location"] == "/accounts/"
    assert client.get("/accounts/").wsgi_request.user == rep
    client.post("/auth/logout/")
    provider.claims = {**provider.claims, "email": "renamed@elsewhere.example"}
    assert come_in(client).status_code == 302, "the provider's own id is remembered from then on"
    assert {"/token", "/keys", "/userinfo"} <= set(provider.asked)


def test_an_unverified_address_lets_nobody_in(client, rep, provider):
    provider.claims = {**provider.claims, "email_verified": False}
    answer = come_in(client)
    assert answer.status_code == 403
    assert "did not say that your email address is verified" in answer.content.decode()
    assert client.get("/accounts/").status_code == 302


def test_a_stranger_is_refused_with_a_sentence(client, rep, provider):
    provider.claims = {**provider.claims, "sub": "2", "email": "stranger@x.example"}
    answer = come_in(client)
    assert answer.status_code == 403
    assert "Nobody invited stranger@x.example to Tandem yet." in answer.content.decode()
    assert User.objects.count() == 1


def test_an_invited_person_becomes_a_user_without_a_password(client, administrator, provider):
    team = TeamFactory()
    invite(email="new@x.example", team=team, roles=[Role.objects.get(key="rep")], by=administrator)
    provider.claims = {**provider.claims, "sub": "3", "email": "new@x.example", "name": "Nina New"}
    assert come_in(client).status_code == 302
    nina = User.objects.get(email="new@x.example")
    assert (nina.name, nina.team, nina.has_usable_password()) == ("Nina New", team, False)
    assert [role.key for role in nina.roles.all()] == ["rep"]
    assert Invitation.objects.get().user == nina


def test_strangers_get_the_default_role_where_one_is_set_and_administrators_hear_of_it(
    client, administrator, provider, settings
):
    settings.OIDC_DEFAULT_ROLE = "rep"
    provider.claims = {**provider.claims, "sub": "4", "email": "stranger@x.example", "name": "Stella"}
    assert come_in(client).status_code == 302
    assert [role.key for role in User.objects.get(email="stranger@x.example").roles.all()] == ["rep"]
    assert "Stella (stranger@x.example) came in by Northwind ID" in Notification.objects.get(user=administrator).text
    settings.OIDC_DEFAULT_ROLE = "no-such-role"
    client.post("/auth/logout/")
    provider.claims = {**provider.claims, "sub": "5", "email": "other@x.example"}
    assert "does not exist" in come_in(client).content.decode()


def test_a_token_that_another_key_signed_or_that_is_for_somebody_else_is_refused(client, rep, provider):
    provider.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert "cannot accept" in come_in(client).content.decode()
    provider.signing_key, provider.audience = provider.key, "another-client"
    assert "cannot accept" in come_in(client).content.decode()
    assert client.get("/accounts/").status_code == 302


def test_a_code_without_our_own_question_is_refused(client, rep, provider):
    answer = client.get("/auth/oidc/oidc/login/callback/?code=the-code&state=forged")
    assert "cannot accept" in answer.content.decode()


def test_somebody_who_left_stays_out(client, rep, provider):
    User.objects.filter(pk=rep.pk).update(is_active=False)
    assert come_in(client)["Location"] == "/auth/inactive/"


def test_whoever_comes_in_by_the_provider_is_asked_for_no_second_factor_of_ours(client, rep, provider):
    Role.objects.filter(key="rep").update(needs_second_factor=True)
    come_in(client)
    assert client.get("/accounts/").status_code == 200
