"""Exports beside the lists: what the reader may see, as a file that the importer reads back word for word."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from crm.actions.consent import give_consent, withdraw_consent
from crm.actions.imports import check_import, map_import, run_import, start_import
from crm.actions.suppressions import suppress
from crm.actions.tags import set_tags
from crm.models import Consent, Import, Suppression, Tagging, Topic
from sales.models import PriceListItem, Product
from tests.factories.catalogue import PriceListFactory, ProductFactory
from tests.factories.crm import ContactFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def exported(client, administrator):
    """exported("crm.consent"): the bytes of the file."""
    client.force_login(administrator)

    def get(name, file_format="csv"):
        answer = client.get(reverse("crm:export", args=[name, file_format]))
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)

    return get


@pytest.fixture
def brought_in(administrator, run_jobs):
    """Import the bytes of a file of this kind; answers the import."""

    def bring(kind, data, name="file.csv"):
        of = start_import(io.BytesIO(data), name, administrator, kind=kind)
        of = map_import(of, mapping=of.mapping, by=administrator, policy="both")
        check_import(of, by=administrator)
        run_jobs()
        of.refresh_from_db()
        if of.created_count or of.updated_count:
            run_import(of, by=administrator)
            run_jobs()
        return Import.objects.get(pk=of.pk)

    return bring


def lines(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_the_ledger_goes_out_and_comes_back_with_its_proof(exported, brought_in, marketer, file_format):
    topic = Topic.objects.create(name="Events")
    for decide in (give_consent, withdraw_consent):
        decide("asha@customer.example", source="Form: fair", topic=topic, text_shown="News, please", proof={"note": "IP 203.0.113.7"}, by=marketer)  # fmt: skip
    data = exported("crm.consent", file_format)
    assert brought_in("crm.consent", data, f"ledger.{file_format}").created_count == 0
    before = list(Consent.objects.values_list("granted", "given_at", "source", "topic", "text_shown", "is_current"))
    Consent.objects.all().delete()
    of = brought_in("crm.consent", data, f"ledger.{file_format}")
    assert (of.created_count, of.error_count) == (2, 0)
    assert (
        list(Consent.objects.values_list("granted", "given_at", "source", "topic", "text_shown", "is_current"))
        == before
    )
    assert {one.proof["note"] for one in Consent.objects.all()} == {"IP 203.0.113.7"}


def test_suppressions_in_force_go_out_and_come_back(exported, brought_in):
    suppress("old@customer.example", cause="bounce", reason="=1+1")
    data = exported("crm.suppression")
    assert lines(data)[0]["Reason"] == "'=1+1"
    Suppression.objects.all().delete()
    brought_in("crm.suppression", data)
    assert Suppression.objects.get().cause == "bounce"


def test_tags_go_out_with_their_records_and_come_back(exported, brought_in, administrator):
    asha = ContactFactory()
    set_tags(asha, ["Partner", "VIP"], by=administrator)
    data = exported("crm.tag")
    assert [line["Tags"] for line in lines(data)] == ["Partner", "VIP"]
    Tagging.objects.all().delete()
    brought_in("crm.tag", data)
    assert set(Tagging.objects.values_list("record_id", "tag__name")) == {(asha.pk, "Partner"), (asha.pk, "VIP")}


def test_products_go_out_with_their_prices_and_come_back_changed(exported, brought_in):
    product = ProductFactory(name="Licence")
    PriceListItem.objects.create(product=product, price_list=PriceListFactory(is_default=True), price=49)
    data = exported("sales.product")
    assert brought_in("sales.product", data).updated_count == 0
    brought_in("sales.product", data.replace(b"Licence", b"Licence Plus"))
    assert Product.objects.get(pk=product.pk).name == "Licence Plus"
    assert PriceListItem.objects.filter(product=product).count() == len(lines(data))


def test_a_workbook_has_all_lines(exported):
    for number in range(3):
        suppress(f"old{number}@customer.example", cause="manual")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(exported("crm.suppression", "xlsx"))).get_sheet_by_index(0)
    assert [row[0] for row in sheet.to_python()][1:] == [f"old{number}@customer.example" for number in range(3)]


def test_nobody_exports_what_their_role_does_not_grant_or_tags_of_what_they_do_not_see(client, rep, administrator):
    suppress("old@customer.example", cause="manual")
    hidden = ContactFactory(last_name="Secret", owner=UserFactory(team=TeamFactory()))
    set_tags(hidden, ["Partner"], by=administrator)
    client.force_login(rep)
    page = client.get(reverse("crm:exports")).text
    assert "Tags as CSV" in page
    assert "Suppressions" not in page
    assert client.get(reverse("crm:export", args=["crm.suppression", "csv"])).status_code == 404
    assert client.get(reverse("crm:export", args=["crm.tag", "pdf"])).status_code == 404
    answer = client.get(reverse("crm:export", args=["crm.tag", "csv"]))
    assert b"Secret" not in b"".join(answer.streaming_content)


def test_many_rows_go_out_in_batches(exported, django_assert_max_num_queries):
    later = timezone.now() + timedelta(days=1)
    for number in range(5):
        suppress(f"old{number}@customer.example", cause="manual", until=later)
    with django_assert_max_num_queries(10):
        assert len(lines(exported("crm.suppression"))) == 5
