"""The rule language: stored JSON -> parse -> a frozen tree -> one SQL, words, or problems with their place.

    {"all": [...]}  {"any": [...]}  {"not": {...}}
    {"test": "country", "op": "is_any_of", "value": ["IN", "DE"]}
    {"test": "score", "of": 3, "op": "at_least", "value": 50}
    {"did": "email.opened", "source": "marketing.email:7", "at_least": 3, "at_most": 9, "within_days": 30}
    {"top": {"n": 10, "by": "score:3", "of": {...}, "ties": {"first": "event.registered", "source": "marketing.event:2"}}}

“on” narrows behaviour to one source, “verdicts": "all"” counts machines too (else people only, as far as we can tell).
The words that others need are in crm.rules.use: `matching`, `is_in`, `words`, `problems_of`, `parse`.
"""
