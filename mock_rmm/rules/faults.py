"""The faults that can be switched on, and this registry of them."""

import math
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.client import responses

from mock_rmm.endpoints.endpoint import TEXT, Answer, Dropped, Raw
from mock_rmm.rules.rule import Fault, Rule, Turn

SUCCESS = range(200, 300)
REDIRECTION = range(300, 400)
WITHOUT_BODY = {204, 304}
MOST_DRIPS = 1000
DRIPS_A_SECOND = 10
LENGTH = 512
UNAVAILABLE = "Down for maintenance, as ordered.\n"
MESSAGE = "The alert can't be cleared right now, as ordered."


def _status(rule: Rule, turn: Turn) -> Answer:
    """A 2xx is no refusal: what the callout asks for is done, and only the answer differs."""
    status = rule.status or HTTPStatus.SERVICE_UNAVAILABLE
    body, content_type = (rule.body or f"HTTP {status}, as ordered\n").encode(), TEXT
    if status in SUCCESS:
        normal = turn.proceed()
        if normal.status not in SUCCESS:
            return normal  # it wasn't a callout: that answer stands
        if not rule.body:
            body, content_type = normal.body, normal.content_type
    own = {name.lower(): value for name, value in reversed(rule.headers)}
    headers = [pair for pair in rule.headers if pair[0].lower() != "content-type"]
    if status in REDIRECTION and "location" not in own:
        headers.append(("Location", turn.url_root + "moved"))
    if rule.seconds is not None:
        headers.append(("Retry-After", _whole(rule.seconds)))
    content_type = own.get("content-type", content_type)
    return Answer(status, b"" if status in WITHOUT_BODY else body, content_type, tuple(headers))


def _status_words(rule: Rule) -> str:
    later = "" if rule.seconds is None else f" and Retry-After: {_whole(rule.seconds)}"
    more = f" and {', '.join(name for name, _ in rule.headers)}" if rule.headers else ""
    return f"Answer with HTTP {rule.status}{later}{more}"


def _delay(rule: Rule, turn: Turn) -> Answer:
    turn.stopping.wait(_seconds(rule, turn))
    return turn.proceed()


def _dribble(rule: Rule, turn: Turn) -> Raw:
    """Each of the caller's reads succeeds, but the whole body takes long."""
    answer = turn.proceed()
    seconds = _seconds(rule, turn)
    body = answer.body
    drips = max(1, min(len(body), MOST_DRIPS, int(seconds * DRIPS_A_SECOND)))
    size = -(-len(body) // drips) or 1
    drops = [body[start : start + size] for start in range(0, len(body), size)]
    pause = seconds / (len(drops) or 1)
    pieces = ((0.0, _head(answer, turn.now, len(body))), *((pause, drop) for drop in drops))
    return Raw(pieces=pieces, status=answer.status, body=body)


def _maintenance(rule: Rule, turn: Turn) -> Answer:
    left = None if rule.until is None else (rule.until - turn.now).total_seconds()
    headers = () if left is None else (("Retry-After", _whole(left)),)
    return Answer(503, (rule.body or UNAVAILABLE).encode(), TEXT, headers)


def _silence(rule: Rule, turn: Turn) -> Raw:
    """Until the caller hangs up, the time is up or the server stops. It holds no thread of the server's."""
    seconds = turn.longest_silence if rule.seconds is None else min(rule.seconds, turn.longest_silence)
    return Raw(pieces=((seconds, b""),))


def _silence_words(rule: Rule) -> str:
    return "Never answer" + ("" if rule.seconds is None else f", and hang up after {rule.seconds:g} seconds")


def _truncated(_rule: Rule, turn: Turn) -> Raw:
    """What the callout asks for is done all the same."""
    answer = turn.proceed()
    half = answer.body[: len(answer.body) // 2]
    # One more than there is, so that an empty body is cut off too
    pieces = ((0.0, _head(answer, turn.now, len(answer.body) + 1) + half),)
    return Raw(pieces=pieces, status=answer.status, body=half)


def _garbage(_rule: Rule, turn: Turn) -> Raw:
    # The first byte is no letter, so that it is never taken for the "HTTP/" of an answer
    noise = b"\x15" + turn.chance.randbytes(LENGTH - 3) + b"\r\n"
    return Raw(pieces=((0.0, noise),), body=noise)


_LONG = {"seconds": None, "most_seconds": None}
_ALL = (
    Fault(
        "status", "Answer with a status", _status_words, _status,
        {"status": 503, "body": "", "seconds": None, "headers": ()},
    ),
    Fault(
        "fault", "Answer with a SOAP or XML-RPC fault",
        lambda rule: f"Answer with a SOAP or XML-RPC fault in HTTP {rule.status}",
        lambda rule, turn: turn.endpoint.fault(turn.reading, rule.body or MESSAGE, rule.status or 200),
        {"status": 200, "body": MESSAGE}, of_format=True,
    ),
    Fault(
        "delay", "Wait, then answer as usual",
        lambda rule: f"Wait {_seconds_words(rule)}, then answer as usual", _delay, _LONG, ("seconds",),
    ),
    Fault(
        "dribble", "Answer as usual, drop by drop",
        lambda rule: f"Answer as usual, but take {_seconds_words(rule)} for the body", _dribble, _LONG, ("seconds",),
    ),
    Fault(
        "maintenance", "Be down for maintenance (503)",
        lambda rule: "Answer with HTTP 503" + (" and the seconds that are left as Retry-After" if rule.until else ""),
        _maintenance, {"body": UNAVAILABLE},
    ),
    Fault("silence", "Never answer", _silence_words, _silence, {"seconds": None}),
    # As a server does whose process died
    Fault(
        "empty", "Close the connection without an answer",
        lambda _rule: "Close the connection without an answer", lambda _rule, _turn: Raw(),
    ),
    # A true TCP RST, as a crashed or overloaded receiver sends
    Fault(
        "reset", "Reset the connection",
        lambda _rule: "Reset the connection instead of answering", lambda _rule, _turn: Dropped(),
    ),
    Fault(
        "truncated", "Break off in the middle of the answer",
        lambda _rule: "Break off in the middle of the answer's body", _truncated,
    ),
    Fault("garbage", "Answer with garbage", lambda _rule: "Answer with bytes that are no HTTP", _garbage),
)  # fmt: skip
FAULTS = {fault.name: fault for fault in _ALL}


def _seconds(rule: Rule, turn: Turn) -> float:
    """How long a fault takes: always the same, or by chance."""
    least = rule.seconds or 0.0
    return least if rule.most_seconds is None else turn.chance.uniform(least, rule.most_seconds)


def _seconds_words(rule: Rule) -> str:
    least = f"{rule.seconds or 0:g}"
    return f"{least} seconds" if rule.most_seconds is None else f"{least} to {rule.most_seconds:g} seconds"


def _whole(seconds: float) -> str:
    """The header takes no fractions: rounded up, so that nobody comes back too early."""
    return str(max(0, math.ceil(seconds)))


def _head(answer: Answer, now: datetime, length: int) -> bytes:
    """The head of an answer that promises a body of that length, and is the connection's last."""
    lines = [
        f"HTTP/1.1 {answer.status} {responses.get(answer.status, '')}",
        f"Date: {format_datetime(now, usegmt=True)}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {length}",
        *(f"{name}: {value}" for name, value in answer.headers),
        "Connection: close",
    ]
    return "".join(line + "\r\n" for line in (*lines, "")).encode("latin-1")
