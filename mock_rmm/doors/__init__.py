"""The doors by which callouts come in: one file a format, and this registry."""

from mock_rmm.doors.contracts import HOLDS, Contracted
from mock_rmm.doors.door import Act, Answer, Arrival, Door, Dropped, Raw, Reading
from mock_rmm.doors.name_value import NameValueGet, NameValuePost
from mock_rmm.doors.soap import Soap
from mock_rmm.doors.xml_rpc import XmlRpc
from mock_rmm.receiver import LENIENT, Receiver

__all__ = ["DOORS", "Act", "Answer", "Arrival", "Door", "Dropped", "Raw", "Reading", "open_door"]

DOORS: dict[str, Door] = {door.name: door for door in (NameValueGet(), NameValuePost(), Soap(), XmlRpc())}


def open_door(receiver: Receiver) -> Door:
    """A receiver's door, which holds callers to its contract if its mode says so."""
    door = DOORS[receiver.door]
    holding = HOLDS.get((receiver.door, receiver.mode))
    if holding is None or (receiver.mode == LENIENT and not receiver.contract.method):
        return door
    return Contracted(door, receiver.contract, *holding)
