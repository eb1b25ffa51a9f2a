"""Who was that? A rule that reads nothing but what the row of the log keeps, so that an old hit can be judged again.

human: a browser, or a mail program. proxy: a mail service that fetches when a person looks (Gmail, Yahoo). prefetch: fetched
without a person (Apple's privacy protection, browsers that look ahead). scanner: a gateway that tests links, anything within
two seconds of sending, several links of one mail at once. bot: says so itself.

The verdict is given at once, with the raw hit, because journeys and segments read the row once and in order; it costs some
microseconds. What only shows afterwards (one reader who follows three links within two seconds) is found by the reader
`crm.hits`, and by `manage.py rejudge_hits` where the rule has grown (crm/actions/verdicts.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import crawleruseragents

VERSION = 3
"""3 judges as 2 did: it only has old hits looked at once more, for what they were read with."""
LIKELY_HUMAN = ("human", "proxy")
HINTS = ("Purpose", "Sec-Purpose", "X-Moz", "X-Purpose")
"""The headers that the rule reads: kept with the hit where they were sent."""
TOO_SOON = 2.0
"""Seconds after sending within which nobody has read anything."""
AT_ONCE, LINKS_AT_ONCE = timedelta(seconds=2), 3
"""So many different links of one mail within so short a time are followed by a program."""
FLOOD = 60
"""Hits of one message within a minute that no person makes."""
PROXIES = ("googleimageproxy", "yahoomailproxy")
SCANNERS = ("barracuda", "mimecast", "proofpoint", "safelinks", "symantec", "trendmicro", "forcepoint")
AHEAD = ("prefetch", "preview", "prerender")


@dataclass(frozen=True)
class Hit:
    """What is known of one hit. `after` is seconds since sending, None where that is not known; `is_flood`: one of very many."""

    agent: str
    method: str
    is_open: bool
    hints: Mapping[str, str] = field(default_factory=dict)
    after: float | None = None
    is_flood: bool = False


def judge(hit: Hit) -> str:
    """The verdict over one hit alone."""
    said = hit.agent.strip().lower()
    purpose = " ".join(hit.hints.values()).lower()
    if hit.method == "HEAD" or hit.is_flood:
        return "scanner"
    if any(word in purpose for word in AHEAD):
        return "prefetch"
    if any(word in said for word in PROXIES):
        return "proxy"
    if hit.is_open and said == "mozilla/5.0":
        return "prefetch"
    if any(word in said for word in SCANNERS):
        return "scanner"
    is_outlook = "microsoft outlook" in said  # it calls itself ms-office, too, as does Office when it tests a link
    if "ms-office" in said and not is_outlook:
        return "scanner"
    if not said or (not is_outlook and _is_crawler(said)):
        return "bot"
    if hit.after is not None and hit.after < TOO_SOON:
        return "scanner"
    return "human"


def hit_of(kind: str, data: Mapping[str, Any]) -> Hit:
    """The hit that a row of the log keeps."""
    return Hit(
        agent=str(data.get("agent", "")),
        method=str(data.get("method", "GET")),
        is_open=kind.endswith(".opened"),
        hints=data.get("hints") or {},
        after=data.get("after"),
        is_flood=bool(data.get("flood")),
    )


def judge_again(rows: Iterable[Any]) -> dict[int, str]:
    """Row → verdict, for all hits of some messages (rows with pk, kind, data, message_id, occurred_at, verdict).

    Version 1 kept no headers: what it held for looked ahead stays so.
    """
    found: dict[int, str] = {}
    clicks: dict[int, list[tuple[datetime, Any, int]]] = defaultdict(list)
    for row in rows:
        data = row.data or {}
        verdict = judge(hit_of(row.kind, data))
        if row.verdict_version < 2 and row.verdict == "prefetch" and verdict == "human":
            verdict = "prefetch"
        found[row.pk] = verdict
        if row.message_id and not row.kind.endswith(".opened"):
            clicks[row.message_id].append((row.occurred_at, data.get("link"), row.pk))
    for hits in clicks.values():
        for pk in _at_once(sorted(hits, key=lambda hit: hit[0])):
            if found[pk] in LIKELY_HUMAN:
                found[pk] = "scanner"
    return found


def _at_once(hits: list[tuple[datetime, Any, int]]) -> set[int]:
    """The clicks that belong to a burst: LINKS_AT_ONCE different links within AT_ONCE."""
    burst: set[int] = set()
    start = 0
    for end, (at, _link, _pk) in enumerate(hits):
        while at - hits[start][0] > AT_ONCE:
            start += 1
        window = hits[start : end + 1]
        if len({link for _at, link, _pk in window}) >= LINKS_AT_ONCE:
            burst.update(pk for _at, _link, pk in window)
    return burst


@lru_cache(maxsize=5000)
def _is_crawler(agent: str) -> bool:
    return bool(crawleruseragents.is_crawler(agent))
