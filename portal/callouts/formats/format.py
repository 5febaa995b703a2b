"""What every data format of a callout is, and the setting that two of them share."""

from typing import Protocol

from portal.core.declared import Setting
from portal.core.verdicts import Answered, Reading
from portal.core.wire import Fields, Request, Target

METHOD_NAME = Setting(
    "method_name",
    "Method Name",
    help="The method that SOAP or XML-RPC calls; required for both.",
    required=True,
    spellcheck=False,
    mono=True,
)


class Format(Protocol):
    """How a format encodes the seven values, and what its receivers' answers mean.

    ``name`` is stored and never changes; ``label`` is shown and may. ``settings`` are the fields of a callout that mean
    something to this format, each an attribute of ``Target``; no other format's callouts have them.
    """

    name: str
    label: str
    transports: tuple[str, ...]
    settings: tuple[Setting, ...]

    def encode(self, fields: Fields, target: Target) -> Request:
        """Write the request that carries the values to the target."""

    def read(self, answer: Answered, target: Target) -> Reading:
        """Find the fault that an answer's body reports, whatever its HTTP status, and else what is odd there."""
