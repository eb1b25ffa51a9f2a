"""Brands, reusable blocks, pictures and languages over the API: the same rights, actions and sentences as in the admin."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from marketing.actions.emails import make_ready
from marketing.models import Brand, ContentBlock, MarketingEmail, MediaFile
from tests.factories.emails import BLOCKS, MarketingEmailFactory

pytestmark = pytest.mark.django_db
TEXT = [{"kind": "text", "html": "<p>Call us: 0800 1</p>"}]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def api(marketer):
    return client_of(marketer)


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def png(width=40, height=20, colour="red"):
    buffer = BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def upload(client, data=None, name="logo.png", **more):
    file = SimpleUploadedFile(name, png() if data is None else data)
    return client.post("/api/v1/pictures/", {"file": file, **more}, format="multipart")


def said(response):
    return {error["path"]: error["message"] for error in response.json()["errors"]}


def test_a_picture_comes_in_is_described_found_and_taken_away(api, marketer):
    made = upload(api, alt="Our logo")
    assert made.status_code == 201
    picture = made.json()
    assert (picture["width"], picture["height"], picture["media_type"], picture["alt"]) == (
        40,
        20,
        "image/png",
        "Our logo",
    )
    shown = api.get(picture["path"])
    assert shown.getvalue().startswith(b"\x89PNG")
    assert upload(api).json()["id"] == picture["id"]
    address = f"/api/v1/pictures/{picture['id']}/"
    changed = api.patch(address, {"alt": "Northwind", "width": 9}, headers={"if-match": f'"{picture["version"]}"'})
    assert (changed.json()["alt"], changed.json()["width"]) == ("Northwind", 40)
    assert [one["id"] for one in api.get("/api/v1/pictures/", {"q": "northw"}).json()["results"]] == [picture["id"]]
    assert api.get("/api/v1/pictures/", {"q": "cat"}).json()["results"] == []
    assert api.delete(address).status_code == 204
    assert not MediaFile.objects.exists()


def test_a_picture_of_forty_megabytes_hears_its_sentence(api):
    refused = upload(api, b"x" * (40 * 1024 * 1024), "large.png")
    assert refused.status_code == 400
    assert said(refused) == {"file": "“large.png” has 40 MB; 10 MB is the most for a picture in an email."}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"", "“logo.png” is empty."), (b"<svg/>", "“logo.png” is no picture that mail programs show: PNG, JPEG, GIF or WebP.")],
)  # fmt: skip
def test_what_is_no_picture_is_refused_at_its_place(api, data, sentence):
    assert said(upload(api, data)) == {"file": sentence}


def test_a_picture_in_use_says_where_and_stays(api, marketer):
    picture = upload(api).json()
    blocks = [*BLOCKS, {"id": "p", "kind": "image", "src": picture["path"], "alt": "Logo"}]
    email = api.post("/api/v1/emails/", {"name": "News", "subject": "Hi", "blocks": blocks}).json()
    brand = api.post("/api/v1/brands/", {"name": "North", "logo": picture["id"]}).json()
    uses = api.get(f"/api/v1/pictures/{picture['id']}/uses/").json()
    assert uses == [
        {"kind": "marketing.marketingemail", "id": email["id"], "name": "News"},
        {"kind": "marketing.brand", "id": brand["id"], "name": "North"},
    ]
    refused = api.delete(f"/api/v1/pictures/{picture['id']}/")
    assert refused.status_code == 409
    assert "is used in the email “News”, the brand “North”" in refused.json()["title"]


def test_one_brand_is_the_default_whoever_makes_it_so(api):
    first = api.post("/api/v1/brands/", {"name": "North", "is_default": True, "accent": "#112233"}).json()
    second = api.post("/api/v1/brands/", {"name": "South", "is_default": True}).json()
    assert list(Brand.objects.filter(is_default=True).values_list("name", flat=True)) == ["South"]
    assert api.patch(f"/api/v1/brands/{first['id']}/", {"is_default": True}).json()["version"] == 2
    assert not Brand.objects.get(pk=second["id"]).is_default
    assert [one["name"] for one in api.get("/api/v1/brands/", {"is_default": "true"}).json()["results"]] == ["North"]


@pytest.mark.parametrize(
    ("wrong", "path"), [({"accent": "red"}, "accent"), ({"radius": 99}, "radius"), ({"logo": 9}, "logo")]
)
def test_a_wrong_brand_is_refused_at_its_place(api, wrong, path):
    refused = api.post("/api/v1/brands/", {"name": "North", **wrong})
    assert (refused.status_code, list(said(refused))) == (400, [path])


def test_an_email_takes_a_brand_and_the_brand_says_so(api):
    brand = api.post("/api/v1/brands/", {"name": "North"}).json()
    email = api.post("/api/v1/emails/", {"name": "News", "brand": brand["id"]}).json()
    assert api.get(f"/api/v1/brands/{brand['id']}/uses/").json()[0]["id"] == email["id"]


def test_a_reusable_block_is_made_changed_and_kept_where_an_email_holds_it(api):
    block = api.post("/api/v1/reusable-blocks/", {"name": "Hotline", "blocks": TEXT}).json()
    address = f"/api/v1/reusable-blocks/{block['id']}/"
    assert block["blocks"][0]["html"] == "<p>Call us: 0800 1</p>"
    changed = api.patch(address, {"blocks": [{"kind": "heading", "text": "Call"}]}, headers={"if-match": '"1"'})
    assert (changed.json()["blocks"][0]["text"], changed.json()["version"]) == ("Call", 2)
    assert api.patch(address, {"name": "x"}, headers={"if-match": '"1"'}).status_code == 412
    email = api.post(
        "/api/v1/emails/", {"name": "News", "blocks": [{"kind": "content", "content": block["id"]}]}
    ).json()
    assert api.get(f"{address}uses/").json() == [
        {"kind": "marketing.marketingemail", "id": email["id"], "name": "News"}
    ]
    refused = api.delete(address)
    assert (refused.status_code, "stands by reference in “News”" in refused.json()["title"]) == (409, True)
    api.patch(f"/api/v1/emails/{email['id']}/", {"blocks": []})
    assert api.delete(address).status_code == 204
    assert not ContentBlock.objects.exists()


@pytest.mark.parametrize(
    ("blocks", "path"),
    [
        ([{"kind": "section"}], "blocks[0].kind"),
        ([{"kind": "text", "colour": "red"}], "blocks[0].colour"),
        ("no", "blocks"),
    ],
)
def test_blocks_that_are_none_are_refused_with_their_path(api, blocks, path):
    refused = api.post("/api/v1/reusable-blocks/", {"name": "Hotline", "blocks": blocks})
    assert (refused.status_code, list(said(refused))) == (400, [path])


def test_a_language_is_added_translated_read_and_taken_away(api, marketer):
    email = MarketingEmailFactory(owner=marketer)
    make_ready(email, by=marketer)
    languages = f"/api/v1/emails/{email.pk}/languages/"
    assert api.get(languages).json() == []
    made = api.post(languages, {"language": "de", "subject": "Sie sind eingeladen"})
    assert made.status_code == 201
    assert (made.json()["subject"], len(made.json()["blocks"])) == ("Sie sind eingeladen", len(BLOCKS))
    assert MarketingEmail.objects.get().status == "draft"
    changed = api.patch(f"{languages}de/", {"preheader": "Am Dienstag"}, headers={"if-match": made["ETag"]})
    assert (changed.status_code, changed.json()["preheader"]) == (200, "Am Dienstag")
    assert api.patch(f"{languages}de/", {"subject": "x"}, headers={"if-match": made["ETag"]}).status_code == 412
    assert [one["language"] for one in api.get(languages).json()] == ["de"]
    assert api.get(f"{languages}DE/").json()["subject"] == "Sie sind eingeladen"
    assert api.delete(f"{languages}de/").status_code == 204
    assert api.get(f"{languages}de/").status_code == 404


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"language": "german"}, "language"),
        ({"language": "en"}, "language"),
        ({"language": "de", "blocks": [{"kind": "marquee"}]}, "blocks[0].kind"),
        ({"language": "de", "html": "<p>"}, "html"),
        ({}, "language"),
    ],
)
def test_a_wrong_language_is_refused_and_nothing_is_added(api, marketer, body, path):
    email = MarketingEmailFactory(owner=marketer)
    refused = api.post(f"/api/v1/emails/{email.pk}/languages/", body)
    assert (refused.status_code, list(said(refused))) == (400, [path])
    assert not email.translations.exists()


def test_who_may_only_look_changes_nothing_and_who_may_not_look_sees_nothing(api, manager, rep, marketer):
    email = MarketingEmailFactory(owner=marketer)
    block = api.post("/api/v1/reusable-blocks/", {"name": "Hotline", "blocks": TEXT}).json()
    brand = api.post("/api/v1/brands/", {"name": "North"}).json()
    picture = upload(api).json()
    looks, outside = client_of(manager), client_of(rep)
    for name, one in (("reusable-blocks", block), ("brands", brand), ("pictures", picture)):
        address = f"/api/v1/{name}/{one['id']}/"
        assert looks.get(address).status_code == 200
        assert looks.patch(address, {"name": "x"}).status_code == 403
        assert looks.delete(address).status_code == 403
        assert outside.get(address).status_code == 404
        assert outside.get(f"/api/v1/{name}/").json()["results"] == []
    assert looks.post("/api/v1/brands/", {"name": "x"}).status_code == 403
    assert looks.post("/api/v1/reusable-blocks/", {"name": "x", "blocks": TEXT}).status_code == 403
    assert upload(looks, name="other.png").status_code == 403
    assert looks.post(f"/api/v1/emails/{email.pk}/languages/", {"language": "de"}).status_code == 403
    assert outside.get(f"/api/v1/emails/{email.pk}/languages/").status_code == 404
