"""Questions to the DNS, each answered or given up within seconds. The only module that knows dnspython.

DNS_RESOLVER names the resolvers (“9.9.9.9, 127.0.0.1:5353”); empty means the machine's own, of /etc/resolv.conf.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import dns.exception
import dns.name
import dns.nameserver
import dns.resolver
import dns.reversename
from django.conf import settings

SECONDS = 3.0
"""For one lookup, over all resolvers; a resolver that answers at all does so in a fraction of it."""
Address = IPv4Address | IPv6Address


class Unreachable(Exception):
    """No resolver answers anything. The message is for the operator."""


class Silent(Exception):
    """The resolver answers, but the servers of this name do not, or fail. The message says which name."""


class Lookups:
    """Answers are kept for the life of the object: a check asks some names twice. Absent names answer an empty list."""

    def __init__(self) -> None:
        self.named = settings.DNS_RESOLVER or "the machine's own resolver"
        self._kept: dict[tuple[str, str], list[str]] = {}
        self._resolver = self._configured()
        self._is_alive = False

    def texts(self, name: str) -> list[str]:
        return self._ask(name, "TXT")

    def mail_servers(self, name: str) -> list[tuple[int, str]]:
        """(preference, host), the first one first; the host of a domain that takes no mail is empty (RFC 7505)."""
        pairs = [answer.split(" ", 1) for answer in self._ask(name, "MX")]
        return sorted((int(preference), host.rstrip(".")) for preference, host in pairs)

    def addresses(self, host: str) -> list[Address]:
        return [ip_address(found) for kind in ("A", "AAAA") for found in self._ask(host, kind)]

    def names_of(self, address: Address) -> list[str]:
        return [found.rstrip(".") for found in self._ask(str(dns.reversename.from_address(str(address))), "PTR")]

    def _ask(self, name: str, kind: str) -> list[str]:
        key = (name.lower().rstrip("."), kind)
        if key not in self._kept:
            self._kept[key] = self._answers(*key)
        return self._kept[key]

    def _answers(self, name: str, kind: str) -> list[str]:
        try:
            found = self._resolver.resolve(dns.name.from_text(name), kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN):
            self._is_alive = True
            return []
        except (
            dns.exception.SyntaxError,
            dns.name.LabelTooLong,
            dns.name.NameTooLong,
            dns.name.EmptyLabel,
            UnicodeError,
        ):
            return []  # no name that could exist
        except dns.exception.DNSException as problem:
            self._must_be_alive(problem)
            raise Silent(f"The name servers of {name} do not answer, or answer with a fault.") from None
        self._is_alive = True
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in found]
        return [record.to_text() for record in found]

    def _must_be_alive(self, problem: dns.exception.DNSException) -> None:
        """Is it this name alone that has no answer? Every resolver that lives says something about the root."""
        if self._is_alive or _was_answered(problem):
            self._is_alive = True
            return
        try:
            self._resolver.resolve(dns.name.root, "NS", search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            pass
        except dns.exception.DNSException as second:
            if not _was_answered(second):
                raise Unreachable(f"The DNS resolver ({self.named}) does not answer.") from None
        self._is_alive = True

    def _configured(self) -> dns.resolver.Resolver:
        try:
            resolver = dns.resolver.Resolver(configure=not settings.DNS_RESOLVER)
            if settings.DNS_RESOLVER:
                resolver.nameservers = [_server(said.strip()) for said in settings.DNS_RESOLVER.split(",")]
        except dns.resolver.NoResolverConfiguration:
            raise Unreachable("This machine names no DNS resolver; set DNS_RESOLVER, to 9.9.9.9 for one.") from None
        except ValueError:
            raise Unreachable(f"DNS_RESOLVER is written 9.9.9.9 or 127.0.0.1:5353, not {self.named}.") from None
        resolver.timeout, resolver.lifetime = SECONDS / 2, SECONDS
        return resolver


def _server(said: str) -> dns.nameserver.Nameserver:
    """9.9.9.9, 9.9.9.9:5353, 2620:fe::fe, [2620:fe::fe]:5353. Raises ValueError."""
    if said.startswith("["):
        address, _, port = said[1:].partition("]")
        return dns.nameserver.Do53Nameserver(str(ip_address(address)), int(port.removeprefix(":") or 53))
    address, colon, port = said.partition(":") if said.count(":") == 1 else (said, "", "")
    return dns.nameserver.Do53Nameserver(str(ip_address(address)), int(port) if colon else 53)


def _was_answered(problem: dns.exception.DNSException) -> bool:
    """Did any resolver send a reply, if only a refusal?"""
    errors = getattr(problem, "kwargs", {}).get("errors") or []
    return any(error[-1] is not None for error in errors)
