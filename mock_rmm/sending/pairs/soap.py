"""SOAP: the Method Name is the body's element, and the seven values are its children in its namespace."""

import re
from typing import Literal
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from mock_rmm.callout import Callout
from mock_rmm.sending.pairs._xml import DECLARATION, at, escaped_values, root_of, text_of, unread_fault
from mock_rmm.sending.request import Request, Target

ENVELOPES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
_MORE_THAN_A_NAME = re.compile(r"[\s<>/&:='\"]")


class Soap:
    """The portal sends 1.1. With 1.2 a receiver that offers both can be tried."""

    needs_method = True
    needs_soap_action = True

    def __init__(self, version: Literal["1.1", "1.2"]) -> None:
        self.sent_by_portal = version == "1.1"
        self.name = "soap" if self.sent_by_portal else f"soap-{version}"
        self.label = "POST, SOAP" if self.sent_by_portal else f"POST, SOAP {version}"
        self._envelope = ENVELOPES[version]

    def method_problem(self, method: str) -> str:
        try:
            if not _MORE_THAN_A_NAME.search(method):
                expat.ParserCreate("utf-8").Parse(f"<{method}/>".encode(), True)  # noqa: FBT003 (expat's isfinal)
                return ""
        except (expat.ExpatError, UnicodeEncodeError):
            pass
        return (
            f"{method!a} can't be the method: it becomes an XML element, so begin with a letter and go on with "
            "letters, digits, '.', '-' or '_'."
        )

    def write(self, values: Callout, target: Target) -> Request:
        body, replaced = self._body(values, target)
        action = target.soap_action
        headers = (
            (("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", f'"{action}"'))
            if self.sent_by_portal
            else (("Content-Type", f'application/soap+xml; charset=utf-8; action="{action}"'),)
        )
        return Request("POST", target.url, headers, body, replaced)

    def fault(self, body: bytes) -> str | None:
        """Either version's fault: 1.1 has a faultstring, 1.2 a Reason with a Text."""
        fault = at(root_of(body, "Envelope"), "Body", "Fault")
        if fault is None:
            return unread_fault(body, "Fault")
        told = at(fault, "faultstring")
        return text_of(at(fault, "Reason", "Text") if told is None else told) or "no reason given"

    def _body(self, values: Callout, target: Target) -> tuple[bytes, int]:
        texts, replaced = escaped_values(values)
        children = "".join(f"<{name}>{text}</{name}>" for name, text in texts.items())
        xmlns = f" xmlns={quoteattr(target.namespace)}" if target.namespace else ""
        call = f"<{target.method}{xmlns}>{children}</{target.method}>"
        document = (
            f'{DECLARATION}<soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            f' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soap="{self._envelope}">'
            f"<soap:Body>{call}</soap:Body></soap:Envelope>"
        )
        return document.encode(), replaced
