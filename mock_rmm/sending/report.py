"""The report for people: a few lines a callout. What a receiver said can't steer the terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from mock_rmm.sending.explaining import (
    Sent,
    explain_failure,
    explain_verdict,
    remarks,
    status_line,
)
from mock_rmm.sending.letter import Keys, Letter
from mock_rmm.sending.outcome import Answered, NoAnswer
from mock_rmm.sending.plain import one_line, printable
from mock_rmm.sending.verdict import Delivered, Policy

MOST_LINES = 6
WIDEST = 160
QUIET = (
    "Note: an ASP.NET service answers 200 to a wrong namespace too, and reads seven empty values. "
    "Look at what yours read."
)


def lines_of(sent: Sent, keys: Keys, policy: Policy) -> Iterator[str]:
    """Tell one callout: what was sent, what came back, and what follows."""
    yield heading(sent.letter)
    match sent.outcome:
        case Answered() as answer:
            content_type = one_line(answer.header("content-type")) or "no Content-Type"
            size = f"{len(answer.body):,} bytes{' and more' if answer.more else ''}"
            yield f"  {status_line(answer)} in {_duration(sent.seconds)}, {content_type}, {size}"
            yield from _excerpt(answer.body)
        case NoAnswer(kind):
            yield f"  no answer ({kind}) after {_duration(sent.seconds)}"
    if reason := explain_failure(sent, keys):
        yield f"  {reason}"
    yield f"  {explain_verdict(sent, policy)}"
    for remark in remarks(sent, policy):
        yield f"  Note: {remark}"


def heading(letter: Letter) -> str:
    case = letter.case
    word = (
        f"{case.pair.label}: {one_line(case.name)}, attempt {case.attempt}, to {printable(case.target.url)}"
    )
    return f"{word} (namespace {one_line(case.target.namespace)})" if case.pair.needs_soap_action else word


def request_lines(letter: Letter) -> Iterator[str]:
    """The request as it is sent, but for a password."""
    yield f"  > {letter.request.method} {printable(letter.request.url)}"
    for name, value in letter.shown_headers().items():
        yield f"  > {name}: {printable(value)}"
    if letter.request.body:
        yield "  >"
        for line in letter.request.body.decode().split("\n"):
            yield f"  > {printable(line.expandtabs())}"


@dataclass
class Tally:
    """What the summary needs of all that were sent; the rest of each can be let go once it was told."""

    sent: int = 0
    delivered: int = 0
    quiet: bool = False
    """Whether a SOAP service may have hidden a wrong namespace."""

    def add(self, sent: Sent) -> None:
        delivered = isinstance(sent.verdict, Delivered)
        self.sent += 1
        self.delivered += delivered
        self.quiet |= delivered and sent.letter.case.pair.needs_soap_action


def summary(tally: Tally) -> Iterator[str]:
    if tally.quiet:
        yield QUIET
    yield f"{tally.delivered} of {tally.sent} delivered."


def _excerpt(body: bytes) -> Iterator[str]:
    lines = [line for line in body.decode("utf-8", "replace").splitlines() if line.strip()]
    for line in islice(lines, MOST_LINES):
        clean = printable(line.expandtabs())
        yield f"  | {clean[:WIDEST]}{'…' if len(clean) > WIDEST else ''}"
    if len(lines) > MOST_LINES:
        yield f"  | … and {len(lines) - MOST_LINES} lines more"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
