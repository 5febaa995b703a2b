"""The kinds of endpoints as plain data.

The code behind them takes a second to import, and a mistake in the settings should be reported at once.
"""

from dataclasses import dataclass

LENIENT, STRICT, ASP_NET = "lenient", "strict", "asp.net"
MODES = {
    LENIENT: "Lenient: takes any call",
    STRICT: "Strict: holds calls to its contract",
    ASP_NET: "As ASP.NET: a wrong namespace reads empty",
}
NAME_VALUE, SOAP, XML_RPC = "form", "SOAP", "XML-RPC"


@dataclass(frozen=True)
class Kind:
    name: str
    """What the JSON API calls `door`."""
    label: str
    path: str
    """The address of the built-in receiver."""
    method: str
    """The one HTTP method that it takes."""
    content: str
    data_format: str
    """What the callout's editor calls the content."""
    modes: tuple[str, ...] = (LENIENT, STRICT)
    contract: tuple[str, ...] = ()
    """What its contract can state besides what every contract can."""
    has_fault: bool = False
    """Whether the format can report a failure inside an HTTP 200."""


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "name-value-get",
            "Name value pair, GET",
            "/callouts/name-value",
            "GET",
            NAME_VALUE,
            "Name Value Pair",
        ),
        Kind(
            "name-value-post",
            "Name value pair, POST",
            "/callouts/name-value",
            "POST",
            NAME_VALUE,
            "Name Value Pair",
        ),
        Kind(
            "soap",
            "SOAP 1.1 and 1.2",
            "/callouts/soap",
            "POST",
            SOAP,
            "SOAP",
            (LENIENT, STRICT, ASP_NET),
            ("method", "soap_action", "namespace", "versions"),
            has_fault=True,
        ),
        Kind(
            "xml-rpc",
            "XML-RPC",
            "/callouts/xml-rpc",
            "POST",
            XML_RPC,
            "XML-RPC",
            contract=("method", "style"),
            has_fault=True,
        ),
    )
}
IN_EDITOR = {kind.content: kind.data_format for kind in KINDS.values()}
