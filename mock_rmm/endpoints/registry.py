"""The endpoints, one for each kind, and which contract each mode holds calls to."""

from collections.abc import Callable

from mock_rmm.endpoints import name_value, soap_contract, xml_rpc
from mock_rmm.endpoints.endpoint import Arrival, Endpoint, Reading
from mock_rmm.endpoints.receiver import ASP_NET, STRICT, Contract, Receiver
from mock_rmm.endpoints.soap import Soap

ENDPOINTS: dict[str, Endpoint] = {
    each.kind.name: each
    for each in (name_value.NameValueGet(), name_value.NameValuePost(), Soap(), xml_rpc.XmlRpc())
}

Hold = Callable[[Reading, Arrival, Contract], Reading]
"""Returns the reading as the contract sees it: a breach is its problem, with the code or answer that goes with it."""

HOLDS: dict[tuple[str, str], Hold] = {
    ("name-value-get", STRICT): name_value.hold_query,
    ("name-value-post", STRICT): name_value.hold_form,
    ("soap", STRICT): soap_contract.hold,
    ("soap", ASP_NET): soap_contract.hold_as_asp_net,
    ("xml-rpc", STRICT): xml_rpc.hold,
}
"""Without an entry an endpoint takes any call."""


def endpoint_of(receiver: Receiver) -> Endpoint:
    return ENDPOINTS[receiver.endpoint]


def read(receiver: Receiver, arrival: Arrival) -> Reading:
    """Read a request by the receiver's endpoint, and hold it to the contract if the mode demands it."""
    reading = endpoint_of(receiver).read(arrival)
    hold = HOLDS.get((receiver.endpoint, receiver.mode))
    return reading if hold is None else hold(reading, arrival, receiver.contract)
