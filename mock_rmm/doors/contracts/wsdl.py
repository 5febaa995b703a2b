"""The WSDL of a contract: Spyne's, of a service that has this method and no other."""

from functools import lru_cache

from mock_rmm.doors.soap import ADDRESS, at_address, describe
from mock_rmm.doors.spyne_endpoint import service_of
from mock_rmm.receiver import Contract


def contract_wsdl(contract: Contract, address: str) -> bytes | None:
    if not contract.method:
        return None
    return at_address(_document(contract), address)


@lru_cache(maxsize=64)
def _document(contract: Contract) -> bytes:
    """Made when it is first asked for: it takes longer than all the rest of a receiver."""
    service = service_of(contract.method, contract.required)
    return describe(service, contract.namespace, contract.soap_action, contract.versions, ADDRESS)
