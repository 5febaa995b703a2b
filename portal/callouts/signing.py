"""Standard Webhooks' signature: it tells a receiver that a request is from here, and was not changed.

What is signed is the id, the time stamp and the body. A GET has no body, so its URL is not covered.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Iterable

PREFIX = "whsec_"
HEADER = "webhook-signature"
# standard-webhooks.md: between 24 bytes (192 bits) and 64 bytes (512 bits)
_MIN_BYTES, _MAX_BYTES = 24, 64
# SHA-256's own size: a longer key is no stronger
_MADE_BYTES = 32


def make_secret() -> str:
    """Make a new secret, as it is given to the receiver: ``whsec_`` and Base64."""
    return PREFIX + base64.b64encode(os.urandom(_MADE_BYTES)).decode()


def secret_problem(secret: str) -> str | None:
    """Say why a secret that was typed can't be used, without repeating it; None if it can."""
    if not secret.startswith(PREFIX):
        return f"A signing secret begins with {PREFIX}, as in {PREFIX}MfKQ9r8G…. Copy it whole."
    try:
        size = len(_key(secret))
    except ValueError:
        return f"What follows {PREFIX} is Base64: letters, digits, + and /, with = at its end only. Copy it whole."
    if _MIN_BYTES <= size <= _MAX_BYTES:
        return None
    return (
        f"The secret has {size:,} bytes; Standard Webhooks asks for {_MIN_BYTES} to {_MAX_BYTES}. "
        "Copy it whole, or let the portal make one."
    )


def signature(secrets: Iterable[str], webhook_id: str, timestamp: str, body: bytes) -> str:
    """Write the header's value: one signature a secret, the newest first. Raises ValueError for what is none."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_digest(_key(secret), signed)}" for secret in secrets)


def _digest(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _key(secret: str) -> bytes:
    """Decode a secret. Base64's padding may be missing: some programs leave it out."""
    encoded = secret.removeprefix(PREFIX).rstrip("=").encode()
    try:
        return base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("This is no signing secret.") from error
