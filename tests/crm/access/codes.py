"""What an authenticator app shows (RFC 6238), computed as the app does."""

import base64
import hmac
import struct
import time


def code_for(secret: str, at: float | None = None) -> str:
    padded = secret.upper() + "=" * (-len(secret) % 8)
    step = struct.pack(">Q", int((at or time.time()) // 30))
    digest = hmac.new(base64.b32decode(padded), step, "sha1").digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
