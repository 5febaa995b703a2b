"""Signs as Standard Webhooks says, as the portal does: over the id, the time stamp and the body."""

import base64
import hmac

PREFIX = "whsec_"
HEADER = "webhook-signature"
LEAST_BYTES, MOST_BYTES = 24, 64


def secret_problem(secret: str) -> str:
    """Why it is no signing secret, if it is none. It is not repeated: it may be nearly right."""
    key = _key(secret)
    if not secret.startswith(PREFIX) or key is None:
        return f"A signing secret is {PREFIX} and then Base64. Copy it whole."
    if not LEAST_BYTES <= len(key) <= MOST_BYTES:
        return f"A signing secret holds {LEAST_BYTES} to {MOST_BYTES} bytes, and this one {len(key)}. Copy it whole."
    return ""


def signatures(secrets: tuple[str, ...], webhook_id: str, timestamp: str, body: bytes) -> str:
    """Write the header: a signature a secret, in their order. The secrets have been checked."""
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
    digests = [hmac.digest(_key(secret) or b"", signed, "sha256") for secret in secrets]
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)


def _key(secret: str) -> bytes | None:
    """Decode it; the padding at its end may be missing."""
    encoded = secret.removeprefix(PREFIX).rstrip("=")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return None
