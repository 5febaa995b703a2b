"""A callout as it goes out: the pair's request under the headers that every callout bears."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from mock_rmm.callout import Callout
from mock_rmm.journal.entry import MASK
from mock_rmm.sending.outcome import Answered, NoAnswer
from mock_rmm.sending.pairs import Pair
from mock_rmm.sending.request import Request, Target
from mock_rmm.sending.secrets import basic_credentials, guises, masked, masked_text
from mock_rmm.sending.signing import HEADER, PREFIX, signatures

USER_AGENT = "Roundtrip/0.1 (extension callout)"
"""The portal's own: a receiver may go by it."""


@dataclass(frozen=True)
class Case:
    """One callout to send."""

    name: str
    pair: Pair
    target: Target
    values: Callout
    webhook_id: str
    attempt: int


@dataclass(frozen=True)
class Keys:
    """What proves the sender."""

    username: str = ""
    password: str = field(default="", repr=False)
    signing_secrets: tuple[str, ...] = field(default=(), repr=False)
    """The newest first."""


@dataclass(frozen=True)
class Letter:
    case: Case
    request: Request
    headers: dict[str, str] = field(repr=False)
    hidden: frozenset[bytes] = field(repr=False)
    """What an answer may hold of the keys."""

    def shown_headers(self) -> dict[str, str]:
        return {name: MASK if name == "Authorization" else value for name, value in self.headers.items()}

    def veil(self, outcome: Answered | NoAnswer) -> Answered | NoAnswer:
        """Mask the keys where the receiver echoes them, before anything is read or shown."""
        match outcome:
            case Answered():
                return replace(
                    outcome,
                    reason=self._veiled(outcome.reason),
                    headers=tuple(
                        (self._veiled(name), self._veiled(value)) for name, value in outcome.headers
                    ),
                    body=masked(outcome.body, self.hidden),
                )
            case NoAnswer():
                return replace(outcome, said=self._veiled(outcome.said))

    def _veiled(self, text: str) -> str:
        return masked_text(text, self.hidden)


def write(case: Case, keys: Keys, now: datetime) -> Letter:
    request = case.pair.write(case.values, case.target)
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        # The id stays the same on each resend, the time stamp is this attempt's
        "webhook-id": case.webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "X-Callout-Attempt": str(case.attempt),
        **dict(request.headers),
    }
    hidden = guises(keys.password)
    if keys.username or keys.password:
        pair = basic_credentials(keys.username, keys.password)
        headers["Authorization"] = f"Basic {pair}"
        hidden.add(pair.rstrip("=").encode())
    if keys.signing_secrets:
        headers[HEADER] = signatures(
            keys.signing_secrets, case.webhook_id, headers["webhook-timestamp"], request.body
        )
        for secret in keys.signing_secrets:
            hidden |= guises(secret) | guises(secret.removeprefix(PREFIX))
    return Letter(case, request, headers, frozenset(hidden))
