"""The doors by which callouts come in: one file a format, and this registry."""

from mock_rmm.doors.door import Act, Answer, Arrival, Door, Dropped, Reading
from mock_rmm.doors.name_value import NameValueGet, NameValuePost
from mock_rmm.doors.soap import Soap
from mock_rmm.doors.xml_rpc import XmlRpc

__all__ = ["DOORS", "SOAP", "Act", "Answer", "Arrival", "Door", "Dropped", "Reading"]

SOAP = Soap()

DOORS: dict[str, Door] = {door.name: door for door in (NameValueGet(), NameValuePost(), SOAP, XmlRpc())}
