"""A small database of countries in MaxMind's format, written for a test (https://maxmind.github.io/MaxMind-DB/)."""

import ipaddress
import struct
from pathlib import Path


def written(path: Path, countries: dict[str, str]) -> Path:
    """`countries`: network → two letters."""
    nodes: list[list] = [[None, None]]
    data, places = b"", {}
    for network, code in countries.items():
        if code not in places:
            places[code] = len(data)
            data += _map({"country": {"iso_code": code}})
        _put(nodes, ipaddress.ip_network(network), ("data", places[code]))
    count = len(nodes)
    tree = b"".join(
        _record(count, left) + _record(count, right)
        for left, right in nodes
    )  # fmt: skip
    about = {
        "node_count": count, "record_size": 24, "ip_version": 4, "database_type": "Test-Country", "languages": [], "description": {},
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1,
    }  # fmt: skip
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _map(about))
    return path


def _put(nodes: list[list], network: ipaddress.IPv4Network, value: tuple) -> None:
    bits = f"{int(network.network_address):032b}"[: network.prefixlen]
    at = 0
    for bit in bits[:-1]:
        if nodes[at][int(bit)] is None:
            nodes.append([None, None])
            nodes[at][int(bit)] = len(nodes) - 1
        at = nodes[at][int(bit)]
    nodes[at][int(bits[-1])] = value


def _record(count: int, value) -> bytes:
    number = count if value is None else value if isinstance(value, int) else count + 16 + value[1]
    return struct.pack(">I", number)[1:]


def _map(values: dict) -> bytes:
    return bytes([7 << 5 | len(values)]) + b"".join(_text(key) + _value(value, key) for key, value in values.items())


def _value(value, key: str) -> bytes:
    if isinstance(value, dict):
        return _map(value)
    if isinstance(value, list):
        return bytes([0, 11 - 7])
    return _text(value) if isinstance(value, str) else _number(value, key)


def _number(value: int, key: str) -> bytes:
    """Numbers of the head have a size each."""
    raw = value.to_bytes(8, "big").lstrip(b"\0")
    if key == "build_epoch":  # 64 bits, a type that needs a second byte
        return bytes([len(raw), 9 - 7]) + raw
    return bytes([(6 if key == "node_count" else 5) << 5 | len(raw)]) + raw


def _text(value: str) -> bytes:
    raw = value.encode()
    return bytes([2 << 5 | len(raw)]) + raw
