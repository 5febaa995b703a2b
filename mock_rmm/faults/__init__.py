"""The faults that can be switched on: one file a fault, and this registry."""

from mock_rmm.faults.delay import Delay
from mock_rmm.faults.protocol_fault import ProtocolFault
from mock_rmm.faults.reset import Reset
from mock_rmm.faults.rule import ANY_DOOR, Fault, Rule, Turn
from mock_rmm.faults.status import Status

__all__ = ["ANY_DOOR", "FAULTS", "Fault", "Rule", "Turn"]

FAULTS: dict[str, Fault] = {fault.name: fault for fault in (Status(), Delay(), Reset(), ProtocolFault())}
