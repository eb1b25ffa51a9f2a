"""Every kind of block: what it compiles to can be read by old Outlook, without styles, and by whoever it is for."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import BadSignature
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from crm.delivery.rendering import preview
from crm.errors import Invalid, NotAllowed
from crm.models import Message, OutboxItem
from marketing.actions.content_blocks import create_content_block, edit_kept, remove_kept
from marketing.actions.emails import copy_email, draft_content, edit_email, make_ready, problems_of
from marketing.actions.languages import add_language
from marketing.actions.media import add_picture, remove_picture
from marketing.actions.registrations import register_for_event
from marketing.actions.sends import start_send
from marketing.blocks.gallery import GALLERY
from marketing.blocks.kinds import KINDS
from marketing.blocks.looks import contrast
from marketing.blocks.parsing import as_stored, parse_blocks
from marketing.blocks.pictures import draw_qr, qr_text
from marketing.models import Brand, SegmentMember
from tests.factories.catalogue import ProductFactory
from tests.factories.crm import ContactFactory
from tests.factories.emails import BLOCKS, ListFactory, MarketingEmailFactory
from tests.factories.marketing_events import EventFactory

pytestmark = pytest.mark.django_db
STYLE = re.compile(r"<style\b.*?</style>", re.S)
MSO = re.compile(r"<!--\[if [^\]]*\]>.*?<!\[endif\]-->", re.S)
SAID = {
    "heading": {"text": "Said here"}, "text": {"html": "<p>Said here</p>"}, "html": {"html": "<table><tr><td>Said here</td></tr></table>"},
    "image": {"src": "https://x.example/a.png", "alt": "Said here"}, "button": {"label": "Said here", "url": "https://x.example/"},
    "quotation": {"text": "Said here"}, "social": {"pages": "Said here https://x.example/"},
    "video": {"url": "https://x.example/", "label": "Said here"}, "qr": {"text": "https://x.example/", "alt": "Said here"},
    "list": {"empty": "Said here"}, "footer": {"html": "<p>Said here</p>"}, "divider": {}, "spacer": {},
}  # fmt: skip


def bodies_of(item):
    """{"plain": …, "html": …} of a mail as it went out."""
    mail = message_from_bytes(bytes(item.raw), policy=policy.default)
    return {kind: mail.get_body((kind,)).get_content() for kind in ("plain", "html")}


def with_blocks(*blocks, **more):
    return MarketingEmailFactory(blocks=as_stored(parse_blocks([*blocks, {"kind": "footer"}])), **more)


def block_of(kind, marketer):
    """A block of the kind that says “Said here”."""
    if kind == "event":
        return {"kind": kind, "event": EventFactory(title="Said here").pk}
    if kind == "product":
        product = ProductFactory(name="Said here", status="active")
        return {"kind": kind, "product": product.pk, "url": "https://x.example/"}
    if kind == "content":
        kept = create_content_block(name="Kept", blocks=[{"kind": "heading", "text": "Said here"}], by=marketer)
        return {"kind": kind, "content": kept.pk}
    if kind == "section":
        columns = [[{"kind": "heading", "text": "Said here"}], [{"kind": "text"}], [], []]
        return {"kind": kind, "layout": "1-1-1-1", "columns": columns}
    return {"kind": kind, **SAID[kind]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_is_tables_with_widths_and_nothing_that_outlook_does_not_know(kind, marketer):
    html = draft_content(with_blocks(block_of(kind, marketer))).html
    assert "<!--[if mso | IE]>" in html
    assert 'width="640"' in html
    assert '<table border="0" cellpadding="0" cellspacing="0" role="presentation"' in html
    plain = STYLE.sub("", html)
    assert not re.search(r"display\s*:\s*(?:inline-)?(?:flex|grid)|position\s*:|<script|<link", plain)
    assert "xtokn" not in html
    assert "mj-" not in re.sub(r'class="[^"]*"', "", plain)
    for image in re.findall(r"<img\b[^>]*>", plain):
        assert re.search(r'width="\d+"', image), image
        assert "alt=" in image
    read = preview(draft_content(MarketingEmailFactory(blocks=as_stored(parse_blocks([block_of(kind, marketer)])))))
    if kind not in ("divider", "spacer"):
        assert "Said here" in read.html
        assert "Said here" in read.text or kind == "qr"


def test_every_shipped_design_compiles_and_objects_only_to_what_must_be_filled_in():
    for design in GALLERY.values():
        email = MarketingEmailFactory(subject=design.subject, blocks=as_stored(parse_blocks(design.blocks)))
        assert "Unsubscribe" in preview(draft_content(email)).html
        for problem in problems_of(email):
            wanted = ("is not a link", "Choose the", "has no address", "postal address")
            assert any(word in problem.message for word in wanted), (design.name, problem)


def test_markup_in_a_name_is_text_and_an_endless_loop_ends(marketer, run_jobs):
    evil = ContactFactory(first_name='"><img src=x onerror=alert(1)>', city="Kiel", email="evil@customer.example")
    email = with_blocks(
        {"kind": "text", "html": "<p>{{ contact.first_name }}</p>", "when": {"token": "contact.city", "op": "filled"}}
    )
    assert "<img" not in MSO.sub("", preview(draft_content(email), evil).html)
    loop = "<p>{% for a in (1..999999) %}{% for b in (1..999999) %}x{% endfor %}{% endfor %}</p>"
    segment = ListFactory()
    SegmentMember.objects.create(segment=segment, contact=evil)
    endless = make_ready(with_blocks({"kind": "text", "html": loop}, purpose="transactional"), by=marketer)
    start_send(endless, segment=segment, by=marketer)
    run_jobs()
    message = Message.objects.get()
    assert (message.status, message.reason) == ("failed", "It could not be written: loop iteration limit reached")
    assert not OutboxItem.objects.exists()


def test_a_block_is_seen_by_whom_its_condition_means_in_html_and_text():
    email = with_blocks(
        {"kind": "heading", "text": "For Pune", "when": {"token": "contact.city", "op": "is", "value": "Pune"}},
        {"kind": "section", "columns": [[{"kind": "heading", "text": "Known"}]], "when": {"token": "contact.city", "op": "filled"}},
        {"kind": "heading", "text": "For India", "when": {"rule": {"all": [{"test": "country", "op": "is", "value": "IN"}]}}},
    )  # fmt: skip
    content = draft_content(email)
    pune, kiel = ContactFactory(city="Pune", country="IN"), ContactFactory(city="Kiel", country="DE")
    for field in ("html", "text"):
        said = {
            name: getattr(preview(content, one), field)
            for name, one in (("pune", pune), ("kiel", kiel), ("nobody", None))
        }
        words = ("For Pune", "Known", "For India")
        assert {name: [word in text for word in words] for name, text in said.items()} == {
            "pune": [True, True, True], "kiel": [False, True, False], "nobody": [False, False, False],
        }  # fmt: skip


@pytest.mark.parametrize(
    ("when", "path"),
    [
        ({"token": "contact.shoe", "op": "is", "value": "x"}, "blocks[0].when.token"),
        ({"token": "contact.city", "op": "near", "value": "x"}, "blocks[0].when.op"),
        ({"token": "contact.city", "op": "is", "value": "{% x %}"}, "blocks[0].when.value"),
        ({"rule": {"test": "nothing"}}, "blocks[0].when.rule"),
    ],
)
def test_a_condition_that_is_none_is_refused_with_its_place(when, path):
    with pytest.raises(Invalid) as problem:
        parse_blocks([{"kind": "divider", "when": when}])
    assert problem.value.field.startswith(path)


def test_each_reader_gets_her_language(marketer, run_jobs):
    event = EventFactory(
        title="Fleet day", starts_at=timezone.now() + timedelta(days=3), ends_at=timezone.now() + timedelta(days=4)
    )
    email = with_blocks(
        {"kind": "heading", "text": "Hello"}, {"kind": "list", "empty": "Nothing yet"},
        {"kind": "heading", "text": "Namaste", "when": {"rule": {"all": [{"test": "country", "op": "is", "value": "IN"}]}}},
        subject="Come", purpose="transactional",
    )  # fmt: skip
    german = add_language(email, "de", by=marketer)
    email = edit_email(
        email,
        language="de",
        subject="Komm",
        blocks=[{"kind": "heading", "text": "Hallo"}, *german.blocks[1:]],
        by=marketer,
    )
    email = make_ready(email, by=marketer)
    segment = ListFactory()
    for name, language, country in (("asha", "en", "IN"), ("jonas", "de-AT", "AT"), ("mei", "zh", "CN")):
        contact = ContactFactory(email=f"{name}@customer.example", language=language, country=country)
        SegmentMember.objects.create(segment=segment, contact=contact)
        if name == "asha":
            register_for_event(event, contact=contact, by=marketer)
    OutboxItem.objects.all().delete()
    start_send(email, segment=segment, by=marketer)
    run_jobs()
    sent = {item.to.partition("@")[0]: item for item in OutboxItem.objects.filter(subject__in=["Come", "Komm"])}
    assert {name: item.subject for name, item in sent.items()} == {"asha": "Come", "jonas": "Komm", "mei": "Come"}
    said = {name: bodies_of(item) for name, item in sent.items()}
    for part in ("html", "plain"):
        words = ("Fleet day", "Nothing yet", "Namaste", "Hallo")
        assert {name: [word in parts[part] for word in words] for name, parts in said.items()} == {
            "asha": [True, False, True, False], "jonas": [False, True, False, True], "mei": [False, True, False, False],
        }, part  # fmt: skip
    assert copy_email(email, by=marketer).translations.count() == 1


def test_an_email_in_the_look_of_its_brand_has_its_address_and_its_contrast_is_looked_at():
    brand = Brand.objects.create(
        name="North", accent="#0a6b4a", postal_address="1 North Road, Kiel", on_accent="#0a6b50"
    )
    email = MarketingEmailFactory(brand=brand)
    read = preview(draft_content(email))
    assert "#0a6b4a" in read.html
    assert "1 North Road, Kiel" in read.html
    assert "1 North Road, Kiel" in read.text
    assert [p.message for p in problems_of(email) if p.block == "b3"] == [
        "The button is hard to read: #0a6b50 on #0a6b4a has a contrast of 1.0; 4.5 is the least."
    ]
    assert round(contrast("#000000", "#ffffff"), 1) == 21


def test_a_reusable_block_follows_its_changes_and_is_not_deleted_while_it_is_used(marketer):
    kept = create_content_block(name="Sign-off", blocks=[{"kind": "heading", "text": "Bye"}], by=marketer)
    email = edit_email(MarketingEmailFactory(), blocks=[{"kind": "content", "content": kept.pk}, *BLOCKS], by=marketer)
    assert [*kept.emails.all()] == [email]
    edit_kept(kept, blocks=[{"kind": "heading", "text": "So long"}], by=marketer)
    assert "So long" in draft_content(email).html
    with pytest.raises(NotAllowed, match="stands by reference in"):
        remove_kept(kept, by=marketer)
    edit_email(email, blocks=BLOCKS, by=marketer)
    remove_kept(kept, by=marketer)
    with pytest.raises(Invalid):
        create_content_block(name="x", blocks=[{"kind": "section"}], by=marketer)


def picture(width=2000, height=500, kind="JPEG"):
    buffer = BytesIO()
    Image.new("RGB", (width, height), "#3b55c9").save(buffer, kind)
    return SimpleUploadedFile(f"hero.{kind.lower()}", buffer.getvalue())


def test_a_picture_is_made_small_shown_to_everybody_and_kept_while_it_is_used(marketer, client):
    media = add_picture(picture(), alt="A bike", by=marketer)
    assert (media.width, media.height, media.media_type) == (1280, 320, "image/jpeg")
    assert add_picture(picture(), by=marketer) == media
    answer = client.get(media.path)
    assert (answer.status_code, answer["Content-Type"], b"".join(answer.streaming_content)[:2]) == (
        200,
        "image/jpeg",
        b"\xff\xd8",
    )
    assert client.get(media.path.replace(".jpg", ".png")).status_code == 404
    email = edit_email(
        MarketingEmailFactory(), blocks=[{"kind": "image", "src": media.path, "alt": "x"}, *BLOCKS], by=marketer
    )
    assert media.url in draft_content(email).html
    with pytest.raises(NotAllowed, match="is used in the email"):
        remove_picture(media, by=marketer)
    edit_email(email, blocks=BLOCKS, by=marketer)
    remove_picture(media, by=marketer)
    assert client.get(media.path).status_code == 404


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("large.png", b"\x89PNG" + b"0" * (40 * 1024 * 1024), "“large.png” has 40 MB; 10 MB is the most for a picture in an email."),
        ("virus.png", b"MZ" * 500, "“virus.png” is no picture that mail programs show: PNG, JPEG, GIF or WebP."),
        ("empty.png", b"", "“empty.png” is empty."),
    ],
)  # fmt: skip
def test_what_is_no_picture_for_a_mail_is_refused_in_words(marketer, client, name, data, words):
    client.force_login(marketer)
    file = SimpleUploadedFile(name, data)
    answer = client.post(
        reverse("admin:marketing_mediafile_upload"), {"file": file}, headers={"accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]) == (400, words)


def test_html_of_ones_own_is_sent_as_it_is(marketer):
    html = (
        "<html><head><style>.a{color:red}</style></head><body><p class=a>Hi {{ contact.first_name }}</p></body></html>"
    )
    email = make_ready(MarketingEmailFactory(kind="html", html=html, blocks=[]), by=marketer)
    assert email.versions.get().html == html
    broken = MarketingEmailFactory(kind="html", html="<p>{{ contact.nobody }}</p>", blocks=[])
    assert any("Nothing is known as “contact.nobody”" in problem.message for problem in problems_of(broken))


def test_a_qr_code_is_drawn_for_us_alone():
    html = draft_content(with_blocks({"kind": "qr", "text": "https://x.example/"})).html
    token = re.search(r"/m/qr/([^\"]+)\.png", html)[1]
    assert qr_text(token) == "https://x.example/"
    assert draw_qr(qr_text(token)).startswith(b"\x89PNG")
    with pytest.raises(BadSignature):
        qr_text(f"{token}x")
