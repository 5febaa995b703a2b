"""What an admin enters for an extension callout, and what becomes of the secrets that are stored with it."""

from dataclasses import dataclass, field

from portal.core.callouts import POST, RESEND_ANY, RESEND_ORIGINAL, XML_RPC_STRUCT


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave what is stored, if anything is, as it is."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Forget what is stored."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Store this password instead."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rotate:
    """Sign with this secret first; the one that was stored signs too, until it is retired."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Retire:
    """Stop signing with the older of two secrets."""


PasswordChange = Keep | Remove | Replace
SigningChange = Keep | Remove | Rotate | Retire
UNCHANGED = Keep()


@dataclass(frozen=True, slots=True)
class CalloutValues:
    """What an admin enters. ``recipients`` are pairs of a resource's id and the slot of its address."""

    name: str
    url: str
    active: bool = True
    username: str = ""
    udf_id: int | None = None
    transport: str = POST
    data_format: str = "name_value"
    method_name: str = ""
    soap_action: str = ""
    namespace_override: str = ""
    xml_rpc_parameters: str = XML_RPC_STRUCT
    only_on_failure: bool = False
    resend_after: str = RESEND_ANY
    resend_preset: str = RESEND_ORIGINAL
    resend_seconds: int | None = None
    resend_limit: int | None = None
    max_per_second: int | None = None
    max_parallel: int | None = None
    timeout_seconds: int | None = None
    recipients: frozenset[tuple[int, int]] = frozenset()
