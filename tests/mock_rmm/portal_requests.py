"""Requests as a portal writes them, by its own formats."""

from dataclasses import asdict, replace

from mock_rmm.callout import Callout
from portal.callouts.formats import SENDABLE
from portal.cli import send_pairs
from portal.cli.send_pairs import PAIRS
from portal.core.wire import Fields, Request, Target

USUAL = Callout(**send_pairs.USUAL.as_dict())
SETS = {name: Callout(**values.as_dict()) for name, values in send_pairs.SETS.items()}


def target(url: str, method: str = "", soap_action: str = "", override: str = "") -> Target:
    """Give where a request goes; its pair says how."""
    return Target(url, "", method, soap_action, override)


def write(pair: str, values: Callout, to: Target) -> Request:
    """Write the request that carries the values, without the headers that every callout has."""
    chosen = PAIRS[pair]
    whole = replace(
        to,
        transport=chosen.transport,
        data_format=chosen.data_format,
        xml_rpc_parameters=chosen.parameters,
    )
    return SENDABLE[chosen.data_format].encode(Fields(**asdict(values)), whole)
