"""What a receiver is: a door at an address of its own, how strict it is, and the contract it holds callers to."""

from dataclasses import dataclass, field

LENIENT = "lenient"
STRICT = "strict"
ASP_NET = "asp.net"
MODES = {
    LENIENT: "Lenient: takes any call",
    STRICT: "Strict: holds calls to its contract",
    ASP_NET: "As ASP.NET: a wrong namespace reads empty",
}

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
    """The versions of SOAP it speaks."""
    style: str = STRUCT
    """How XML-RPC's parameters come."""
    required: tuple[str, ...] = ()
    """The values that must come, and not empty."""
    username: str = ""
    """Empty: the mock's own user name and password are wanted."""
    password: str = field(default="", repr=False)

    @property
    def call(self) -> str:
        """The method's element, as ElementTree writes it."""
        return f"{{{self.namespace}}}{self.method}"


@dataclass(frozen=True)
class Receiver:
    name: str
    door: str
    """The name of the door that reads what comes in."""
    path: str
    mode: str = LENIENT
    contract: Contract = Contract()


def without_method(soap_action: str, method: str) -> str:
    """The namespace that a portal computes: the SOAP Action with every occurrence of the Method Name removed."""
    return soap_action.replace(method, "") if method else soap_action
