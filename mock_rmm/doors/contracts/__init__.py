"""What a contract means at a door: one file a meaning, and this registry of doors and modes."""

from mock_rmm.doors.contracts import asp_net, name_value, soap, xml_rpc
from mock_rmm.doors.contracts.contracted import Contracted, Describe, Hold, describe_nothing, hold_nothing
from mock_rmm.doors.contracts.wsdl import contract_wsdl
from mock_rmm.receiver import ASP_NET, LENIENT, STRICT

__all__ = ["HOLDS", "Contracted"]

HOLDS: dict[tuple[str, str], tuple[Hold, Describe]] = {
    ("name-value-get", STRICT): (name_value.hold_query, describe_nothing),
    ("name-value-post", STRICT): (name_value.hold_form, describe_nothing),
    ("soap", LENIENT): (hold_nothing, contract_wsdl),
    ("soap", STRICT): (soap.hold, contract_wsdl),
    ("soap", ASP_NET): (asp_net.hold, contract_wsdl),
    ("xml-rpc", STRICT): (xml_rpc.hold, describe_nothing),
}
"""Without an entry, or a contract, a door takes what comes."""
