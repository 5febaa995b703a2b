"""What `portal send` reports, for people and for programs. What a receiver said can't steer the terminal."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from portal.callouts.judge import Judgement, may_pass
from portal.callouts.redaction import shown_headers
from portal.cli.printing import printable
from portal.cli.send_cases import Case
from portal.core.callouts import RESEND_PASSING, soap_namespace
from portal.core.verdicts import Answered, Delivered, Outcome, Policy, TryAgain, status_line
from portal.core.wire import Request, one_line

_MOST_LINES, _WIDEST, _MOST_NAME = 6, 160, 200
_QUIET = (
    "Note: an ASP.NET service answers 200 to a wrong namespace too, and reads seven empty values. "
    "Look at what yours read."
)
_PASSING = "errors that may pass (no answer, 408, 425, 429, 5xx, faults)"
_UNUSUAL = re.compile(r"[^ -~\n]")


@dataclass(frozen=True, slots=True)
class Sent:
    """One callout that was sent, and what came of it, with no secret in it. ``at`` is in whole seconds."""

    case: Case
    request: Request
    outcome: Outcome
    judgement: Judgement
    policy: Policy
    at: datetime
    seconds: float

    @property
    def delivered(self) -> bool:
        return isinstance(self.judgement.verdict, Delivered)


def lines_of(sent: Sent) -> Iterator[str]:
    """Describe what came back, and what follows."""
    match sent.outcome:
        case Answered(status, reason, body=body, more=more) as answer:
            content_type = _short(answer.header("content-type")) or "no Content-Type"
            size = f"{len(body):,} bytes{' and more' if more else ''}"
            line = printable(status_line(status, reason))
            yield f"  {line} in {_duration(sent.seconds)}, {content_type}, {size}"
            yield from _excerpt(body)
        case other:
            yield f"  no answer ({other.kind}) after {_duration(sent.seconds)}"
    if found := sent.judgement.trouble:
        yield f"  {printable(found.text)}"
    yield f"  {_explanation(sent)}"
    for remark in _remarks(sent):
        yield f"  Note: {printable(remark)}"


def heading(case: Case) -> str:
    target = case.target
    said = (
        f"{case.pair.label}: {_short(case.name)}, attempt {case.payload.attempt}, to {printable(target.url)}"
    )
    if not case.soap:
        return said
    namespace = soap_namespace(target.method_name, target.soap_action, target.namespace_override)
    return f"{said} (namespace {_short(namespace)})"


def request_lines(request: Request) -> Iterator[str]:
    """Show a request as it is sent, but for a password."""
    yield f"  > {request.method} {printable(request.url)}"
    for name, value in shown_headers(request):
        yield f"  > {name}: {printable(value)}"
    if request.body:
        yield "  >"
        for line in request.body.decode().split("\n"):
            yield f"  > {printable(line.expandtabs())}"


def summary(sent: int, delivered: int, *, soap: bool) -> Iterator[str]:
    """Count what was sent; ``soap`` says that SOAP was among what was delivered."""
    if soap:
        yield _QUIET
    yield f"{delivered} of {sent} delivered."


def request_json(case: Case, request: Request) -> dict[str, Any]:
    return {
        "name": case.name,
        "pair": case.pair.name,
        "webhook_id": case.payload.webhook_id,
        "attempt": case.payload.attempt,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": dict(shown_headers(request)),
            "body": request.body.decode(),
        },
    }


def report_json(sent: Sequence[Sent]) -> dict[str, Any]:
    delivered = sum(each.delivered for each in sent)
    return {
        "sent": len(sent),
        "delivered": delivered,
        "failed": len(sent) - delivered,
        "callouts": [_sent_json(each) for each in sent],
    }


def as_text(document: object) -> str:
    """Write JSON with what a terminal can't show as escapes: an answer may hold all sorts, even lone surrogates."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return _UNUSUAL.sub(
        lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text
    )


def _sent_json(sent: Sent) -> dict[str, Any]:
    found, verdict = sent.judgement.trouble, sent.judgement.verdict
    waits = _wait(sent) if isinstance(verdict, TryAgain) else None
    failed = "given up" if waits is None else "resent"
    return {
        **request_json(sent.case, sent.request),
        "sent_at": sent.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "seconds": round(sent.seconds, 3),
        "answer": _answer_json(sent.outcome),
        "error": found.kind if found else None,
        "reason": found.text if found else None,
        "verdict": "delivered" if sent.delivered else failed,
        "resent_in": waits,
        "explanation": _explanation(sent),
        "remarks": _remarks(sent),
    }


def _answer_json(outcome: Outcome) -> dict[str, Any] | None:
    if not isinstance(outcome, Answered):
        return None
    return {
        "status": outcome.status,
        "reason": outcome.reason,
        # a list, since a name may come twice
        "headers": [list(each) for each in outcome.headers],
        "body": outcome.body.decode("utf-8", "replace"),
        "more": outcome.more,
    }


def _explanation(sent: Sent) -> str:
    attempt, policy = sent.case.payload.attempt, sent.policy
    if sent.delivered:
        return "Delivered: a portal takes a 2xx answer without a fault for a success."
    if isinstance(sent.judgement.verdict, TryAgain):
        place = f"attempt {attempt + 1} of {policy.tries}"
        again = f"a portal sends it again in {_wait(sent)} s, as {place}{_asked(sent)}."
        return f"Failed, and resent: {again}"
    if attempt > policy.resend_limit:
        return f"Failed, and given up: this was attempt {attempt}, and a portal makes {policy.tries}."
    if policy.resend_after == RESEND_PASSING:
        return f"Failed, and given up: this callout is resent only after {_PASSING}."
    return "Failed, and given up: the portal itself would not send it."


def _wait(sent: Sent) -> int:
    return max(sent.policy.resend_seconds, sent.judgement.asked_wait)


def _asked(sent: Sent) -> str:
    asked = sent.judgement.asked_wait
    if asked > sent.policy.resend_seconds:
        return ", since Retry-After asks for that long"
    return f": Retry-After asks for {asked} s, and its own pause is longer" if asked else ""


def _remarks(sent: Sent) -> list[str]:
    """Say what is worth knowing besides."""
    found, judgement = [], sent.judgement
    if count := sent.request.replaced:
        characters = "1 character" if count == 1 else f"{count} characters"
        found.append(f"{characters} of the values can't stand in this format: U+FFFD went in place of each.")
    if not sent.case.pair.sent_by_portal:
        found.append("A portal never sends this pair: its SOAP is 1.1.")
    found += [each.text for each in judgement.remarks]
    again = isinstance(judgement.verdict, TryAgain) and sent.policy.resend_after != RESEND_PASSING
    if again and judgement.trouble and not may_pass(sent.outcome, judgement.trouble):
        found.append("A callout that is resent only after errors that may pass would give up at once.")
    return found


def _excerpt(body: bytes) -> Iterator[str]:
    lines = [line for line in body.decode("utf-8", "replace").splitlines() if line.strip()]
    for line in islice(lines, _MOST_LINES):
        clean = printable(line.expandtabs())
        yield f"  | {clean[:_WIDEST]}{'…' if len(clean) > _WIDEST else ''}"
    if len(lines) > _MOST_LINES:
        yield f"  | … and {len(lines) - _MOST_LINES} lines more"


def _short(text: str) -> str:
    return printable(one_line(text, _MOST_NAME))


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
