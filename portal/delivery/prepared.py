"""A claimed delivery with the request that is sent for it: plain values, for threads that hold no database object."""

import json
import random
from dataclasses import dataclass
from datetime import datetime

from portal import clock
from portal.callouts.judge import Judgement, judge
from portal.callouts.payload import Payload
from portal.callouts.render import render
from portal.callouts.secrets import Secrets, secrets_of
from portal.core.verdicts import ErrorKind, Outcome, Policy, Refused, Unreachable
from portal.core.wire import Fields, Request, Target
from portal.db.encryption import Credentials
from portal.models import Callout


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery whose lease this process holds. ``round_attempt`` counts from 1 since the last "send again"."""

    id: int
    uid: str
    callout_id: int
    fields: str
    attempt: int
    round_attempt: int
    ticket_id: int
    created_at: datetime

    def ids(self) -> dict[str, int]:
        """Give what every line of the log about this attempt names."""
        return {
            "delivery": self.id,
            "callout": self.callout_id,
            "ticket": self.ticket_id,
            "attempt": self.attempt,
        }


@dataclass(frozen=True, slots=True)
class Terms:
    """A callout as it stands now, read once for all of its deliveries that are claimed together.

    ``timeout`` is the callout's own, in seconds. ``problem`` says why its secrets can't be read, or is empty.
    """

    target: Target
    secrets: Secrets
    policy: Policy
    timeout: int | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything a thread needs for one attempt.

    ``refused`` says why it can't be sent at all; the request is then as far as it could be written.
    """

    claimed: Claimed
    terms: Terms
    request: Request
    refused: Refused | Unreachable | None = None

    def judge(self, outcome: Outcome) -> Judgement:
        """Say what an outcome means for this delivery."""
        terms, chance = self.terms, random.random()  # noqa: S311 - it spreads resends, and guards nothing
        found = judge(outcome, terms.target, self.claimed.round_attempt, terms.policy, clock.now(), chance)
        return found.redacted(terms.secrets.patterns)


def terms_of(callout: Callout, policy: Policy, credentials: Credentials) -> Terms:
    secrets, problem = secrets_of(callout, credentials)
    return Terms(callout.target(), secrets, policy, callout.timeout_seconds, problem)


def prepare(claimed: Claimed, terms: Terms, now: datetime) -> Prepared:
    """Render a claimed delivery for its callout."""
    try:
        fields = Fields.from_dict(json.loads(claimed.fields))
    except ValueError as error:
        return unwritten(
            claimed, terms, Refused(ErrorKind.REQUEST, f"The request can't be written: {error}.")
        )
    request = render(Payload(fields, claimed.uid, claimed.attempt), terms.target, terms.secrets, now)
    if isinstance(request, Refused):
        return unwritten(claimed, terms, request)
    refused = Refused(ErrorKind.REQUEST, terms.problem) if terms.problem else None
    return Prepared(claimed, terms, request, refused)


def unwritten(claimed: Claimed, terms: Terms, refused: Refused | Unreachable) -> Prepared:
    """Give a delivery whose request could not be written."""
    return Prepared(claimed, terms, Request(terms.target.transport, terms.target.url), refused)
