"""The endpoints, one for each kind, and which contract each mode holds calls to."""

from mock_rmm.endpoints import asp_net_contract, contracts, soap_contract, xml_rpc_contract
from mock_rmm.endpoints.contracts import Contracted, Describe, Hold
from mock_rmm.endpoints.endpoint import Endpoint
from mock_rmm.endpoints.name_value import NameValueGet, NameValuePost
from mock_rmm.endpoints.receiver import ASP_NET, LENIENT, STRICT, Receiver
from mock_rmm.endpoints.soap import Soap
from mock_rmm.endpoints.soap_contract import contract_wsdl
from mock_rmm.endpoints.xml_rpc import XmlRpc

ENDPOINTS: dict[str, Endpoint] = {
    each.kind.name: each for each in (NameValueGet(), NameValuePost(), Soap(), XmlRpc())
}

HOLDS: dict[tuple[str, str], tuple[Hold, Describe]] = {
    ("name-value-get", STRICT): (contracts.hold_query, contracts.describe_nothing),
    ("name-value-post", STRICT): (contracts.hold_form, contracts.describe_nothing),
    ("soap", LENIENT): (contracts.hold_nothing, contract_wsdl),
    ("soap", STRICT): (soap_contract.hold, contract_wsdl),
    ("soap", ASP_NET): (asp_net_contract.hold, contract_wsdl),
    ("xml-rpc", STRICT): (xml_rpc_contract.hold, contracts.describe_nothing),
}
"""Without an entry, or without a contract, an endpoint takes any call."""


def endpoint_of(receiver: Receiver) -> Endpoint:
    """The endpoint of a receiver, which holds calls to its contract if its mode demands it."""
    endpoint = ENDPOINTS[receiver.endpoint]
    holding = HOLDS.get((receiver.endpoint, receiver.mode))
    if holding is None or (receiver.mode == LENIENT and not receiver.contract.method):
        return endpoint
    return Contracted(endpoint, receiver.contract, *holding)
