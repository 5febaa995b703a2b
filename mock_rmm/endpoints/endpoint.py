"""What an endpoint is: it receives callouts of one format. And what passes through it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from mock_rmm.callout import FIELDS, Callout
from mock_rmm.endpoints.receiver import Contract, Kind
from mock_rmm.endpoints.xml_guard import Document, Hostile, look

LONGEST_BODY = 1024 * 1024
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Arrival:
    """A request as it came, before it is read."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    content_type: str = ""
    charset: str = ""

    @cached_property
    def document(self) -> Document | Hostile:
        """The body as XML, scanned once for all who read it."""
        return look(self.body, self.charset)

    def header(self, wanted: str) -> str | None:
        """The first header of that name, in whatever case; None when it isn't there."""
        return self._first_by_name.get(wanted.lower())

    @cached_property
    def _first_by_name(self) -> dict[str, str]:
        return {name.lower(): value for name, value in reversed(self.headers)}


@dataclass(frozen=True)
class Reading:
    """What an endpoint read: the values, or the problem that keeps the request from being a callout."""

    fields: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    operation: str = ""  # the method the caller named, with its namespace where the format has one
    context: Any = None  # the endpoint's own; it is passed back for the answer
    code: str = "Client"  # which kind of problem it is, for a format whose faults have codes
    refusal: "Answer | None" = None  # the answer to the problem, where it isn't the format's usual one


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Dropped:
    """No answer: the connection is reset."""


@dataclass(frozen=True)
class Raw:
    """An answer below HTTP: bytes for the connection itself, each after so many seconds, and then its end."""

    pieces: tuple[tuple[float, bytes], ...] = ()
    status: int | None = None  # what the journal keeps as the answer; None when the caller gets none
    body: bytes = b""
    ended: Callable[[], None] = lambda: None  # called when the connection has ended


Act = Callable[[Callout], str]  # does what the callout asks for, and returns a sentence on what was done


class Endpoint(Protocol):
    kind: Kind

    def charset(self, arrival: Arrival) -> str:
        """The charset that a request is read by, as its sender calls it: it may be none."""

    def read(self, arrival: Arrival) -> Reading: ...

    def answer(self, reading: Reading, act: Act) -> Answer:
        """Act on a reading without a problem, and answer in the format's own way."""

    def refuse(self, reading: Reading) -> Answer:
        """Report the reading's problem in the format's own way."""

    def fault(self, reading: Reading, message: str, status: int) -> Answer:
        """A fault of the format itself; only called where the format has one."""

    def wsdl(self, contract: Contract, address: str, /) -> bytes | None:
        """The WSDL of a receiver at that address, for a format that has one."""


def problem_of(fields: dict[str, str]) -> str:
    """Why these values aren't a callout, or nothing when they are."""
    if fields:
        return ""
    return f"None of the seven values came. Send {', '.join(FIELDS)}; their names are in lower case."


def wrong_type(reading: Reading, arrival: Arrival, advice: str) -> Reading:
    """Refuse the Content-Type with HTTP 415."""
    problem = f"The Content-Type is {arrival.content_type!a}: {advice}."
    return replace(reading, problem=problem, refusal=Answer(415, problem.encode() + b"\n", TEXT))


def missing(fields: Mapping[str, str], contract: Contract) -> str:
    """Which values that the contract requires are absent or empty, in a sentence; nothing when all are there."""
    absent = [name for name in contract.required if name not in fields]
    empty = [name for name in contract.required if name in fields and not fields[name].strip()]
    sentences = []
    for names, what in ((absent, "didn't come"), (empty, "came empty")):
        if names:
            listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
            sentences.append(f"{listed} {'is' if len(names) == 1 else 'are'} required here and {what}.")
    return " ".join(sentences)
