"""Whether a callout's transport, data format, method, action and namespace fit together (extension-callouts.md, 2)."""

import re

from portal.callouts.formats import FORMATS, Format
from portal.core.callouts import GET, TRANSPORTS, XML_RPC_CHOICES
from portal.core.texts import line_problem
from portal.desk.callout_values import CalloutValues

MAX_METHOD, MAX_ACTION = 255, 500
_HEADER_TEXT = re.compile(r"[\x20-\x7e]*")
_NOT_XML = re.compile("[\ufffe\uffff]")


def format_problems(values: CalloutValues) -> dict[str, str | None]:
    """Say what is wrong with transport, format and what the format needs, a sentence for each field."""
    chosen = FORMATS.get(values.data_format)
    if values.transport not in TRANSPORTS:
        return {"transport": "Choose GET or POST."}
    if chosen is None:
        return {"data_format": f"Choose one of: {', '.join(each.label for each in FORMATS.values())}."}
    return {
        "data_format": _pair_problem(values.transport, chosen),
        "method_name": _method_problem(values.method_name, chosen),
        "soap_action": _soap_only_problem("SOAP Action", values.soap_action, chosen)
        or _action_problem(values.soap_action, chosen),
        "namespace_override": _soap_only_problem("Namespace override", values.namespace_override, chosen)
        or _namespace_problem(values.namespace_override),
        "xml_rpc_parameters": None
        if values.xml_rpc_parameters in XML_RPC_CHOICES
        else "Choose how the seven values are sent.",
    }


def _pair_problem(transport: str, chosen: Format) -> str | None:
    if transport in chosen.transports:
        return None
    able = " or ".join(each.label for each in FORMATS.values() if transport in each.transports)
    reason = ", which has no body to carry it" if transport == GET else ""
    instead = " or ".join(chosen.transports)
    return f"{chosen.label} can't be sent by {transport}{reason}. Choose {instead}, or the format {able}."


def _method_problem(method_name: str, chosen: Format) -> str | None:
    if not chosen.needs_method_name:
        return (
            f"{chosen.label} calls no method: clear this, or choose another Data Format."
            if method_name
            else None
        )
    if not method_name:
        return f"Method Name is required for {chosen.label}."
    return line_problem("Method Name", method_name, MAX_METHOD) or chosen.method_name_problem(method_name)


def _soap_only_problem(label: str, text: str, chosen: Format) -> str | None:
    if text and not chosen.needs_soap_action:
        return f"{label} is for SOAP only: clear this, or choose SOAP as the Data Format."
    return line_problem(label, text, MAX_ACTION)


def _action_problem(action: str, chosen: Format) -> str | None:
    if chosen.needs_soap_action and not action:
        return f"SOAP Action is required for {chosen.label}."
    if '"' in action:
        return "Leave the quotes out: the portal puts the SOAP Action in quotes itself."
    if not _HEADER_TEXT.fullmatch(action):
        return (
            "The SOAP Action is sent in a header, which carries plain ASCII characters only. "
            "Write others percent-encoded, as in a URL."
        )
    return None


def _namespace_problem(override: str) -> str | None:
    if _NOT_XML.search(override):
        return "The namespace holds a character that XML can't carry. Remove it."
    return None
