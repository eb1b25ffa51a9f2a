"""SPF (RFC 7208): which addresses may send for a domain. Read as a receiver reads it, with its limit of ten lookups."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from crm.deliverability.finding import BAD, GOOD, WEAK, Finding, Publish
from crm.deliverability.lookups import Address, Lookups

MOST_LOOKUPS = 10
"""RFC 7208 §4.6.4: a record that needs more is an error, and counts for nothing."""
RELAYS = {
    "gmail.com": "include:_spf.google.com",
    "google.com": "include:_spf.google.com",
    "office365.com": "include:spf.protection.outlook.com",
    "outlook.com": "include:spf.protection.outlook.com",
    "amazonaws.com": "include:amazonses.com",
    "sendgrid.net": "include:sendgrid.net",
    "mailgun.org": "include:mailgun.org",
    "mtasv.net": "include:spf.mtasv.net",
    "postmarkapp.com": "include:spf.mtasv.net",
}
"""What the big relays tell their customers to publish, by the domain of the host one hands mail to."""
MEANS = {"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"}


@dataclass
class _Read:
    networks: list[Any] = field(default_factory=list)
    ends: str = ""
    lookups: int = 0
    faults: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


def check(domain: str, addresses: list[Address], relay: str, lookups: Lookups) -> Finding:
    """`addresses` are where our mails come from as far as we know, `relay` the host that we hand them to. Raises Silent."""
    records = records_of(domain, lookups)
    wanted = Publish("TXT", domain, wanted_record(addresses, relay))
    if not records:
        return Finding("spf", BAD, wrong=["No record says which servers may send for this domain."], publish=wanted)
    if len(records) > 1:
        joined = Publish("TXT", domain, _joined(records))
        return Finding("spf", BAD, records, ["There are several records, so receivers heed none. Keep one."], joined)
    read = _Read()
    _walk(domain, records[0], lookups, read, is_first=True)
    if read.lookups > MOST_LOOKUPS:
        read.faults.append(f"It takes {read.lookups} lookups to read; after {MOST_LOOKUPS} receivers give up.")
    missing = [address for address in addresses if not any(address in network for network in read.networks)]
    if missing and not read.faults:
        said = ", ".join(map(str, missing))
        read.weak.append(f"It does not name {said}, where our mails come from as far as Tandem knows.")
    if read.ends == "+":
        read.faults.append("“+all” lets everybody send in your name.")
    elif read.ends not in ("-", "~"):
        read.weak.append("It ends without “~all” or “-all”: who is not named is not refused.")
    state = BAD if read.faults else WEAK if read.weak else GOOD
    better = None if state == GOOD else Publish("TXT", domain, _mended(records[0], missing, relay))
    return Finding("spf", state, records, [*read.faults, *read.weak], better)


def records_of(domain: str, lookups: Lookups) -> list[str]:
    return [text for text in lookups.texts(domain) if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def wanted_record(addresses: list[Address], relay: str) -> str:
    return " ".join(["v=spf1", "mx", *_names(addresses, relay), "~all"])


def _walk(domain: str, record: str, lookups: Lookups, read: _Read, *, is_first: bool = False) -> None:
    """Gathers what the record and those it includes allow. Stops soon after the limit, so that a loop ends."""
    redirect = ""
    has_all = False
    for term in record.split()[1:]:
        sign, rest = (term[0], term[1:]) if term[0] in "+-~?" else ("+", term)
        if "=" in rest and ":" not in rest.partition("=")[0]:
            name, _, value = rest.partition("=")
            redirect = value if name.lower() == "redirect" else redirect
            continue
        name, _, value = rest.partition(":")
        name = name.partition("/")[0].lower()
        if name not in MEANS:
            read.faults.append(f"“{term}” is no part of an SPF record, so receivers heed none of it.")
            continue
        if name == "all":
            has_all = True
            if is_first:
                read.ends = sign
            break
        _mechanism(domain, name, value, rest, sign, lookups, read)
    if redirect and not has_all:
        _follow(redirect, lookups, read, is_first=is_first)


def _mechanism(domain: str, name: str, value: str, rest: str, sign: str, lookups: Lookups, read: _Read) -> None:
    if name in ("ip4", "ip6"):
        try:
            network = ip_network(value, strict=False)
        except ValueError:
            read.faults.append(f"“{rest}” is no address.")
            return
        if sign == "+":
            read.networks.append(network)
        return
    if name == "include":
        _follow(value, lookups, read, is_first=False)
        return
    read.lookups += 1
    if name == "ptr":
        read.weak.append("“ptr” is slow, and big receivers pass over it.")
    if name not in ("a", "mx") or "%" in value or read.lookups > MOST_LOOKUPS:
        return
    host = value.partition("/")[0] or domain
    hosts = [host] if name == "a" else [server for _, server in lookups.mail_servers(host) if server]
    width = rest.partition("/")[2].partition("/")[0]
    for found in hosts[:MOST_LOOKUPS]:
        for address in lookups.addresses(found):
            size = width if width.isdigit() and address.version == 4 and int(width) <= 32 else address.max_prefixlen
            if sign == "+":
                read.networks.append(ip_network(f"{address}/{size}", strict=False))


def _follow(name: str, lookups: Lookups, read: _Read, *, is_first: bool) -> None:
    read.lookups += 1
    if read.lookups > MOST_LOOKUPS or "%" in name:
        return
    if name.lower() in read.seen:
        return
    read.seen.add(name.lower())
    records = records_of(name, lookups)
    if len(records) != 1:
        read.faults.append(f"It includes {name}, which has {'no' if not records else 'more than one'} SPF record.")
        return
    _walk(name, records[0], lookups, read, is_first=is_first)


def _names(addresses: list[Address], relay: str) -> list[str]:
    known = next((said for end, said in RELAYS.items() if relay == end or relay.endswith(f".{end}")), "")
    return [known] if known else [f"ip{address.version}:{address}" for address in addresses]


def _mended(record: str, missing: list[Address], relay: str) -> str:
    """The record as it stands, with what it lacks and without what is no part of it."""
    kept = []
    for term in record.split()[1:]:
        bare = term.lstrip("+-~?").lower()
        if bare == "all" or bare == "ptr" or bare.startswith("ptr:"):
            continue
        if "=" in bare or bare.partition(":")[0].partition("/")[0] in MEANS:
            kept.append(term)
    ends = [term for term in record.split() if term.lower() in ("-all", "~all")][:1]
    last = ends or ([] if any(term.lower().startswith("redirect=") for term in kept) else ["~all"])
    more = [name for name in _names(missing, relay) if missing and name not in kept]
    return " ".join(["v=spf1", *kept, *more, *last])


def _joined(records: list[str]) -> str:
    terms = dict.fromkeys(term for record in records for term in record.split()[1:] if term.lstrip("+-~?") != "all")
    return " ".join(["v=spf1", *terms, "~all"])
