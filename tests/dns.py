"""A DNS server on loopback that answers what a test has put into its zone, in the format of the wire."""

from __future__ import annotations

from contextlib import contextmanager

from dnslib import QTYPE, RCODE, RR, DNSError
from dnslib.server import BaseResolver, DNSLogger, DNSServer


class Zone(BaseResolver):
    """`add` takes lines as they stand in a zone file; names in `broken` are answered with SERVFAIL, those in `silent`
    and below not at all (“” is every name)."""

    def __init__(self):
        self.records, self.broken, self.silent, self.asked = [], set(), set(), []

    def add(self, text):
        self.records += RR.fromZone(text)

    def text(self, name, value):
        """A TXT record in the pieces of at most 255 bytes that the wire knows."""
        pieces = " ".join(f'"{value[i : i + 255]}"' for i in range(0, len(value), 255))
        self.add(f"{name}. 60 IN TXT {pieces}")

    def resolve(self, request, handler):
        reply, question = request.reply(), request.q
        name = str(question.qname).rstrip(".").lower()
        self.asked.append((name, QTYPE[question.qtype]))
        if any(f".{name}".endswith(f".{one}" if one else "") for one in self.silent):
            raise DNSError("silent")
        if name in self.broken:
            reply.header.rcode = RCODE.SERVFAIL
            return reply
        named = [record for record in self.records if str(record.rname).rstrip(".").lower() == name]
        for record in named:
            if record.rtype == question.qtype:
                reply.add_answer(record)
        if not named:
            reply.header.rcode = RCODE.NXDOMAIN
        return reply


class _Quiet(DNSLogger):
    def __init__(self):
        super().__init__("-request,-reply,-truncated,-error,-recv,-send,-data")


@contextmanager
def serving(zone):
    """“127.0.0.1:port” of a server that answers over UDP for as long as the block lasts."""
    server = DNSServer(zone, address="127.0.0.1", port=0, logger=_Quiet())
    server.start_thread()
    try:
        yield f"127.0.0.1:{server.server.server_address[1]}"
    finally:
        server.stop()
        server.thread.join()
        server.server.server_close()
