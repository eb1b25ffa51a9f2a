"""The pages of lists among 1,000,000 contacts: against the same page among 1,000, and against bare SQL and a bare template.

“Growth”: the page as a browser gets it, in both companies in turn; the bar is 1.5 times. “Floor”: the rows by hand-written
SQL, and the page's own template drawn once more from what was read already; the bar is 3 times. At most 20 queries a page.

    python -m benchmarks.lists [rounds]
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.measuring import (
    GROWTH,
    LARGE,
    OVER_FLOOR,
    SMALL,
    at,
    in_turn,
    once_drawn,
    queries_of,
    select,
    set_up,
    shell,
    tell,
)

READERS = {"manager": 10, "rep": 4}
CONTACTS = """
    SELECT c.*, a.*, u.* FROM crm_contact c LEFT JOIN crm_account a ON a.id = c.account_id
    LEFT JOIN crm_user u ON u.id = c.owner_id WHERE c.deleted_at IS NULL AND c.is_active AND NOT c.is_prospect
"""
OF_EVERYBODY = f"{CONTACTS} ORDER BY c.last_name, c.first_name, c.id LIMIT 51"
OF_TEAM = f"""
    {CONTACTS} AND c.id IN (
        SELECT first.id FROM crm_user person CROSS JOIN LATERAL (
            SELECT id FROM crm_contact WHERE owner_id = person.id AND deleted_at IS NULL AND is_active
            AND NOT is_prospect ORDER BY last_name, first_name, id LIMIT 51) first WHERE person.team_id = 1
        UNION SELECT contact_id FROM sales_lead l JOIN crm_user p ON p.id = l.owner_id WHERE p.team_id = 1
        UNION SELECT contact_id FROM sales_opportunity o JOIN crm_user p ON p.id = o.owner_id WHERE p.team_id = 1)
    ORDER BY c.last_name, c.first_name, c.id LIMIT 51
"""
ACCOUNTS = """
    SELECT a.*, u.* FROM crm_account a LEFT JOIN crm_user u ON u.id = a.owner_id
    WHERE a.deleted_at IS NULL AND a.is_active ORDER BY a.name, a.id LIMIT 51
"""
ACTIVITIES = """
    SELECT t.*, c.*, a.*, u.* FROM crm_activity t LEFT JOIN crm_contact c ON c.id = t.contact_id
    LEFT JOIN crm_account a ON a.id = t.account_id LEFT JOIN crm_user u ON u.id = t.owner_id
    WHERE t.deleted_at IS NULL AND t.due_at IS NOT NULL ORDER BY t.due_at DESC, t.id DESC LIMIT 51
"""


@dataclass(frozen=True)
class Page:
    """A page that somebody opens; `sql` reads its rows by hand. `is_deep`: the fifth page, by its mark."""

    reader: str
    address: str
    sql: str = ""
    is_deep: bool = False

    def __str__(self) -> str:
        return f"{self.reader} {self.address}{' page 5' if self.is_deep else ''}"


PAGES = (
    Page("manager", "/contacts/", OF_EVERYBODY),
    Page("manager", "/contacts/", is_deep=True),
    Page("manager", "/contacts/?country=DE&sort=email"),
    Page("manager", "/contacts/?view=new"),
    Page("manager", "/activities/", ACTIVITIES),
    Page("rep", "/contacts/", OF_TEAM),
    Page("rep", "/contacts/", is_deep=True),
    Page("rep", "/contacts/?sort=city"),
    Page("rep", "/contacts/?view=mine"),
    Page("rep", "/accounts/", ACCOUNTS),
    Page("rep", "/leads/"),
    Page("rep", "/opportunities/?view=open"),
    Page("rep", "/activities/?sort=subject"),
)


def main(rounds: int = 15) -> None:
    """Prints one or two JSON lines a page."""
    companies = set_up(SMALL, LARGE)
    for page in PAGES:
        visits = {}
        for rows, connection in companies.items():
            at(connection)
            visits[rows] = _visit(page)
        works = [(companies[rows], visit) for rows, visit in visits.items()]
        if page.sql:
            works.append((companies[LARGE], _floor(page, visits[LARGE])))
        small, large, *floor = in_turn(works, rounds)
        at(companies[LARGE])
        tell(f"list growth: {page}", large, small, GROWTH, queries_of(visits[LARGE]))
        if floor:
            tell(f"list floor: {page}", large, floor[0], OVER_FLOOR)


def _visit(page: Page) -> partial:
    """Opens the page in the company at hand, as its reader."""
    from django.test import Client

    from crm.models import User

    client = Client()
    client.force_login(User.objects.get(pk=READERS[page.reader]))
    address = page.address
    for _ in range(4 if page.is_deep else 0):
        address = f"{page.address}?after={_mark_after(client, address)}"
    assert client.get(address).status_code == 200, page
    return partial(client.get, address)


def _floor(page: Page, visit: partial) -> Callable[[], None]:
    draw = once_drawn(visit, "crm.web.record_lists", "rows")

    def by_hand() -> None:
        shell(READERS[page.reader], "crm.contact")
        select("SELECT * FROM crm_savedview WHERE owner_id = %s", (READERS[page.reader],))
        select(page.sql)
        draw()

    return by_hand


def _mark_after(client, address: str) -> str:
    text = client.get(address).content.decode()
    return text.split('rel="next"')[0].rsplit("after=", 1)[1].split('"')[0].split("&")[0]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
