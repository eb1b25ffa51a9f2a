"""Files on records: who may bring and read them, what is taken, and how they are served."""

import io
import zipfile

import pytest
from auditlog.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.actions.attachments import attach_file
from crm.errors import Invalid
from crm.files import LARGEST, check_upload
from crm.models import Attachment
from tests.factories.crm import AccountFactory, TeamFactory, UserFactory
from tests.factories.deals import LeadFactory

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 60


def upload(name="offer.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def read(client, address):
    """(content, headers) of a download that is read to its end."""
    answer = client.get(address)
    content = b"".join(answer.streaming_content)
    for close in answer._resource_closers:  # answer.close() would end the request, and with it the test's connection
        close()

    return content, answer.headers


def docx():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("offer.pdf", PDF, "application/pdf"),
        ("logo.PNG", PNG, "image/png"),
        ("letter.docx", docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("list.csv", "Name;Größe\n".encode("latin-1"), "text/csv"),
        ("说明.txt", "你好".encode(), "text/plain"),
        ("утф16.txt", "Привет".encode("utf-16"), "text/plain"),
    ],
)
def test_what_people_bring_is_taken(name, content, media_type):
    assert check_upload(upload(name, content)) == (name, media_type)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("offer.pdf", b"MZ\x90\x00" + b"\x00" * 200, "is not a PDF: its content is a program"),
        ("logo.png", b"<html><script>alert(1)</script>", "is not a PNG picture: its content is text"),
        ("notes.txt", b"\x7fELF" + b"\x00" * 200, "is not a text: its content is a program"),
        ("setup.exe", b"MZ", "Files ending in “.exe” are not taken"),
        ("page.html", b"<html>", "Files ending in “.html” are not taken"),
        ("empty.pdf", b"", "is empty"),
    ],
)
def test_a_file_that_lies_about_its_type_is_refused(name, content, sentence):
    with pytest.raises(Invalid, match=sentence):
        check_upload(upload(name, content))


def test_a_file_that_is_too_large_is_refused_by_its_size():
    large = upload()
    large.size = LARGEST + 1
    with pytest.raises(Invalid, match="25 MB is the most"):
        check_upload(large)


def test_a_name_keeps_no_path_and_no_control_characters():
    assert check_upload(upload("..\\..\\etc\\of\x07fer.pdf"))[0] == "offer.pdf"
    assert len(check_upload(upload("a" * 200 + ".txt", b"x"))[0]) <= 150


def test_files_are_brought_shown_downloaded_and_taken_off(client, rep):
    lead = LeadFactory(owner=rep)
    client.force_login(rep)
    client.post(f"/files/of/sales.lead:{lead.pk}/add/", {"file": [upload(), upload("logo.png", PNG)]})
    offer = Attachment.objects.get(name="offer.pdf")
    assert "offer.pdf" in client.get(f"/records/sales.lead/{lead.pk}/side/").content.decode()
    content, headers = read(client, offer.get_absolute_url())
    assert (content, headers["Content-Type"]) == (PDF, "application/octet-stream")
    assert headers["Content-Disposition"] == 'attachment; filename="offer.pdf"'
    assert "sandbox" in headers["Content-Security-Policy"]
    _, headers = read(client, Attachment.objects.get(name="logo.png").get_absolute_url())
    assert headers["Content-Type"] == "image/png"
    client.post(f"/files/{offer.pk}/remove/")
    assert client.get(offer.get_absolute_url()).status_code == 404
    changes = [entry.changes["files"] for entry in LogEntry.objects.get_for_object(lead) if "files" in entry.changes]
    assert changes == [["offer.pdf", ""], ["", "logo.png"], ["", "offer.pdf"]]


def test_a_bad_file_among_good_ones_says_why_and_the_good_ones_stay(client, rep):
    lead = LeadFactory(owner=rep)
    client.force_login(rep)
    files = {"file": [upload(), upload("setup.exe", b"MZ")]}
    answer = client.post(f"/files/of/sales.lead:{lead.pk}/add/", files, headers={"HX-Request": "true"})
    assert (answer.status_code, "are not taken" in answer.content.decode()) == (422, True)
    assert [a.name for a in Attachment.objects.all()] == ["offer.pdf"]


def test_the_same_file_twice_is_once(rep):
    account = AccountFactory()
    assert attach_file(account, upload(), by=rep) == attach_file(account, upload(), by=rep)


def test_who_does_not_see_the_record_does_not_see_its_files(client, rep):
    lead = LeadFactory(owner=rep)
    attachment = attach_file(lead, upload(), by=rep)
    client.force_login(UserFactory(team=TeamFactory(name="South"), roles=["rep"]))
    assert client.get(attachment.get_absolute_url()).status_code == 404
    assert client.post(f"/files/{attachment.pk}/remove/").status_code == 404
    assert client.post(f"/files/of/sales.lead:{lead.pk}/add/", {"file": upload()}).status_code == 404
    client.logout()
    assert client.get(attachment.get_absolute_url()).status_code == 302


def test_who_may_only_see_cannot_bring_files(client, rep, team):
    colleague = UserFactory(team=team, roles=["rep"])
    lead = LeadFactory(owner=colleague)
    client.force_login(rep)
    assert client.post(f"/files/of/sales.lead:{lead.pk}/add/", {"file": upload()}).status_code == 403


def test_files_go_over_the_api_too(client, rep):
    lead = LeadFactory(owner=rep)
    client.force_login(rep)
    made = client.post("/api/v1/attachments/", {"on": f"sales.lead:{lead.pk}", "file": upload()})
    assert (made.status_code, made.json()["name"]) == (201, "offer.pdf")
    listed = client.get(f"/api/v1/attachments/?on=sales.lead:{lead.pk}").json()
    assert [row["name"] for row in listed["results"]] == ["offer.pdf"]
    refused = client.post("/api/v1/attachments/", {"on": f"sales.lead:{lead.pk}", "file": upload("a.exe", b"MZ")})
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/problem+json")
    assert read(client, made.json()["url"].removeprefix("http://testserver"))[0] == PDF
    assert client.delete(f"/api/v1/attachments/{made.json()['id']}/").status_code == 204
    assert client.get("/api/v1/attachments/?on=sales.lead:0").status_code == 400
