"""The page of a segment in a real browser: somebody is kept out, the tabs are read, two segments are compared."""

import os

import pytest
from django.urls import reverse

from marketing.actions.segments import create_segment
from tests.e2e.conftest import NARROW
from tests.factories.crm import ContactFactory

INDIA = {"all": [{"test": "country", "op": "is", "value": "IN"}]}
TABS = ("Members", "Chosen by hand", "Over time", "Insights", "Used by")


@pytest.mark.parametrize("options", [{}, {"viewport": NARROW}, {"color_scheme": "dark"}])
def test_a_marketer_keeps_somebody_out_reads_every_tab_and_compares(
    page_as, marketer, serious, run_jobs, live_server, options
):
    ContactFactory.create_batch(3, country="IN")
    segment = create_segment(name="India", rule=INDIA, by=marketer)
    other = create_segment(name="India as well", rule=INDIA, by=marketer)
    run_jobs()
    page = page_as(marketer, bypass_csp=True, **options)
    page.goto(reverse("admin:marketing_segment_members", args=[segment.pk]))
    page.locator("tbody input[type=checkbox]").first.check()
    page.get_by_role("button", name="Keep the ticked out").click()
    page.get_by_text("2 people").first.wait_for()
    for tab in TABS:
        page.get_by_role("navigation", name="Parts of this segment").get_by_role("link", name=tab).click()
        page.wait_for_selector(f'.segment-tabs [aria-current]:has-text("{tab}")')
        assert serious(page) == [], tab
        _keep_picture(page, tab, options)
    page.goto(reverse("admin:marketing_segment_compare", args=[segment.pk]) + f"?with={other.pk}")
    page.get_by_role("link", name="1 Only in “India as well”").wait_for()
    assert serious(page) == []
    _keep_picture(page, "compare", options)


def _keep_picture(page, name, options):
    """Where somebody wishes to look at the pages: PICTURES=/some/folder."""
    if folder := os.environ.get("PICTURES"):
        sort = "narrow" if "viewport" in options else options.get("color_scheme", "light")
        page.screenshot(path=f"{folder}/{name.replace(' ', '-')}-{sort}.png", full_page=True)
