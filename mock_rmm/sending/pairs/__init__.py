"""The pairs of transport method and data format: one file a format, and this literal list of them."""

from typing import Protocol

from mock_rmm.callout import Callout
from mock_rmm.sending.pairs.name_value import NameValue
from mock_rmm.sending.pairs.soap import Soap
from mock_rmm.sending.pairs.xml_rpc import XmlRpc
from mock_rmm.sending.request import Request, Target


class Pair(Protocol):
    """How a pair writes the seven values, and what the answers of its receivers mean."""

    name: str
    label: str
    """In the words of the callout's editor."""
    needs_method: bool
    needs_soap_action: bool
    sent_by_portal: bool

    def method_problem(self, method: str) -> str:
        """Say why a Method Name can't be used, if it can't."""

    def write(self, values: Callout, target: Target) -> Request:
        """Write the request that carries the values to the target."""

    def fault(self, body: bytes) -> str | None:
        """Find the fault that the body of an answer tells of."""


PAIRS: dict[str, Pair] = {
    each.name: each
    for each in (
        NameValue("GET"),
        NameValue("POST"),
        Soap("1.1"),
        Soap("1.2"),
        XmlRpc("struct"),
        XmlRpc("positional"),
    )
}
