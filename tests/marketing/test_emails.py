"""Emails: blocks in, HTML and text out, checked before anybody gets them."""

import pytest

from crm.delivery import contents
from crm.delivery.rendering import preview
from crm.errors import Forbidden, Invalid
from crm.models import OutboxItem
from crm.rich_text import clean_rich
from marketing.actions.emails import copy_email, draft_content, edit_email, make_ready, problems_of, send_test
from marketing.actions.texts import check_text, length_of, save_text
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.models import EmailVersion, TextMessage
from tests.factories.crm import ContactFactory
from tests.factories.emails import BLOCKS, MarketingEmailFactory

pytestmark = pytest.mark.django_db


def with_block(**block):
    return MarketingEmailFactory(blocks=[*BLOCKS, {"id": "mine", **block}])


def errors_of(email):
    return [(p.block, p.field, p.message) for p in problems_of(email) if p.is_error]


def test_blocks_become_html_with_inline_styles_and_a_plain_text_twin():
    content = draft_content(MarketingEmailFactory())
    read = preview(content, ContactFactory(first_name="Asha"))
    assert read.subject == "You are invited, Asha"
    assert '<h1 style="' in read.html
    assert "Hello Asha," in read.html
    assert 'href="https://events.example/webinar"' in read.html
    assert "fonts.googleapis" not in read.html
    assert read.text.startswith("Our webinar\n\nHello Asha,\n\nSave my seat:\nhttps://events.example/webinar\n\n--\n")


def test_a_token_without_a_value_says_its_default():
    assert "Hello there," in preview(draft_content(MarketingEmailFactory()), None).html


def test_a_value_of_a_person_is_text_in_html_whatever_it_contains():
    read = preview(draft_content(MarketingEmailFactory()), ContactFactory(first_name="<script>alert(1)</script>"))
    assert "<script>" not in read.html
    assert "&lt;script&gt;" in read.html


def test_rich_text_keeps_a_few_tags_and_its_tokens():
    dirty = '<p onclick="x">Hi <b>{{ contact.first_name | default: "you" }}</b><script>bad()</script><a href="javascript:x">l</a></p>'
    assert clean_rich(dirty) == '<p>Hi <b>{{ contact.first_name | default: "you" }}</b><a>l</a></p>'


@pytest.mark.parametrize(
    ("blocks", "path"),
    [
        ({}, "blocks"),
        ([{"kind": "marquee"}], "blocks[0].kind"),
        ([{"kind": "text", "color": "red"}], "blocks[0].color"),
        ([{"kind": "divider"}, {"kind": "spacer", "height": "tall"}], "blocks[1].height"),
        ([{"kind": "spacer", "height": 9999}], "blocks[0].height"),
        ([{"kind": "heading", "level": "7"}], "blocks[0].level"),
        ([{"kind": "text", "html": "x" * 50_001}], "blocks[0].html"),
    ],
)
def test_what_is_no_block_is_refused_with_its_path(blocks, path):
    with pytest.raises(Invalid) as problem:
        parse_blocks(blocks)
    assert problem.value.field == path


def test_every_stored_block_has_an_id_of_its_own():
    stored = as_stored(
        parse_blocks([{"kind": "divider"}, {"id": "b1", "kind": "divider"}, {"id": "b1", "kind": "divider"}])
    )
    assert len({block["id"] for block in stored}) == 3


def test_a_good_email_has_no_errors():
    assert errors_of(MarketingEmailFactory()) == []


@pytest.mark.parametrize(
    ("block", "field", "message"),
    [
        ({"kind": "text", "html": "{{ contact.first_nam }}"}, "html", "Nothing is known as “contact.first_nam”. Did you mean “contact.first_name”?"),
        ({"kind": "button", "label": "Go", "url": ""}, "url", "The button leads nowhere."),
        ({"kind": "button", "label": "Go", "url": "www.x.example"}, "url", "“www.x.example” is not a link. It begins with https://"),
        ({"kind": "text", "html": '<p><a href="/here">x</a></p>'}, "html", "“/here” is not a link. It begins with https://"),
        ({"kind": "image", "src": "", "alt": ""}, "src", "The image has no address."),
        ({"kind": "event", "event": 999}, "event", "Choose the event."),
    ],
)  # fmt: skip
def test_an_error_is_told_at_its_block(block, field, message):
    assert errors_of(with_block(**block)) == [("mine", field, message)]


def test_the_check_finds_what_is_missing_in_the_whole():
    email = MarketingEmailFactory(subject=" ", sender=None, blocks=[BLOCKS[0]])
    assert [problem.message for problem in problems_of(email)[:3]] == [
        "The subject is missing.",
        "Nobody is set as the sender. Choose one, or make a sender the default.",
        "A commercial email needs a link to unsubscribe: add a footer.",
    ]


def test_an_image_without_words_and_a_long_email_are_warned_of():
    email = MarketingEmailFactory(
        blocks=[
            *BLOCKS,
            {"kind": "image", "src": "https://x.example/a.png"},
            *[{"kind": "text", "html": "word " * 9000}] * 3,
        ]
    )
    warnings = [problem.message for problem in problems_of(email) if not problem.is_error]
    assert "Say what the image shows, for readers who do not see it." in warnings
    assert any("Gmail cuts off" in warning for warning in warnings)


def test_making_ready_keeps_a_version_and_a_later_edit_leaves_it(marketer):
    email = make_ready(MarketingEmailFactory(), by=marketer)
    assert (email.status, email.ready_version) == ("ready", 1)
    html = email.versions.get().html
    email = edit_email(email, subject="Other", by=marketer)
    assert (email.status, email.ready_version) == ("draft", 1)
    assert contents.load("marketing.email", email.pk, 1).html == html
    email = make_ready(email, by=marketer)
    assert email.ready_version == 2
    assert make_ready(email, by=marketer).ready_version == 2


def test_a_version_is_never_changed(marketer):
    version = make_ready(MarketingEmailFactory(), by=marketer).versions.get()
    version.subject = "Other"
    with pytest.raises(ValueError, match="never changed"):
        version.save()


def test_an_email_with_errors_is_not_made_ready(marketer):
    email = with_block(kind="text", html="{{ nobody.knows }}")
    with pytest.raises(Invalid) as problem:
        make_ready(email, by=marketer)
    assert problem.value.field == "blocks[4].html"
    assert not EmailVersion.objects.exists()


def test_a_test_goes_to_the_one_who_asks_as_somebody_would_read_it(marketer, run_jobs):
    send_test(MarketingEmailFactory(), contact=ContactFactory(first_name="Asha"), by=marketer)
    run_jobs()
    item = OutboxItem.objects.get()
    assert (item.to, item.subject) == (marketer.email, "You are invited, Asha")


def test_a_copy_is_a_draft_of_its_own(marketer):
    email = make_ready(MarketingEmailFactory(), by=marketer)
    copy = copy_email(email, by=marketer)
    assert (copy.name, copy.status, copy.ready_version, copy.blocks) == (
        f"{email.name} (copy)",
        "draft",
        0,
        email.blocks,
    )


def test_a_rep_may_not_edit_an_email(rep):
    with pytest.raises(Forbidden):
        edit_email(MarketingEmailFactory(), subject="Mine", by=rep)


@pytest.mark.parametrize(
    ("text", "characters", "segments"),
    [
        ("", 0, 0),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("€" * 80, 160, 1),
        ("ж" * 70, 70, 1),
        ("ж" * 71, 71, 2),
        ("😀", 2, 1),
    ],
)
def test_a_text_is_measured_as_carriers_do(text, characters, segments):
    length = length_of(text)
    assert (length.characters, length.segments) == (characters, segments)


def test_changed_words_are_a_new_version_of_a_text(marketer):
    message = save_text(TextMessage(name="Reminder", text="Hello {{ contact.first_name }}"), by=marketer)
    message.name = "Other name"
    assert save_text(message, by=marketer).ready_version == 1
    message.text = "Bye"
    assert save_text(message, by=marketer).ready_version == 2
    assert contents.load("marketing.text", message.pk, 1).text == "Hello {{ contact.first_name }}"


def test_an_unknown_token_in_a_text_is_an_error():
    with pytest.raises(Invalid) as problem:
        check_text("Hello {{ contact.nam }}")
    assert problem.value.field == "text"
