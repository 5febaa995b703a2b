"""Answers with a status, and body and headers of one's own; `seconds` asks to come back later (Retry-After).

A 2xx is no refusal: what the callout asks for is done, and only the answer differs.
"""

import math
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Answer, Door
from mock_rmm.faults.rule import Rule, Turn

TEXT = "text/plain; charset=utf-8"
SUCCESS = range(200, 300)
REDIRECTION = range(300, 400)
WITHOUT_BODY = {204, 304}


class Status:
    name = "status"
    label = "Answer with a status"
    takes: Mapping[str, Any] = MappingProxyType({"status": 503, "body": "", "seconds": None, "headers": ()})
    needs: tuple[str, ...] = ()

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:
        later = "" if rule.seconds is None else f" and Retry-After: {_whole(rule.seconds)}"
        more = f" and {', '.join(name for name, _ in rule.headers)}" if rule.headers else ""
        return f"Answer with HTTP {rule.status}{later}{more}"

    def apply(self, rule: Rule, turn: Turn) -> Answer:
        status = rule.status or HTTPStatus.SERVICE_UNAVAILABLE
        body, content_type = (rule.body or f"HTTP {status}, as ordered\n").encode(), TEXT
        if status in SUCCESS:
            normal = turn.proceed()
            if normal.status not in SUCCESS:
                return normal  # it wasn't a callout: that answer stands
            if not rule.body:
                body, content_type = normal.body, normal.content_type
        own = {name.lower() for name, _ in rule.headers}
        headers = [pair for pair in rule.headers if pair[0].lower() != "content-type"]
        if status in REDIRECTION and "location" not in own:
            headers.append(("Location", turn.url_root + "moved"))
        if rule.seconds is not None:
            headers.append(retry_after(rule.seconds))
        content_type = next(
            (value for name, value in rule.headers if name.lower() == "content-type"), content_type
        )
        return Answer(status, b"" if status in WITHOUT_BODY else body, content_type, tuple(headers))


def retry_after(seconds: float) -> tuple[str, str]:
    return ("Retry-After", _whole(seconds))


def _whole(seconds: float) -> str:
    """The header knows no fractions: rounded up, so that nobody is asked back too early."""
    return str(max(0, math.ceil(seconds)))
