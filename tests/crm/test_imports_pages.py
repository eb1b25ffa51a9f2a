"""Importing in the browser and over the API."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from crm.models import Contact, Import
from tests.factories.crm import ContactFactory

pytestmark = pytest.mark.django_db

OPTIONS = {"policy": "both", "known": "overwrite", "doubtful": "skip", "day_first": "yes", "decimal_comma": "no"}
TEXT = (
    "First name,Last name,Email,City\n"
    "Asha,Rao,asha@customer.example,Pune\n"
    "Ben,,ben@customer.example,Goa\n"
    "Cleo,Kaya,cleo@customer.example,Izmir\n"
)


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def signed_in(client, marketer):
    client.force_login(marketer)
    return client


def upload(client, text=TEXT, name="people.csv"):
    data = text.encode() if isinstance(text, str) else text
    return client.post(reverse("crm:import-new"), {"kind": "crm.contact", "file": SimpleUploadedFile(name, data)})


def test_a_marketer_imports_a_file_page_by_page(signed_in, run_jobs, django_assert_max_num_queries):
    ContactFactory(email="cleo@customer.example", first_name="Cleo", last_name="Kaya", city="Ankara")
    answer = upload(signed_in)
    of = Import.objects.get()
    assert answer.url == reverse("crm:import-mapping", args=[of.pk])
    with django_assert_max_num_queries(20):
        page = signed_in.get(answer.url)
    assert b"Asha" in page.content
    mapping = {f"column_{index}": name for index, name in of.mapping.items()}
    answer = signed_in.post(answer.url, {**mapping, **OPTIONS})
    assert answer.url == reverse("crm:import", args=[of.pk])
    with django_assert_max_num_queries(20):
        page = signed_in.get(answer.url)
    assert b"Checking every line" in page.content
    run_jobs()
    with django_assert_max_num_queries(20):
        page = signed_in.get(answer.url)
    assert b"Create 1 and update 1" in page.content
    assert '<del dir="auto">Ankara</del> → <ins dir="auto">Izmir</ins>' in page.content.decode()
    signed_in.post(reverse("crm:import-run", args=[of.pk]))
    run_jobs()
    page = signed_in.get(answer.url)
    assert b"Done: 3 lines." in page.content
    assert Contact.objects.get(email="asha@customer.example").city == "Pune"
    for verdict in ("create", "update", "same", "error", "skip"):
        assert signed_in.get(reverse("crm:import-lines", args=[of.pk, verdict])).status_code == 200
    errors = b"".join(signed_in.get(reverse("crm:import-errors", args=[of.pk])).streaming_content).decode("utf-8-sig")
    assert errors.splitlines()[1] == "Ben,,ben@customer.example,Goa,3,Last name is missing."
    with django_assert_max_num_queries(20):
        assert signed_in.get(reverse("crm:imports")).status_code == 200


def test_the_list_is_empty_and_says_what_to_do(signed_in):
    assert b"Nothing imported yet" in signed_in.get(reverse("crm:imports")).content


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "“people.csv” is empty."),
        (b"\x89PNG\x00\x00", "“people.csv” is not a table."),
        (b"Email\n", "has no records in it"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_beside_the_field_and_not_kept(signed_in, data, sentence):
    page = upload(signed_in, data)
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert not Import.objects.exists()


def test_a_mapping_that_cannot_work_is_told_at_its_column(signed_in):
    upload(signed_in)
    of = Import.objects.get()
    page = signed_in.post(
        reverse("crm:import-mapping", args=[of.pk]),
        {"column_0": "last_name", "column_1": "last_name", "column_2": "email", "column_3": "", **OPTIONS},
    )
    assert page.status_code == 422
    assert "Two columns are mapped to “Last name”" in page.content.decode()


def test_a_file_without_the_column_that_everybody_needs_is_told_on_the_mapping_page(signed_in):
    upload(signed_in, "First name,City\nAsha,Pune\n")
    of = Import.objects.get()
    page = signed_in.post(
        reverse("crm:import-mapping", args=[of.pk]), {"column_0": "first_name", "column_1": "city", **OPTIONS}
    )
    assert page.status_code == 422
    assert "a new contact needs a name. Map one" in page.content.decode()
    of.refresh_from_db()
    assert of.status == "new"  # nothing was begun


def test_consent_without_a_source_is_told_at_its_field(signed_in):
    upload(signed_in)
    of = Import.objects.get()
    mapping = {f"column_{index}": name for index, name in of.mapping.items()}
    page = signed_in.post(
        reverse("crm:import-mapping", args=[of.pk]),
        {**mapping, **OPTIONS, "has_consent": "on", "given_on": "2026-01-01"},
    )
    assert page.status_code == 422
    assert b"Say where these people gave their consent" in page.content


def test_two_hundred_columns_can_be_mapped(signed_in, django_assert_max_num_queries):
    header = ",".join(["Email", "Last name", *[f"C{n}" for n in range(198)]])
    upload(signed_in, f"{header}\n{','.join(['a@x.example', *['x'] * 199])}\n")
    with django_assert_max_num_queries(20):
        page = signed_in.get(reverse("crm:import-mapping", args=[Import.objects.get().pk]))
    assert page.status_code == 200


def test_a_rep_sees_no_imports_and_nobody_those_of_others(client, rep, manager, signed_in):
    upload(signed_in)
    of = Import.objects.get()
    client.force_login(rep)
    assert client.get(reverse("crm:imports")).status_code == 403
    assert client.get(reverse("crm:import", args=[of.pk])).status_code == 404


# The API


def test_a_file_is_imported_over_the_api(signed_in, run_jobs):
    created = signed_in.post("/api/v1/imports/", {"file": SimpleUploadedFile("people.csv", TEXT.encode())})
    assert created.status_code == 201, created.content
    pk = created.json()["id"]
    body = {
        "mapping": {"Email": "email", "Last name": "last_name", "0": "first_name", "3": ""},
        "policy": "both",
        "consent": {"source": "Trade fair", "given_on": "2026-01-01"},
    }
    mapped = signed_in.post(f"/api/v1/imports/{pk}/map/", body, content_type="application/json")
    assert mapped.status_code == 200, mapped.content
    assert mapped.json()["mapping"] == {"2": "email", "1": "last_name", "0": "first_name"}
    assert signed_in.post(f"/api/v1/imports/{pk}/check/").status_code == 202
    run_jobs()
    assert signed_in.post(f"/api/v1/imports/{pk}/run/").status_code == 202
    run_jobs()
    done = signed_in.get(f"/api/v1/imports/{pk}/").json()
    assert (done["status"], done["created_count"], done["error_count"]) == ("done", 2, 1)
    lines = signed_in.get(f"/api/v1/imports/{pk}/lines/", {"verdict": "error"}).json()["results"]
    assert [(line["number"], line["problem"]) for line in lines] == [(3, "Last name is missing.")]
    again = signed_in.post(f"/api/v1/imports/{pk}/run/")
    assert again.status_code == 409


def test_errors_over_the_api_name_their_field(signed_in):
    refused = signed_in.post("/api/v1/imports/", {"file": SimpleUploadedFile("x.csv", b"%PDF-1.4")})
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, "file")
    pk = signed_in.post("/api/v1/imports/", {"file": SimpleUploadedFile("people.csv", TEXT.encode())}).json()["id"]
    refused = signed_in.post(
        f"/api/v1/imports/{pk}/map/", json.dumps({"mapping": {"Email": "shoe"}}), content_type="application/json"
    )
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (400, "mapping.2")
