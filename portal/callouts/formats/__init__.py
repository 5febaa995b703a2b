"""Data formats of a callout: one file a format, and this literal list of them."""

from typing import Protocol

from portal.callouts.formats.name_value import NameValue
from portal.callouts.formats.soap import Soap
from portal.callouts.formats.xml_rpc import XmlRpc
from portal.core.verdicts import Answered, Reading
from portal.core.wire import Fields, Request, Target


class Format(Protocol):
    """How a format encodes the seven values, and what its receivers' answers mean.

    ``name`` is stored and never changes; ``label`` is shown and may.
    """

    name: str
    label: str
    transports: tuple[str, ...]
    needs_method_name: bool
    needs_soap_action: bool
    has_parameter_style: bool

    def method_name_problem(self, name: str) -> str | None:
        """Say why a Method Name cannot be used, or None."""

    def encode(self, fields: Fields, target: Target) -> Request:
        """Write the request that carries the values to the target."""

    def read(self, answer: Answered, target: Target) -> Reading:
        """Find the fault that an answer's body tells of, whatever its HTTP status, and else what is odd there."""


FORMATS: dict[str, Format] = {each.name: each for each in (NameValue(), Soap(), XmlRpc())}
