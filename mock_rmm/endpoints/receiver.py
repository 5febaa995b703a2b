"""The kinds of endpoints as plain data, and what a receiver is: an endpoint at its own address, with a contract.

The code behind them takes a second to import, and a mistake in the settings should be reported at once.
"""

from dataclasses import dataclass, field

LENIENT, STRICT, ASP_NET = "lenient", "strict", "asp.net"
_USUAL = (LENIENT, STRICT)
MODES = {
    LENIENT: "Lenient: takes any call",
    STRICT: "Strict: holds calls to its contract",
    ASP_NET: "As ASP.NET: a wrong namespace reads empty",
}
NAME_VALUE, SOAP, XML_RPC = "form", "SOAP", "XML-RPC"


@dataclass(frozen=True)
class Kind:
    name: str  # what the JSON API calls `door`
    label: str
    path: str  # the address of the built-in receiver
    method: str  # the one HTTP method that it takes
    content: str
    data_format: str  # what the callout's editor calls the content
    modes: tuple[str, ...] = _USUAL
    contract: tuple[str, ...] = ()  # what its contract can state besides what every contract can
    has_fault: bool = False  # whether the format can report a failure inside an HTTP 200


_FORM, _ADDRESS = (NAME_VALUE, "Name Value Pair"), "/callouts/name-value"
_ALL = (
    Kind("name-value-get", "Name value pair, GET", _ADDRESS, "GET", *_FORM),
    Kind("name-value-post", "Name value pair, POST", _ADDRESS, "POST", *_FORM),
    Kind(
        "soap", "SOAP 1.1 and 1.2", "/callouts/soap", "POST", SOAP, "SOAP", (*_USUAL, ASP_NET),
        ("method", "soap_action", "namespace", "versions"), has_fault=True,
    ),
    Kind(
        "xml-rpc", "XML-RPC", "/callouts/xml-rpc", "POST", XML_RPC, "XML-RPC", _USUAL, ("method", "style"),
        has_fault=True,
    ),
)  # fmt: skip
KINDS = {kind.name: kind for kind in _ALL}
IN_EDITOR = {kind.content: kind.data_format for kind in KINDS.values()}


VERSIONS = ("1.1", "1.2")
STRUCT = "struct"
POSITIONAL = "positional"
STYLES = {STRUCT: "One struct with seven members", POSITIONAL: "Seven strings, in order"}


@dataclass(frozen=True)
class Contract:
    """What a caller must keep to. What a format has no use for is empty."""

    method: str = ""
    namespace: str = ""
    soap_action: str = ""
    versions: tuple[str, ...] = VERSIONS  # the accepted versions of SOAP
    style: str = STRUCT  # how XML-RPC's parameters are passed
    required: tuple[str, ...] = ()  # the values that must be present and not empty
    username: str = ""  # empty: the mock's own user name and password are required
    password: str = field(default="", repr=False)

    @property
    def call(self) -> str:
        """The method's element, as ElementTree writes it."""
        return f"{{{self.namespace}}}{self.method}"


@dataclass(frozen=True)
class Receiver:
    name: str
    endpoint: str  # the name of the kind of endpoint that reads its requests
    path: str
    mode: str = LENIENT
    contract: Contract = Contract()

    @property
    def kind(self) -> Kind:
        return KINDS[self.endpoint]


def without_method(soap_action: str, method: str) -> str:
    """The namespace that a portal computes: the SOAP Action with every occurrence of the Method Name removed."""
    return soap_action.replace(method, "") if method else soap_action
