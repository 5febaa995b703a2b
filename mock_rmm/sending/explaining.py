"""Says a verdict and its reason in sentences, for whoever mends the receiver."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from mock_rmm.sending.http import MOST_BYTES
from mock_rmm.sending.letter import Keys, Letter
from mock_rmm.sending.outcome import Answered, Kind, NoAnswer
from mock_rmm.sending.plain import one_line
from mock_rmm.sending.verdict import (
    PASSING,
    Delivered,
    GivenUp,
    Policy,
    Resent,
    Verdict,
    asked_wait,
    may_pass,
)

ADVICE = {
    400: "The receiver can't read the callout. Compare what it expects with the request as it was sent.",
    403: "The receiver knows the sender, and doesn't let it do this.",
    404: "The receiver has nothing at this address. Check the URL.",
    405: "The receiver doesn't take this transport method here.",
    408: "The receiver waited too long for the request.",
    410: "The receiver says that this address is gone for good.",
    413: "The receiver finds the callout too large.",
    415: "The receiver doesn't take this data format. Compare the Content-Type with what it expects.",
    429: "The receiver is asked too often.",
}


@dataclass(frozen=True)
class Sent:
    """One callout that was sent, and what came of it."""

    letter: Letter
    outcome: Answered | NoAnswer
    fault: str | None
    kind: Kind | None
    verdict: Verdict
    seconds: float
    at: datetime


def status_line(answer: Answered) -> str:
    """Write it as `HTTP 503 Service Unavailable`; an answer may have a phrase of its own, or none."""
    try:
        standard = HTTPStatus(answer.status).phrase
    except ValueError:
        standard = ""
    return f"HTTP {answer.status} {one_line(answer.reason) or standard}".rstrip()


def explain_failure(sent: Sent, keys: Keys) -> str:
    """Why it is no success; nothing for a success."""
    match sent.outcome:
        case NoAnswer() as none:
            return none.sentence
        case Answered(status) as answer:
            return (
                _explain_answer(answer, sent) if sent.kind is not Kind.HTTP else _explain_status(status, keys)
            )


def _explain_answer(answer: Answered, sent: Sent) -> str:
    match sent.kind:
        case Kind.FAULT:
            said = one_line(sent.fault or "")
            return f"The receiver answered with a fault, which is an error under any status: {said}"
        case Kind.REDIRECT:
            where = one_line(answer.header("location")) or "another address"
            return f"The receiver points to {where}. Callouts follow no redirects: use the URL that answers itself."
        case _:
            return ""


def _explain_status(status: int, keys: Keys) -> str:
    if status == HTTPStatus.UNAUTHORIZED:
        if not (keys.username or keys.password):
            return "The receiver wants a user name and password, and none were sent: give --username and --password."
        return "The receiver refuses this user name or password, which were sent as HTTP Basic."
    if status in ADVICE:
        return ADVICE[status]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "The receiver is in trouble; its answer and its own log may say more."
    return "Only 2xx is a success."


def explain_verdict(sent: Sent, policy: Policy) -> str:
    attempt = sent.letter.case.attempt
    match sent.verdict:
        case Delivered():
            return "Delivered: a portal takes a 2xx answer without a fault for a success."
        case Resent(seconds):
            place = f"attempt {attempt + 1} of {policy.attempts}"
            again = f"a portal sends it again in {seconds} s, as {place}{_asked(sent, policy)}."
            return f"Failed, and resent: {again}"
        case GivenUp():
            if attempt > policy.limit:
                return (
                    f"Failed, and given up: this was attempt {attempt}, and a portal makes {policy.attempts}."
                )
            return f"Failed, and given up: this callout is resent only after {PASSING}."


def _asked(sent: Sent, policy: Policy) -> str:
    asked = asked_wait(sent.outcome, sent.at)
    if asked > policy.seconds:
        return ", since Retry-After asks for that long"
    if asked:
        return f": Retry-After asks for {asked} s, and its own pause is longer"
    return ""


def remarks(sent: Sent, policy: Policy) -> list[str]:
    """What is worth knowing besides."""
    found = []
    case, answer = sent.letter.case, sent.outcome
    if count := sent.letter.request.replaced:
        characters = "1 character" if count == 1 else f"{count} characters"
        found.append(f"{characters} of the values can't stand in this format: U+FFFD went in place of each.")
    if not case.pair.sent_by_portal:
        found.append("A portal never sends this pair: its SOAP is 1.1.")
    if not isinstance(answer, Answered):
        return found
    if answer.more:
        found.append(
            f"A portal reads the first {MOST_BYTES // 1024} KiB of an answer, and this one is longer."
        )
    if isinstance(sent.verdict, Delivered) and _is_html(answer):
        found.append(
            "The answer is an HTML page. Make sure that it is no sign-in or error page: only its status counts."
        )
    if isinstance(sent.verdict, Resent) and not policy.passing_only and not may_pass(answer, sent.fault):
        found.append("A callout that is resent only after errors that may pass would give up at once.")
    return found


def _is_html(answer: Answered) -> bool:
    return answer.header("content-type").lower().startswith(("text/html", "application/xhtml"))
