"""Calls to the outside: with time-outs, without redirects, and never into the operator's own network unasked (SSRF).

The address is looked up once, judged, and that very address is connected to, so that a name cannot change its mind in
between. OUTBOUND_ALLOW lists the exceptions: host names, addresses or networks (10.1.0.0/16).
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from crm.errors import ProviderError

TIMEOUT = (5.0, 9.0)


class Forbidden(OSError):
    """The name leads into the operator's own network."""


class Unclear(ProviderError):
    """The request went out and no answer came: it may have been done."""


def post(url: str, **request: Any) -> requests.Response:
    """POST once. Raises ProviderError in plain words, Unclear where it may have been done; any status is an answer."""
    host = urlsplit(url).hostname or url
    try:
        with session() as calls:
            return calls.post(url, timeout=TIMEOUT, allow_redirects=False, **request)
    except requests.exceptions.ConnectTimeout as problem:
        raise ProviderError(f"{host} does not answer.") from problem
    except requests.exceptions.ReadTimeout as problem:
        raise Unclear(f"{host} took the request and did not answer in time.") from problem
    except requests.exceptions.ConnectionError as problem:
        if _caused_by_guard(problem):
            said = f"{host} is an address of your own network; name it in OUTBOUND_ALLOW to allow this."
            raise ProviderError(said, permanent=True) from problem
        if "Connection aborted" in str(problem):
            raise Unclear(f"{host} took the request and hung up.") from problem
        raise ProviderError(f"{host} cannot be reached.") from problem
    except requests.exceptions.RequestException as problem:
        raise ProviderError(f"{host} cannot be called: {problem}", permanent=True) from problem


def session() -> requests.Session:
    """A session whose every connection is guarded."""
    calls = requests.Session()
    calls.trust_env = False
    adapter = _Guarded()
    calls.mount("http://", adapter)
    calls.mount("https://", adapter)
    return calls


def public_address(host: str, port: int) -> str:
    """The address that `host` stands for. Raises Forbidden where one of its addresses is not for the outside."""
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    for address in found:
        if not _is_public(address) and not _is_allowed(host, address):
            raise Forbidden(f"Forbidden: {host} is {address}")
    return sorted(found, key=lambda address: ":" in address)[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast


def _is_allowed(host: str, address: str) -> bool:
    for entry in settings.OUTBOUND_ALLOW:
        if entry.lower() == host.lower():
            return True
        try:
            if ipaddress.ip_address(address.partition("%")[0]) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            continue
    return False


def _caused_by_guard(problem: BaseException) -> bool:
    seen: BaseException | None = problem
    while seen is not None:
        if isinstance(seen, Forbidden):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


class _Http(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _guarded(self, super()._new_conn)


class _Https(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _guarded(self, super()._new_conn)


def _guarded(connection: Any, connect: Any) -> socket.socket:
    """Connect to the address that was judged; the name stays for TLS."""
    name = connection._dns_host
    connection._dns_host = public_address(name, connection.port)
    try:
        return connect()
    finally:
        connection._dns_host = name


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Guarded(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        self.poolmanager = PoolManager(num_pools=args[0], maxsize=args[1], block=False)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
