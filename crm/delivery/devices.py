"""With what was it read? Device, program and system of a hit, from what the request said of itself and from the verdict.

The verdict comes first: a proxy of Gmail and the privacy protection of Apple hide the reader's device, and a scanner only
plays a browser. What is left is read by the rules that come with ua-parser, once for each different User-Agent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

PHONE, TABLET, COMPUTER, UNKNOWN = "phone", "tablet", "computer", "unknown"
LONGEST = 60
HIDDEN_BY = {
    "googleimageproxy": "Gmail (image proxy)",
    "yahoomailproxy": "Yahoo Mail (image proxy)",
}
APPLE = "Apple Mail (privacy protection)"
MACHINES = {"scanner": "A scanner", "bot": "A robot"}
COMPUTERS = {"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD", "OpenBSD"}
PHONES = {"iOS", "Windows Phone", "KaiOS", "BlackBerry OS"}
SAME_AS = {
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Android web view",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
    "Outlook-iOS": "Outlook",
    "Outlook-Android": "Outlook",
    "Mac OS X": "macOS",
}


@dataclass(frozen=True)
class Seen:
    """`device` is PHONE, TABLET, COMPUTER or UNKNOWN; `client` (a mail program or browser) and `system` are empty where nothing is known."""

    device: str = UNKNOWN
    client: str = ""
    system: str = ""


def seen_with(agent: str, verdict: str, *, is_open: bool) -> Seen:
    """Cheap for an agent that this process has met lately; else a millisecond."""
    said = agent.strip().lower()
    for word, name in HIDDEN_BY.items():
        if word in said:
            return Seen(client=name)
    if is_open and said == "mozilla/5.0":
        return Seen(client=APPLE)
    if verdict in MACHINES:
        return Seen(client=MACHINES[verdict])
    found = _parsed(agent.strip())
    if is_open and found.system == "iOS" and "mobile/" in said and "version/" not in said and found.client == "Safari":
        return Seen(found.device, "Apple Mail", found.system)  # a mail program shows itself as a bare web view
    return found


@lru_cache(maxsize=5000)
def _parsed(agent: str) -> Seen:
    from ua_parser import parse  # its rules take a moment to load: not for who never reads a hit

    read = parse(agent)
    client = read.user_agent.family if read.user_agent else ""
    system = read.os.family if read.os else ""
    brand = (read.device.brand or "") if read.device else ""
    family = read.device.family if read.device else ""
    device = _device(agent, system, family, brand)
    return Seen(device, SAME_AS.get(client, client)[:LONGEST], SAME_AS.get(system, system)[:LONGEST])


def _device(agent: str, system: str, family: str, brand: str) -> str:
    if brand == "Spider":
        return UNKNOWN
    if family == "iPad" or brand == "Generic_Android_Tablet" or family.startswith("Kindle"):
        return TABLET
    if system == "Android":  # browsers of phones say “Mobile”, those of tablets do not
        return PHONE if "Mobile" in agent or not agent.startswith("Mozilla") else TABLET
    if system in PHONES:
        return PHONE
    return COMPUTER if system in COMPUTERS else UNKNOWN
