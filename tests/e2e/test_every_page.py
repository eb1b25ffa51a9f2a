"""Every page that the menus lead to, and the first record of each list, with the demo company: nothing serious for axe,
nothing wider than the screen, nothing broken in the console. Wide and light, then on a phone in the dark."""

import pytest

from config.demo import loading
from crm.models import User
from tests.e2e.conftest import NARROW, WIDE

AREAS = {"sales": ".rail-area:nth-of-type(1) a", "marketing": ".rail-area:nth-of-type(2) a", "setup": ".rail-area:nth-of-type(3) a"}  # fmt: skip
FIRST_ROWS = "[data-list] [data-row]:first-of-type .row-link, .list-table tbody tr:first-child .row-link, #result_list tbody tr:first-child th a"
"""A list of records, another list, a list of the admin."""


@pytest.fixture
def demo(transactional_db):
    loading.load(lambda part: None)
    return User.objects.get(email="ada@tandem.example")


def look_at(page, address, serious):
    """What is wrong with the page, as lines; it is loaded once, and changes its clothes."""
    page.problems.clear()
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(address)
    found = serious(page)
    page.set_viewport_size(NARROW)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.locator("html[data-bs-theme=dark]").wait_for()
    page.wait_for_function(
        "document.getAnimations().every(one => !(one instanceof CSSTransition))"
    )  # colours pass from one theme to the other
    found += [f"narrow and dark: {line}" for line in serious(page)]
    if page.evaluate("document.documentElement.scrollWidth") > NARROW["width"]:
        page.reload()  # some controls are measured when they are drawn
    if (width := page.evaluate("document.documentElement.scrollWidth")) > NARROW["width"]:
        found.append(f"narrow: {width} px wide")
    return [f"{address}: {line}" for line in [*page.problems, *found]]


@pytest.mark.parametrize("area", [*AREAS, "own"])
def test_every_page_of_the_menus_can_be_read_by_everybody(area, demo, page_as, serious):
    page = page_as(demo, bypass_csp=True)
    page.goto("/")
    where = AREAS.get(area, ".bar .dropdown-menu a")
    addresses = page.locator(where).evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(addresses) > 5, area
    found = []
    for address in addresses:
        found += look_at(page, address, serious)
        first = page.locator(FIRST_ROWS).first
        if first.count():
            found += look_at(page, first.get_attribute("href"), serious)
    assert not found, "\n".join(found)
