"""Name Value Pair: a form, in the query of a GET or the body of a POST."""

import re
from typing import Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from mock_rmm.callout import FIELDS, Callout
from mock_rmm.sending.request import Request, Target
from mock_rmm.xml_text import REPLACEMENT

_HALF = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair."""


class NameValue:
    needs_method = False
    needs_soap_action = False
    sent_by_portal = True

    def __init__(self, transport: Literal["GET", "POST"]) -> None:
        self.name = f"name-value-{transport.lower()}"
        self.label = f"{transport}, Name Value Pair"
        self._transport = transport

    def method_problem(self, method: str) -> str:
        del method
        return ""

    def write(self, values: Callout, target: Target) -> Request:
        form, replaced = _form(values)
        if self._transport == "GET":
            parts = urlsplit(target.url)
            query = f"{parts.query}&{form}" if parts.query else form
            return Request("GET", urlunsplit(parts._replace(query=query)), replaced=replaced)
        content_type = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        return Request("POST", target.url, (content_type,), form.encode(), replaced)

    def fault(self, body: bytes) -> str | None:
        del body  # the status says it all
        return None


def _form(values: Callout) -> tuple[str, int]:
    """Percent-encode the seven values, and say how many characters UTF-8 can't carry."""
    whole = {name: _HALF.subn(REPLACEMENT, getattr(values, name)) for name in FIELDS}
    form = urlencode({name: text for name, (text, _) in whole.items()}, safe=":")
    return form, sum(count for _, count in whole.values())
