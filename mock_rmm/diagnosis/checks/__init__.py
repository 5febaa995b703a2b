"""The checks, and this registry of them. Each looks at one thing, and says nothing when it is right."""

from collections.abc import Callable, Iterator

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.checks.authentication import authentication
from mock_rmm.diagnosis.checks.content import content_type, data_format, transport
from mock_rmm.diagnosis.checks.encoding import content_coding, encoding
from mock_rmm.diagnosis.checks.names import names
from mock_rmm.diagnosis.checks.rpc_parameters import rpc_parameters
from mock_rmm.diagnosis.checks.sender import delivery, signature
from mock_rmm.diagnosis.checks.soap import method_name, namespace, soap_action, soap_version
from mock_rmm.diagnosis.checks.times import times
from mock_rmm.diagnosis.checks.values import values
from mock_rmm.diagnosis.finding import Finding

Check = Callable[[Case], Iterator[Finding]]

ENVELOPE_CHECKS: tuple[Check, ...] = (transport, authentication, content_coding)
"""What can be said of a request whose content isn't all there."""

CONTENT_CHECKS: tuple[Check, ...] = (
    data_format,
    content_type,
    encoding,
    soap_version,
    method_name,
    soap_action,
    namespace,
    rpc_parameters,
    names,
    values,
    times,
)

SENDER_CHECKS: tuple[Check, ...] = (delivery, signature)

CHECKS = (*ENVELOPE_CHECKS, *CONTENT_CHECKS, *SENDER_CHECKS)
"""In this order, as one would look: how it came, who sent it, what it holds, which delivery it is."""
