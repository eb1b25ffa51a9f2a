"""The servers behind a domain: those that take its mail (MX), and the names of those that send it (reverse DNS)."""

from __future__ import annotations

from ipaddress import ip_address

from crm.deliverability.finding import BAD, GOOD, OPEN, WEAK, Finding, Publish
from crm.deliverability.lookups import Address, Lookups

MOST_ADDRESSES = 8
"""Of a sending host that are looked at: a big relay has dozens, and none of them is ours to mend."""


def check_mail_servers(domain: str, lookups: Lookups) -> Finding:
    """Where bounces and replies go. Raises Silent."""
    servers = lookups.mail_servers(domain)
    says = [f"{preference} {host or '.'}" for preference, host in servers]
    wanted = Publish("MX", domain, "10 … (the name of the server that takes your mail)")
    if not servers:
        return Finding("mx", BAD, wrong=["No server takes mail: replies and bounces are lost."], publish=wanted)
    if not any(host for _, host in servers):
        return Finding("mx", BAD, says, ["The domain says that it takes no mail: nobody can reply."], wanted)
    lost = [host for _, host in servers if host and not lookups.addresses(host)]
    if lost:
        state = BAD if len(lost) == len(servers) else WEAK
        return Finding("mx", state, says, [f"{host} has no address." for host in lost])
    return Finding("mx", GOOD, says)


def check_names(addresses: list[Address], lookups: Lookups) -> Finding:
    """Each address has a name, and the name leads back to it: Gmail refuses mail from one without. Raises Silent."""
    public = [address for address in addresses if address.is_global]
    if not public:
        said = "Tandem does not know the public address that your mails come from. Write it down under “What Tandem should know”."
        return Finding("reverse", OPEN, [str(address) for address in addresses], [said])
    says, wrong, publish = [], [], None
    for address in public:
        names = lookups.names_of(address)
        says.append(f"{address} → {', '.join(names) or '–'}")
        if any(address in lookups.addresses(name) for name in names):
            continue
        wanted = Publish(
            "PTR", address.reverse_pointer, "the name of your mail server; whoever rents out the address sets it"
        )
        if not names:
            wrong.append(f"{address} has no name.")
        else:
            wrong.append(f"{names[0]} does not lead back to {address}.")
            kind = "A" if address.version == 4 else "AAAA"
            wanted = Publish(kind, names[0], str(address))
        publish = publish or wanted
    return Finding("reverse", BAD if wrong else GOOD, says, wrong, publish)


def sending_addresses(hosts: list[str], lookups: Lookups) -> list[Address]:
    """Of addresses and host names. Raises Silent."""
    found: dict[Address, None] = {}
    for host in hosts:
        try:
            found[ip_address(host)] = None
        except ValueError:
            found.update(dict.fromkeys(lookups.addresses(host)))
    return list(found)[:MOST_ADDRESSES]
