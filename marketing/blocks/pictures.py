"""QR codes as pictures: the address carries the text, signed, so that nobody else has us draw for them."""

from __future__ import annotations

from io import BytesIO

import qrcode
from django.core import signing

SALT = "marketing.qr"
MOST = 1_000
"""Bytes in a code: more would be too fine for the camera of a phone."""


def qr_path(text: str) -> str:
    """The address within our site; the same text has the same one, so that a content compiles to the same bytes."""
    return f"/m/qr/{signing.Signer(salt=SALT).sign_object(text, compress=True)}.png"


def qr_text(token: str) -> str:
    """Raises signing.BadSignature where the address is not ours."""
    return str(signing.Signer(salt=SALT).unsign_object(token))


def draw_qr(text: str) -> bytes:
    """A PNG of about 600 pixels: sharp also where it is shown on a fine screen."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=2)
    code.add_data(text.encode()[:MOST].decode(errors="ignore"))
    code.make(fit=True)
    code.box_size = max(2, 600 // (code.modules_count + 4))
    buffer = BytesIO()
    code.make_image().save(buffer, "PNG")
    return buffer.getvalue()
