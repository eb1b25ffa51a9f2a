"""DMARC (RFC 7489): what a receiver does with mail in our name that neither SPF nor DKIM vouches for."""

from __future__ import annotations

from crm.deliverability.dkim import tags_of
from crm.deliverability.finding import BAD, GOOD, WEAK, Finding, Publish
from crm.deliverability.lookups import Lookups

POLICIES = ("none", "quarantine", "reject")


def check(domain: str, lookups: Lookups) -> Finding:
    """A domain without a record of its own goes by the nearest one above it. Raises Silent."""
    name = f"_dmarc.{domain}"
    wanted = Publish("TXT", name, f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}")
    owner, records = _nearest(domain, lookups)
    if not records:
        said = "There is no policy. Gmail and Yahoo ask one of whoever sends more than 5,000 mails a day."
        return Finding("dmarc", BAD, wrong=[said], publish=wanted)
    if len(records) > 1:
        return Finding("dmarc", BAD, records, ["There are several policies, so receivers heed none. Keep one."], wanted)
    tags = tags_of(records[0])
    own = tags.get("p", "").lower()
    policy = own if owner == domain else tags.get("sp", own).lower()
    if policy not in POLICIES:
        return Finding("dmarc", BAD, records, ["It names no policy (p=none, quarantine or reject)."], wanted)
    weak = []
    if policy == "none":
        weak.append("p=none only watches. When the reports show that your own mail passes, ask for “quarantine”.")
    if not tags.get("rua"):
        weak.append("No address for reports (rua=): you would not see who sends in your name.")
    if tags.get("pct", "100") != "100":
        weak.append(f"It holds for {tags['pct']} % of the mail only.")
    if not weak:
        return Finding("dmarc", GOOD, records)
    kept = {**tags, "p": "quarantine" if own == "none" else own, "rua": tags.get("rua") or f"mailto:dmarc@{owner}"}
    better = "; ".join(f"{tag}={value}" for tag, value in kept.items() if tag != "pct")
    return Finding("dmarc", WEAK, records, weak, Publish("TXT", f"_dmarc.{owner}", better))


def _nearest(domain: str, lookups: Lookups) -> tuple[str, list[str]]:
    """The domain that answers, and what it says: up to the second level, as the tree walk of its successor goes."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        owner = ".".join(labels[start:])
        found = [
            text for text in lookups.texts(f"_dmarc.{owner}") if text.lower().replace(" ", "").startswith("v=dmarc1")
        ]
        if found:
            return owner, found
    return domain, []
