"""Answers with a status. A 2xx is no refusal: what the callout asks for is done, and only the answer differs."""

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
    takes: Mapping[str, Any] = MappingProxyType({"status": 503, "body": ""})

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:
        return f"Answer with HTTP {rule.status}"

    def apply(self, rule: Rule, turn: Turn) -> Answer:
        status = rule.status or HTTPStatus.SERVICE_UNAVAILABLE
        body, content_type = (rule.body or f"HTTP {status}, as ordered\n").encode(), TEXT
        if status in SUCCESS:
            normal = turn.proceed()
            if normal.status not in SUCCESS:
                return normal  # it wasn't a callout: that answer stands
            if not rule.body:
                body, content_type = normal.body, normal.content_type
        headers = (("Location", turn.url_root + "moved"),) if status in REDIRECTION else ()
        return Answer(status, b"" if status in WITHOUT_BODY else body, content_type, headers)
