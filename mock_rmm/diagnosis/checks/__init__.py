"""The checks: one file a matter, and this registry. Each looks at one thing, and says nothing when it is "
"right.
"""

from collections.abc import Callable, Iterator

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.checks.authentication import authentication
from mock_rmm.diagnosis.checks.content_type import content_type
from mock_rmm.diagnosis.checks.data_format import data_format
from mock_rmm.diagnosis.checks.delivery import delivery
from mock_rmm.diagnosis.checks.encoding import content_coding, encoding
from mock_rmm.diagnosis.checks.names import names
from mock_rmm.diagnosis.checks.namespace import namespace
from mock_rmm.diagnosis.checks.rpc_parameters import rpc_parameters
from mock_rmm.diagnosis.checks.signature import signature
from mock_rmm.diagnosis.checks.soap_action import soap_action
from mock_rmm.diagnosis.checks.soap_call import method_name, soap_version
from mock_rmm.diagnosis.checks.times import times
from mock_rmm.diagnosis.checks.transport import transport
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
