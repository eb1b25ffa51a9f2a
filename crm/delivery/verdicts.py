"""Who was that? The raw hit is stored, and beside it a verdict with the version of this rule, so that it can be judged again.

human: a browser. proxy: a mail service that fetches when a person looks (Gmail, Yahoo). prefetch: fetched without a
person (Apple's privacy protection, browsers that look ahead). scanner: a gateway that tests links, or anything within
two seconds of sending. bot: says so itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache

import crawleruseragents

VERSION = 1
LIKELY_HUMAN = ("human", "proxy")
TOO_SOON = timedelta(seconds=2)
PROXIES = ("googleimageproxy", "yahoomailproxy")
SCANNERS = ("barracuda", "mimecast", "proofpoint", "ms-office", "safelinks", "symantec", "trendmicro", "forcepoint")
AHEAD = ("prefetch", "preview", "prerender")


def judge(agent: str, *, method: str, headers: Mapping[str, str], since_sent: timedelta | None, is_open: bool) -> str:
    """`headers` as Django has them (request.headers); `since_sent` is None where the message's time is not known."""
    said = agent.strip().lower()
    purpose = " ".join(headers.get(name, "") for name in ("Purpose", "Sec-Purpose", "X-Moz", "X-Purpose")).lower()
    if method == "HEAD":
        return "scanner"
    if any(word in purpose for word in AHEAD):
        return "prefetch"
    if any(word in said for word in PROXIES):
        return "proxy"
    if is_open and said == "mozilla/5.0":
        return "prefetch"
    if any(word in said for word in SCANNERS):
        return "scanner"
    if not said or _is_crawler(said):
        return "bot"
    if since_sent is not None and since_sent < TOO_SOON:
        return "scanner"
    return "human"


@lru_cache(maxsize=5000)
def _is_crawler(agent: str) -> bool:
    return bool(crawleruseragents.is_crawler(agent))
