"""What a delivery's request looks like: the format's body under the headers that every callout bears."""

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import datetime

from portal.core.callouts import host_of
from portal.core.verdicts import Answered, ErrorKind, Outcome, Refused
from portal.core.wire import Fault, Fields, Request
from portal.delivery.credentials import Credentials
from portal.delivery.outbox import Claimed
from portal.formats import FORMATS, Format
from portal.models import Callout

MASK = "•••"
USER_AGENT = "Roundtrip/0.1 (extension callout)"
# A shorter password is not searched for: it would be found in half of all texts.
_MIN_SECRET = 4


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a thread needs to send one attempt; it holds no database object.

    ``refused`` says why it can't be sent at all; the rest is then as far as it could be written.
    """

    claimed: Claimed
    resend_after: str
    host: str
    request: Request
    format: Format | None = None
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    refused: Refused | None = None

    def shown_headers(self) -> str:
        """Give the headers as they are recorded: a password is never among them."""
        return "\n".join(
            f"{name}: {MASK if name == 'Authorization' else value}" for name, value in self.headers.items()
        )

    def without_secrets(self, text: bytes) -> bytes:
        """Mask this letter's password where a receiver echoes it."""
        for secret in self.secrets:
            text = text.replace(secret, MASK.encode())
        return text

    def meaning(self, outcome: Outcome) -> Fault | None:
        """Find the fault that an answer tells of in its body."""
        if self.format is None or not isinstance(outcome, Answered):
            return None
        return self.format.read(outcome.body)


def write(claimed: Claimed, callout: Callout, credentials: Credentials, now: datetime) -> Letter:
    """Render a delivery with its callout as it stands now."""
    _, host, _ = host_of(callout.url)
    unsent = Letter(claimed, callout.resend_after, host, Request(callout.transport, callout.url))
    data_format = FORMATS.get(callout.data_format)
    if data_format is None:
        said = f"The data format “{callout.data_format}” is not known to this portal."
        return replace(unsent, refused=Refused(ErrorKind.REQUEST, said))
    try:
        request = data_format.encode(Fields.from_dict(json.loads(claimed.fields)), callout.target())
    except ValueError as error:
        return replace(unsent, refused=Refused(ErrorKind.REQUEST, f"The request can't be written: {error}."))
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        # Standard Webhooks: the id is the same on each resend, the time stamp is this attempt's
        "webhook-id": claimed.uid,
        "webhook-timestamp": str(int(now.timestamp())),
        "X-Callout-Attempt": str(claimed.attempt),
        **dict(request.headers),
    }
    letter = replace(unsent, request=request, format=data_format, headers=headers)
    if not callout.username and not callout.password_encrypted:
        return letter
    password = credentials.decrypt(callout.password_encrypted) if callout.password_encrypted else ""
    if password is None:
        said = (
            "The stored password can't be read with the keys in PORTAL_CREDENTIAL_KEYS. Type it again on the "
            "callout's General tab, or bring the old key back."
        )
        return replace(letter, refused=Refused(ErrorKind.REQUEST, said))
    # RFC 7617: user name and password as UTF-8
    pair = base64.b64encode(f"{callout.username}:{password}".encode("utf-8", "surrogatepass"))
    headers["Authorization"] = f"Basic {pair.decode()}"
    secret = password.encode("utf-8", "surrogatepass")
    return replace(letter, secrets=(pair, secret) if len(secret) >= _MIN_SECRET else (pair,))
