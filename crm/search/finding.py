"""Words -> records that the reader may see, the best first.

One query finds candidates of every kind; as few words are common, it is nearly always all there is. Where the words are
so common that there are more, each kind is asked by itself: for its first candidates where the reader sees all of it, else
within what the reader may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from crm.access import Depth, depth_of
from crm.models import SearchEntry
from crm.sql import asked_at_once

Kinds = Mapping[str, Sequence[str]]
CANDIDATES = 400
FEW_KEYS = 1000
NEARLY = 0.45
MOST_WORDS, LONGEST_WORD = 6, 40


def words_of(text: str) -> list[str]:
    """At most six words as the index holds them: lower case, without accents and NUL bytes."""
    words = [word[:LONGEST_WORD] for word in text[:1000].replace("\0", " ").casefold().split()[:MOST_WORDS]]
    if connection.vendor != "postgresql" or not words:
        return words
    with connection.cursor() as sql:
        sql.execute("SELECT lower(unaccent(%s))", [" ".join(words)])
        return sql.fetchone()[0].split()


def find(user: Any, text: str, kinds: Kinds, limit: int) -> dict[str, list[Any]]:
    """Records by kind, at most `limit` of each, within `visible_to(user)`; `kinds` are those to look for, with the
    select_related paths of each. Typing errors are forgiven on PostgreSQL where nothing matches as it was typed."""
    words = words_of(text)
    if not words:
        return {}
    found = _visible(user, words, _candidates(user, matching(words), kinds), kinds, limit)
    if not found and connection.vendor == "postgresql":
        _forgive()
        found = _visible(user, words, _candidates(user, resembling(words), kinds), kinds, limit)
    return found


def _forgive() -> None:
    """“jonson” shares half of its trigrams with “johnson”: the usual threshold of 0.6 would not find him."""
    with connection.cursor() as sql:
        sql.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, false)", [str(NEARLY)])


def matching(words: Iterable[str], kind: str = "") -> QuerySet[SearchEntry]:
    """The entries that contain every word: anywhere within a word on PostgreSQL (one or two letters: at its beginning),
    at the beginning of a word on SQLite."""
    entries = SearchEntry.objects.filter(kind=kind) if kind else SearchEntry.objects.all()
    if connection.vendor == "postgresql":
        for word in words:
            entries = entries.filter(words__contains=word if len(word) > 2 else f" {word}")
        return entries
    phrase = " AND ".join('"{}"*'.format(word.replace('"', '""')) for word in words)
    ids = RawSQL("SELECT rowid FROM crm_searchwords WHERE crm_searchwords MATCH %s", [phrase])
    return entries.filter(pk__in=ids)


def resembling(words: Iterable[str]) -> QuerySet[SearchEntry]:
    """The entries in which each word of three letters or more stands at least nearly (PostgreSQL, trigrams)."""
    entries = SearchEntry.objects.all()
    for word in words:
        if len(word) > 2:
            entries = entries.filter(words__resembles=word)
    return entries if entries.query.where else SearchEntry.objects.none()


def narrow(rows: QuerySet, text: str) -> QuerySet:
    """The rows of one kind that are found by the text: the search box of a list.

    PostgreSQL is given the keys where they are few: a list asks for the rows of each owner, and would search for each anew.
    """
    words = words_of(text)
    if not words:
        return rows
    ids = matching(words, rows.model._meta.label_lower).values("record_id")
    if connection.vendor == "postgresql":
        found = [pk for (pk,) in ids.values_list("record_id")[: FEW_KEYS + 1]]
        if len(found) <= FEW_KEYS:
            return rows.filter(pk__in=found)
    return rows.filter(pk__in=ids)


def _candidates(user: Any, entries: QuerySet[SearchEntry], kinds: Kinds) -> dict[str, Any]:
    """By kind: a list of (id, words), or where the words are too common for that, the query that finds them."""
    rows = list(entries.values_list("kind", "record_id", "words")[: CANDIDATES + 1])
    if len(rows) > CANDIDATES:
        whole = [kind for kind in kinds if depth_of(user, kind, "view") == Depth.ALL]
        in_part = {kind: entries.filter(kind=kind) for kind in kinds if kind not in whole}
        return _first_of_each(entries, whole) | in_part
    found: dict[str, Any] = defaultdict(list)
    for kind, pk, words in rows:
        if kind in kinds:
            found[kind].append((pk, words))
    return found


def _first_of_each(entries: QuerySet[SearchEntry], kinds: Sequence[str]) -> dict[str, Any]:
    """The first candidates of each of these kinds, by one query."""
    firsts = [entries.filter(kind=kind).values_list("kind", "record_id", "words")[:CANDIDATES] for kind in kinds]
    found: dict[str, Any] = defaultdict(list)
    for kind, pk, words in asked_at_once("*", firsts):
        found[kind].append((pk, words))
    return found


def _visible(user: Any, words: list[str], candidates: dict[str, Any], kinds: Kinds, limit: int) -> dict[str, list[Any]]:
    found = {}
    for kind, some in candidates.items():
        model: Any = apps.get_model(kind)
        rows = model.objects.visible_to(user).select_related(*kinds[kind])
        if isinstance(some, QuerySet):
            records = list(rows.filter(pk__in=some.values("record_id")).order_by()[:limit])
        else:
            best = {pk: _rank(text, words) for pk, text in some}
            records = sorted(rows.filter(pk__in=list(best)), key=lambda r: (best[r.pk], r.pk), reverse=True)[:limit]
        if records:
            found[kind] = records
    return found


def _rank(text: str, words: Iterable[str]) -> int:
    """A whole word counts more than its beginning, and that more than its middle."""
    return sum(3 if f" {word} " in f"{text} " else 2 if f" {word}" in text else 1 for word in words)
