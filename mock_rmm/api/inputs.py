"""What the JSON API and the forms take, besides receivers. Titles and descriptions are the forms' labels and hints."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from mock_rmm.api.reading import Problems, label, line, one_of, words
from mock_rmm.endpoints.receiver import KINDS
from mock_rmm.journal import Match
from mock_rmm.journal.search import EntryId
from mock_rmm.rules.faults import FAULTS
from mock_rmm.rules.rule import USUAL_PRIORITY, Fault, Rule
from mock_rmm.rules.scenarios import SCENARIOS

ANY = "*"
SETTINGS = ("status", "seconds", "most_seconds", "body", "headers")
"""What a fault can be given; each fault says which of them it takes."""
LONGEST_HEADER = 1000
LONGEST_WAIT = 600
NO_FAULT = "The name value format has no fault of its own: use a status, such as 500."
UNKNOWN_YET = ("fault", "answer_status", "answer_body")
SERVERS_OWN = ("connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "trailer", "te")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ONE_LINE = re.compile("[\x20-\x7e\xa0-\xff]*")

Conditions = Annotated[
    Match, words('Give an object such as {"door": "soap", "fields": {"status": "Complete"}}.')
]
Endpoint = Annotated[str, one_of(KINDS)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Seconds = Annotated[
    float, Meta(ge=0, le=LONGEST_WAIT), words(f"Give a number of seconds from 0 to {LONGEST_WAIT}.")
]
Pause = Annotated[Seconds, label("Seconds", f"At most {LONGEST_WAIT}; with a status, sent as Retry-After")]
MostSeconds = Annotated[Seconds, label("At most seconds", "With it, a random time between the two")]
_FOR_SECONDS = label("For seconds", "From now on; empty: until removed")
_FOR_WORDS = words("Give a number of seconds, above 0 and at most a week.")
ForSeconds = Annotated[float, Meta(ge=0.001, le=7 * 24 * 3600), _FOR_SECONDS, _FOR_WORDS]
_SEED = label("Seed", "The same number, the same chance again")
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1), _SEED, words("Give a whole number.")]
_STATUS = label("Status", "200 to 599; empty: 503, or 200 for a protocol fault")
Status = Annotated[int, Meta(ge=200, le=599), _STATUS, words("Give an HTTP status from 200 to 599.")]
_BODY_HINT = "The answer's body, or the fault's message; empty: one that says it was ordered"
Body = Annotated[str, Meta(max_length=65_536), label("Text", _BODY_HINT, format="multiline")]
_HEADERS = words('Give an object of at most 50 names and values, such as {"X-Node": "3"}.')
Headers = Annotated[dict[str, str | list[str]], Meta(max_length=50), _HEADERS]
_PRIORITY = label("Priority", f"The lowest is asked first; empty: {USUAL_PRIORITY}")
Priority = Annotated[int, Meta(ge=1, le=1000), _PRIORITY]
RuleName = Annotated[str, line(most=100), label("Name", "For your own use, for example Third try fails")]
_MINUTES = label("Minutes", "Empty: as long as it usually lasts, or until it is stopped")
Minutes = Annotated[float, Meta(gt=0, le=7 * 24 * 60), _MINUTES]
_UNKNOWN_HINT = "For “Password changed”; empty: one that nobody knows"
NewPassword = Annotated[str, Meta(max_length=255), label("New password", _UNKNOWN_HINT, format="password")]
_STEPS = words("Give a list of 1 to 50 matches, in the order in which they should come.")
Text = Annotated[str, Meta(min_length=1, max_length=255)]
Timeout = Annotated[float, Meta(ge=0, le=300, description="Seconds")]


class WantedAlert(Struct, forbid_unknown_fields=True):
    device: Annotated[str, line(1, 100), label("Device", "For example SRV-01")]
    message: Annotated[str, line(1, 1000), label("Message", "For example Disk C: is 95 % full")]
    door: Annotated[Endpoint, label("Endpoint", "Its callout's: it decides which UDF holds the alert's id")]


class Credentials(Struct):
    username: Text
    password: Text

    def problems(self) -> Problems:
        colon = {"username": "HTTP Basic can't carry a colon in the user name."}
        return colon if ":" in self.username else {}


class Reset(Struct, forbid_unknown_fields=True):
    journal: bool = False
    rules: bool = False


class CountQuestion(Struct, forbid_unknown_fields=True):
    match: Conditions = msgspec.field(default_factory=Match)
    after: EntryId = 0


class FindQuestion(CountQuestion, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class WaitQuestion(CountQuestion, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1, le=10_000)] = 1
    timeout: Timeout = 10


class SequenceQuestion(Struct, forbid_unknown_fields=True):
    matches: Annotated[list[Match], Meta(min_length=1, max_length=50), _STEPS]
    after: EntryId = 0
    timeout: Timeout = 0  # by default it is asked of what came already


class Page(Struct):
    """A page of the journal, oldest first."""

    after: Annotated[EntryId, Meta(description="Only requests with a higher id")] = 0
    limit: Annotated[EntryId, Meta(description="How many at most, up to 1,000")] = 1000
    door: Annotated[str, Meta(description="Only those of this endpoint")] = ""


class OfEndpoint(Struct):
    door: Annotated[str, Meta(description="Only this endpoint's")] | None = None


class _Faulty(Struct):
    """What a fault does. A setting that is left out has the fault's own default."""

    fault: Annotated[str, one_of(FAULTS), label("Answer", "What happens instead of the ordinary answer")]
    status: Status | None = None
    seconds: Pause | None = None
    body: Body | None = None
    times: Annotated[Count, label("Times", "How many requests it is applied to; empty: no end")] | None = None

    def problems(self) -> Problems:
        fault = FAULTS.get(self.fault)
        return dict(self._wrong(fault)) if fault else {}

    def _wrong(self, fault: Fault) -> Iterator[tuple[str, str]]:
        for key in SETTINGS:
            value = getattr(self, key, None)
            if value is None and key in fault.needs:
                yield key, f"The fault {fault.name!r} needs it."
            elif value is not None and key not in fault.takes:
                yield key, f"The fault {fault.name!r} has no {key}: leave it out."

    def settings(self, fault: Fault) -> dict[str, Any]:
        given = {key: getattr(self, key, None) for key in (*SETTINGS, "times")}
        headers = tuple(_pairs(given.pop("headers") or {}))
        chosen = {key: fault.takes.get(key) if value is None else value for key, value in given.items()}
        return {"fault": fault.name, "headers": headers, **chosen}


class WantedFault(_Faulty, forbid_unknown_fields=True):
    """The short form: a fault for one endpoint or any. There is one for each, and an endpoint's own goes first."""

    door: Annotated[str, one_of((*KINDS, ANY)), Meta(description="* for any")] = ANY

    def _wrong(self, fault: Fault) -> Iterator[tuple[str, str]]:
        yield from super()._wrong(fault)
        if self.door in KINDS and not fault.suits(KINDS[self.door]):
            yield "fault", NO_FAULT

    def rule(self) -> Rule:
        match = Match() if self.door == ANY else Match(door=self.door)
        priority = USUAL_PRIORITY + (self.door == ANY)
        return Rule(**self.settings(FAULTS[self.fault]), match=match, place=self.door, priority=priority)


class WantedRule(_Faulty, forbid_unknown_fields=True):
    name: RuleName | None = None
    match: Conditions | None = None
    most_seconds: MostSeconds | None = None
    headers: Headers | None = None
    from_nth: Annotated[Count, label("From the n-th request", "Empty: from the first")] | None = 1
    every: Annotated[Count, label("Each n-th request", "From there on; empty: each one")] | None = 1
    for_seconds: ForSeconds | None = None
    rate: Annotated[float, Meta(ge=0, le=1), words("Give a number from 0 (none) to 1 (each).")] | None = 1.0
    seed: Seed | None = None
    priority: Priority | None = USUAL_PRIORITY

    def _wrong(self, fault: Fault) -> Iterator[tuple[str, str]]:
        yield from super()._wrong(fault)
        match = self.match or Match()
        for part in UNKNOWN_YET:
            if getattr(match, part) is not msgspec.UNSET:
                yield f"match.{part}", "A rule is asked before there is an answer: leave it out."
        if isinstance(match.door, str) and match.door in KINDS and not fault.suits(KINDS[match.door]):
            yield "fault", NO_FAULT
        if self.most_seconds is not None and self.most_seconds < (self.seconds or 0):
            yield "most_seconds", "Make it at least as long as seconds."
        for name, value in _pairs(self.headers or {}):
            if problem := _wrong_header(name, value):
                yield "headers", problem

    def rule(self, now: datetime) -> Rule:
        names = ("from_nth", "every", "rate", "seed", "priority")
        return Rule(
            **self.settings(FAULTS[self.fault]),
            **{name: getattr(self, name) for name in names},
            name=self.name or "",
            match=self.match or Match(),
            until=None if self.for_seconds is None else now + timedelta(seconds=self.for_seconds),
        )


class WantedScenario(Struct, forbid_unknown_fields=True):
    scenario: Annotated[str, one_of(SCENARIOS), label("Scenario")]
    receiver: Annotated[str, label("Receiver", "The one that gets into it")] | None = None
    minutes: Minutes | None = None
    seed: Seed | None = None
    password: NewPassword | None = None

    def problems(self) -> Problems:
        scenario = SCENARIOS.get(self.scenario)
        if self.password and scenario is not None and not scenario.wants_password:
            return {"password": f"The scenario {scenario.name} changes no password: leave it out."}
        return {}


def _pairs(headers: dict[str, Any]) -> list[tuple[str, str]]:
    """Each header's name and value, or each of its values."""
    return [
        (name, one)
        for name, values in headers.items()
        for one in (values if isinstance(values, list) else [values])
    ]


def _wrong_header(name: str, value: str) -> str:
    if not _TOKEN.fullmatch(name) or len(name) > LONGEST_HEADER:
        return f"{name[:40]!a} is no name of a header."
    if name.lower() in SERVERS_OWN:
        return f"{name} is the server's own: leave it out."
    if len(value) > LONGEST_HEADER or not _ONE_LINE.fullmatch(value):
        return f"The value of {name} must be one line of printable Latin-1."
    return ""
