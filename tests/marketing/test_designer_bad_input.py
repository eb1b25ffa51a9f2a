"""What the designer must not swallow: strange values in blocks, what a reusable block hides, pictures that mails still show."""

import json

import pytest
from django.test import RequestFactory
from django.urls import reverse

from crm.errors import Invalid, NotAllowed, Stale
from marketing.actions.content_blocks import create_content_block
from marketing.actions.emails import all_problems, edit_email, make_ready
from marketing.actions.media import add_picture, remove_picture
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.blocks.pictures import draw_qr
from marketing.models import MarketingEmail
from tests.factories.emails import BLOCKS, MarketingEmailFactory
from tests.marketing.test_email_blocks import picture

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"kind": ["text"]}, "blocks[0].kind"),
        ({"kind": "spacer", "height": float("inf")}, "blocks[0].height"),
        ({"kind": "event", "event": float("inf")}, "blocks[0].event"),
        ({"kind": "event", "event": 10**30}, "blocks[0].event"),
        ({"kind": "event", "event": True}, "blocks[0].event"),
        ({"kind": "heading", "text": "a\x00b"}, "blocks[0].text"),
        ({"kind": "heading", "text": "a\ud800b"}, "blocks[0].text"),
        ({"kind": "heading", "id": "a\x00b"}, "blocks[0].id"),
        ({"kind": "heading", "when": {"token": "contact.city", "op": "is", "value": "a\x00"}}, "blocks[0].when.value"),
        ({"kind": "section", "columns": [[{"kind": "section"}]]}, "blocks[0].columns[0][0].kind"),
    ],
)
def test_a_strange_value_is_refused_with_its_path(block, path):
    with pytest.raises(Invalid) as refused:
        parse_blocks([block])
    assert refused.value.field == path


@pytest.mark.parametrize(
    "typed",
    [
        {"subject": "a\x00b"},
        {"blocks": '[{"kind": "heading", "text": "\\u0000"}]'},
        {"blocks": '[{"kind": "heading", "text": "\\ud800"}]'},
        {"blocks": '[{"kind": "spacer", "height": Infinity}]'},
        {"blocks": "[" * 50_000},
    ],
)
def test_what_no_database_keeps_is_an_error_in_words_and_nothing_is_saved(client, marketer, typed):
    email = MarketingEmailFactory()
    client.force_login(marketer)
    for verb in ("save", "check", "preview", "aside"):
        address = reverse(f"admin:marketing_marketingemail_{verb}", args=[email.pk])
        said = {"version": email.version, "subject": "Typed", "preheader": "", "blocks": json.dumps(BLOCKS), **typed}
        answer = client.post(address, said)
        assert answer.status_code in (200, 400), verb
        assert verb != "save" or answer.json()["error"]
    email.refresh_from_db()
    assert (email.version, email.revisions.filter(subject="Typed").exists()) == (1, False)


@pytest.mark.parametrize("asked", ["revision=²", "number=²", f"number={10**30}", "revision=x"])
def test_a_version_that_never_was_is_not_found(client, marketer, asked):
    client.force_login(marketer)
    address = reverse("admin:marketing_marketingemail_preview", args=[MarketingEmailFactory().pk])
    assert client.get(f"{address}?{asked}").status_code == 404


def test_a_word_like_our_place_for_tokens_stays_a_word():
    stored = as_stored(parse_blocks([{"kind": "text", "html": "<p>xtokn7x {{ contact.city }}</p>"}]))
    assert stored[0]["html"] == "<p>xtokn7x {{ contact.city }}</p>"


@pytest.mark.parametrize("kind", ["text", "html"])
def test_markup_within_a_token_is_no_markup(kind):
    stored = as_stored(parse_blocks([{"kind": kind, "html": '{{ "<img src=x onerror=alert(1)>" }}'}]))
    assert "<img" not in stored[0]["html"]


def test_what_is_wrong_in_a_reusable_block_is_wrong_in_the_email_that_holds_it(marketer):
    wrong = [{"kind": "text", "html": "<p>{{ contact.first_nam }}</p>"}, {"kind": "button", "label": "Go", "url": ""}]
    kept = create_content_block(name="Sign-off", blocks=wrong, by=marketer)
    email = MarketingEmailFactory(blocks=[{"id": "mine", "kind": "content", "content": kept.pk}, *BLOCKS])
    found = [(one.block, one.path, one.message) for one in all_problems(email) if one.is_error]
    assert found == [
        (
            "mine",
            "blocks[0].content",
            "In the reusable block: Nothing is known as “contact.first_nam”. Did you mean “contact.first_name”?",
        ),
        ("mine", "blocks[0].content", "In the reusable block: The button leads nowhere."),
    ]
    with pytest.raises(Invalid, match="In the reusable block"):
        make_ready(email, by=marketer)


def test_a_footer_in_a_section_that_not_everybody_sees_is_no_way_to_leave():
    some = {"token": "contact.city", "op": "is", "value": "Vienna"}
    section = {"kind": "section", "when": some, "columns": [[{"kind": "footer"}]]}
    email = MarketingEmailFactory(blocks=[BLOCKS[0], section])
    assert [one.message for one in all_problems(email) if one.is_error] == [
        "A commercial email needs a link to unsubscribe: add a footer."
    ]


def test_a_picture_stays_while_a_version_that_was_sent_shows_it(marketer):
    media = add_picture(picture(), by=marketer)
    email = MarketingEmailFactory()
    edit_email(email, blocks=[{"kind": "image", "src": media.path, "alt": "x"}, *BLOCKS], by=marketer)
    make_ready(email, by=marketer)
    edit_email(email, blocks=BLOCKS, by=marketer)
    with pytest.raises(NotAllowed, match=f"a version of the email “{email}” that may have been sent"):
        remove_picture(media, by=marketer)


def test_of_two_who_save_at_the_same_moment_the_second_is_told(marketer):
    from django.contrib import admin

    email = MarketingEmailFactory()
    seen_by_both = MarketingEmail.objects.get(pk=email.pk)
    edit_email(email, subject="Theirs", by=marketer)
    request = RequestFactory().post("/", {"version": "1", "subject": "Mine", "blocks": json.dumps(BLOCKS)})
    request.user = marketer
    with pytest.raises(Stale):
        admin.site.get_model_admin(MarketingEmail).saved(request, seen_by_both)
    email.refresh_from_db()
    assert email.subject == "Theirs"


def test_a_qr_code_that_would_not_hold_its_text_is_an_error_and_draws_no_accident():
    email = MarketingEmailFactory(blocks=[{"kind": "qr", "text": "車" * 900}, *BLOCKS])
    assert [one.message for one in all_problems(email) if one.is_error] == [
        "The QR code has 2,700 bytes; 1,000 are the most."
    ]
    assert draw_qr("車" * 1000).startswith(b"\x89PNG")
