"""What a delivery's request looks like: the format's body under the headers that every callout bears."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime

from portal.callouts import signing
from portal.callouts.claimed import Claimed
from portal.callouts.formats import FORMATS
from portal.callouts.formats.format import Format
from portal.callouts.redaction import MASK, Guise, basic_pair, guises, masked
from portal.core.verdicts import Answered, ErrorKind, Outcome, Reading, Refused, Resends, Unreachable
from portal.core.wire import Fields, Request, Target
from portal.db.encryption import Credentials
from portal.http.urls import host_of, url_problem
from portal.models import Callout

USER_AGENT = "Roundtrip/0.1 (extension callout)"


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a thread needs to send one attempt; it holds no database object.

    ``timeout`` is the callout's own, in seconds. ``refused`` says why it can't be sent at all; the rest is
    then as far as it could be written.
    """

    claimed: Claimed
    resends: Resends
    timeout: int | None
    host: str
    request: Request
    target: Target
    format: Format | None = None
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[Guise, ...] = field(default=(), repr=False)
    refused: Refused | Unreachable | None = None

    def shown_headers(self) -> str:
        """Give the headers as they are recorded: a password is never among them, and a signature is no secret."""
        return "\n".join(
            f"{name}: {MASK if name == 'Authorization' else value}" for name, value in self.headers.items()
        )

    def veil(self, outcome: Outcome) -> Outcome:
        """Mask this letter's secrets where a receiver echoes them, before anybody reads or cuts the answer."""
        if not self.secrets:
            return outcome
        if not isinstance(outcome, Answered):
            return replace(outcome, text=self.veiled(outcome.text))
        return replace(
            outcome,
            reason=self.veiled(outcome.reason),
            headers=tuple((name, self.veiled(value)) for name, value in outcome.headers),
            body=masked(outcome.body, self.secrets),
        )

    def veiled(self, text: str) -> str:
        return masked(text.encode("utf-8", "replace"), self.secrets).decode("utf-8", "replace")

    def reading(self, outcome: Outcome) -> Reading:
        """Read in an answer's body whether the receiver failed, and what is odd."""
        if self.format is None or not isinstance(outcome, Answered):
            return Reading()
        return self.format.read(outcome, self.target)


def blank(claimed: Claimed, callout: Callout) -> Letter:
    """Give a letter that has nothing in it yet, whatever the callout's URL is."""
    try:
        _, host, _ = host_of(callout.url)
    except ValueError:
        host = "the receiver"
    request = Request(callout.transport, callout.url)
    return Letter(claimed, callout.resends(), callout.timeout_seconds, host, request, callout.target())


def write(claimed: Claimed, callout: Callout, credentials: Credentials, now: datetime) -> Letter:
    """Render a delivery with its callout as it stands now."""
    unsent = blank(claimed, callout)
    data_format = FORMATS.get(callout.data_format)
    if data_format is None:
        return _refused(unsent, f"The data format “{callout.data_format}” is not known to this portal.")
    if problem := url_problem(callout.url):
        return _refused(unsent, f"{problem} Correct it on the callout's General tab.")
    try:
        request = data_format.encode(Fields.from_dict(json.loads(claimed.fields)), unsent.target)
        headers = _headers(claimed, request, now)
    except ValueError as error:
        return _refused(unsent, f"The request can't be written: {error}.")
    letter = replace(unsent, request=request, format=data_format, headers=headers)
    letter = _with_password(letter, callout, credentials)
    return letter if letter.refused else _with_signature(letter, callout, credentials)


def _with_password(letter: Letter, callout: Callout, credentials: Credentials) -> Letter:
    if not callout.username and not callout.password_encrypted:
        return letter
    password = credentials.decrypt(callout.password_encrypted) if callout.password_encrypted else ""
    if password is None:
        return _refused(
            letter,
            "The stored password can't be read with the keys in PORTAL_CREDENTIAL_KEYS. Type it again on the "
            "callout's General tab, or bring the old key back.",
        )
    pair = basic_pair(callout.username, password)
    headers = letter.headers | {"Authorization": f"Basic {pair.decode()}"}
    return replace(letter, headers=headers, secrets=guises(pair, password))


def _with_signature(letter: Letter, callout: Callout, credentials: Credentials) -> Letter:
    """Sign the letter as it now stands with each secret that is stored, the newest first."""
    stored = (callout.signing_secret_encrypted, callout.signing_secret_old_encrypted)
    tokens = [each for each in stored if each]
    if not tokens:
        return letter
    secrets = [each for each in map(credentials.decrypt, tokens) if each]
    if len(secrets) < len(tokens):
        return _refused(
            letter,
            "A stored signing secret can't be read with the keys in PORTAL_CREDENTIAL_KEYS. Remove it or enter "
            "another on the callout's General tab, or bring the old key back.",
        )
    timestamp, body = letter.headers["webhook-timestamp"], letter.request.body
    signature = signing.signature(secrets, letter.claimed.uid, timestamp, body)
    # the receiver knows the secret, and may show it where it explains what went wrong
    shown = [guise for each in secrets for guise in guises(each.encode(), each.removeprefix(signing.PREFIX))]
    return replace(
        letter,
        headers=letter.headers | {signing.HEADER: signature},
        secrets=(*letter.secrets, *shown),
    )


def _headers(claimed: Claimed, request: Request, now: datetime) -> dict[str, str]:
    """Give the headers that every callout bears, and the format's. Raises ValueError for what none can hold."""
    for name, value in request.headers:
        if not value.isascii() or not value.isprintable():
            raise ValueError(f"the header {name} can hold printable ASCII characters only, and not {value!a}")
    return {
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        # Standard Webhooks: the id is the same on each resend, the time stamp is this attempt's
        "webhook-id": claimed.uid,
        "webhook-timestamp": str(int(now.timestamp())),
        "X-Callout-Attempt": str(claimed.attempt),
        **dict(request.headers),
    }


def _refused(letter: Letter, said: str) -> Letter:
    return replace(letter, refused=Refused(ErrorKind.REQUEST, said))
