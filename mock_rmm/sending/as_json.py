"""The report for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from mock_rmm.sending.explaining import Sent, explain_failure, explain_verdict, remarks
from mock_rmm.sending.letter import Keys, Letter
from mock_rmm.sending.outcome import Answered, NoAnswer
from mock_rmm.sending.verdict import Delivered, GivenUp, Policy, Resent, Verdict


def report_json(sent: Sequence[Sent], keys: Keys, policy: Policy) -> dict[str, Any]:
    delivered = sum(isinstance(each.verdict, Delivered) for each in sent)
    return {
        "sent": len(sent),
        "delivered": delivered,
        "failed": len(sent) - delivered,
        "callouts": [_sent_json(each, keys, policy) for each in sent],
    }


def letter_json(letter: Letter) -> dict[str, Any]:
    case, request = letter.case, letter.request
    return {
        "name": case.name,
        "pair": case.pair.name,
        "webhook_id": case.webhook_id,
        "attempt": case.attempt,
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": letter.shown_headers(),
            "body": request.body.decode(),
        },
    }


def _sent_json(sent: Sent, keys: Keys, policy: Policy) -> dict[str, Any]:
    return {
        **letter_json(sent.letter),
        "sent_at": sent.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "seconds": round(sent.seconds, 3),
        "answer": _answer_json(sent.outcome),
        "error": sent.kind,
        "reason": explain_failure(sent, keys) or None,
        **_verdict_json(sent.verdict),
        "explanation": explain_verdict(sent, policy),
        "remarks": remarks(sent, policy),
    }


def _answer_json(outcome: Answered | NoAnswer) -> Mapping[str, Any] | None:
    match outcome:
        case NoAnswer():
            return None
        case Answered():
            return {
                "status": outcome.status,
                "reason": outcome.reason,
                # A list, since a name may come twice
                "headers": [list(each) for each in outcome.headers],
                "body": outcome.body.decode("utf-8", "replace"),
                "more": outcome.more,
            }


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    match verdict:
        case Delivered():
            return {"verdict": "delivered", "resent_in": None}
        case Resent(seconds):
            return {"verdict": "resent", "resent_in": seconds}
        case GivenUp():
            return {"verdict": "given up", "resent_in": None}
