"""The faults that can be switched on: one file a fault, and this registry."""

from mock_rmm.faults.delay import Delay
from mock_rmm.faults.dribble import Dribble
from mock_rmm.faults.empty_reply import EmptyReply
from mock_rmm.faults.garbage import Garbage
from mock_rmm.faults.maintenance import Maintenance
from mock_rmm.faults.protocol_fault import ProtocolFault
from mock_rmm.faults.reset import Reset
from mock_rmm.faults.rule import USUAL_PRIORITY, Fault, Rule, Turn
from mock_rmm.faults.silence import Silence
from mock_rmm.faults.status import Status
from mock_rmm.faults.truncated import Truncated

__all__ = ["FAULTS", "USUAL_PRIORITY", "Fault", "Rule", "Turn"]

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Status(),
        ProtocolFault(),
        Delay(),
        Dribble(),
        Maintenance(),
        Silence(),
        EmptyReply(),
        Reset(),
        Truncated(),
        Garbage(),
    )
}
