"""What a SOAP request states outside its envelope: the Content-Type and the action."""

from dataclasses import dataclass

from werkzeug.http import parse_options_header

from mock_rmm.endpoints.endpoint import Arrival

MEDIA_TYPES = {"1.1": "text/xml", "1.2": "application/soap+xml"}


@dataclass(frozen=True)
class Head:
    content_type: str
    version: str
    """The version of SOAP that the Content-Type belongs to; empty for one that belongs to none."""
    action: str | None
    """Without its quotes; None when there is none."""
    quoted: bool


def read_head(arrival: Arrival) -> Head:
    content_type = arrival.content_type.lower()
    version = next((each for each, media_type in MEDIA_TYPES.items() if media_type == content_type), "")
    if version == "1.2":
        # A parameter; whether it was quoted is no matter there
        return Head(content_type, version, action_parameter(arrival), quoted=True)
    action = arrival.header("SOAPAction")
    if action is None:
        return Head(content_type, version, None, quoted=False)
    action = action.strip()
    quoted = len(action) > 1 and action.startswith('"') and action.endswith('"')
    return Head(content_type, version, action[1:-1] if quoted else action, quoted)


def action_parameter(arrival: Arrival) -> str | None:
    """The action as SOAP 1.2 has it, in the Content-Type."""
    return parse_options_header(arrival.header("Content-Type"))[1].get("action")
