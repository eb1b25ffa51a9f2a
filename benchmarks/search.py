"""⌘K among 1,000,000 contacts (1,850,000 records), against the bare SQL that finds the entries and reads their records.

Words that few records have, words that thousands have, and a name with a typing error. The bar is 2 times.

    python -m benchmarks.search [rounds]
"""

import sys
from functools import partial

from benchmarks.lists import READERS
from benchmarks.measuring import LARGE, at, in_turn, queries_of, select, set_up, tell

BAR = 2.0
WORDS = {"one": "person123@customer", "a few": "person77777", "two names": "asha marden", "a name": "marden"}
FEW = 5
TABLES = {"crm.contact": "crm_contact", "crm.account": "crm_account", "crm.activity": "crm_activity",
          "sales.lead": "sales_lead", "sales.opportunity": "sales_opportunity"}  # fmt: skip


def main(rounds: int = 9) -> None:
    """Prints one JSON line a kind of word; for a manager, who sees every contact."""
    companies = set_up(LARGE)
    at(companies[LARGE])
    for name, text in WORDS.items():
        search = _search("manager", text)
        ours, floor = in_turn([(companies[LARGE], search), (companies[LARGE], partial(_bare, text))], rounds)
        tell(f"search: {name}", ours, floor, BAR, queries_of(search))


def _search(reader: str, text: str) -> partial:
    from crm.hooks.search import sources
    from crm.models import User
    from crm.search.finding import find

    user = User.objects.get(pk=READERS[reader])
    kinds = {source.kind: source.related for source in sources() if user.may(source.kind, "view")}
    return partial(find, user, text, kinds, FEW)


def _bare(text: str) -> None:
    """The first entries that have every word, and their records; of each kind for itself where there are many."""
    words = [f"%{word}%" for word in text.split()]
    having = " AND ".join(["words LIKE %s"] * len(words))
    entries = f"SELECT kind, record_id FROM crm_searchentry WHERE {having}"
    found = select(f"{entries} LIMIT 401", tuple(words))
    if len(found) > 400:
        each = " UNION ALL ".join(f"({entries} AND kind = '{kind}' LIMIT {FEW})" for kind in TABLES)
        found = select(each, tuple(words) * len(TABLES))
    for kind, table in TABLES.items():
        ids = [pk for of, pk in found if of == kind]
        if ids:
            select(f"SELECT * FROM {table} WHERE id = ANY(%s) AND deleted_at IS NULL LIMIT {FEW}", (ids,))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
