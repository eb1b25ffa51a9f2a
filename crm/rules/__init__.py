"""The rule language: stored JSON -> parse -> a frozen tree -> one SQL, words, or problems with their place.

    {"all": [...]}  {"any": [...]}  {"not": {...}}
    {"test": "country", "op": "is_any_of", "value": ["IN", "DE"]}
    {"test": "score", "of": 3, "op": "at_least", "value": 50}
    {"did": "email.opened", "source": "marketing.email:7", "at_least": 3, "at_most": 9, "within_days": 30}
    {"did": "email.clicked", "source": "last", "link": 12, "page": "pricing", "before_days": 7}
    {"did": "page.visited", "since": "2026-01-01", "until": "2026-03-31"}
    {"has": "sales.lead", "where": {rule over leads}, "at_least": 2, "at_most": 5}
    {"top": {"n": 10, "by": "score:3", "of": {...}, "ties": {"first": "event.registered", "source": "marketing.event:2"}}}

“source” narrows behaviour to one record, or to the “last” commercial email that was sent to the person; “link” to one
TrackedLink, “page” to addresses that hold that text, “within_days”, “before_days”, “since” and “until” to a time. “has” asks for
records that name the contact (crm.rules.parse.had_by_contacts), each of which fulfils “where”. “verdicts": "all"” counts machines too (else people only, as far as we can tell).
The words that others need are in crm.rules.use: `matching`, `is_in`, `words`, `problems_of`, `parse`.
"""
