"""A receiver: an endpoint at its own address, how strict it is, and the contract that calls must meet."""

from dataclasses import dataclass, field

from mock_rmm.endpoints.kinds import KINDS, LENIENT, Kind

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
    versions: tuple[str, ...] = VERSIONS
    """The accepted versions of SOAP."""
    style: str = STRUCT
    """How XML-RPC's parameters are passed."""
    required: tuple[str, ...] = ()
    """The values that must be present and not empty."""
    username: str = ""
    """Empty: the mock's own user name and password are required."""
    password: str = field(default="", repr=False)

    @property
    def call(self) -> str:
        """The method's element, as ElementTree writes it."""
        return f"{{{self.namespace}}}{self.method}"


@dataclass(frozen=True)
class Receiver:
    name: str
    endpoint: str
    """The name of the kind of endpoint that reads its requests."""
    path: str
    mode: str = LENIENT
    contract: Contract = Contract()

    @property
    def kind(self) -> Kind:
        return KINDS[self.endpoint]


def without_method(soap_action: str, method: str) -> str:
    """The namespace that a portal computes: the SOAP Action with every occurrence of the Method Name removed."""
    return soap_action.replace(method, "") if method else soap_action
