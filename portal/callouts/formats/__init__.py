"""Data formats of a callout: one file a format, and this literal list of them."""

from portal.callouts.formats.format import Format
from portal.callouts.formats.name_value import NameValue
from portal.callouts.formats.soap import Soap, Soap12
from portal.callouts.formats.xml_rpc import XmlRpc

FORMATS: dict[str, Format] = {each.name: each for each in (NameValue(), Soap(), XmlRpc())}
# what can be rendered: `portal send` tries receivers with SOAP 1.2, too, which no callout sends
SENDABLE: dict[str, Format] = {**FORMATS, Soap12.name: Soap12()}
