"""Reads the file of MOCK_RMM_CONFIG: the receivers that are there from the start."""

import json
from pathlib import Path
from typing import Any

from mock_rmm.api.receiver_input import read_receiver
from mock_rmm.endpoints.kinds import KINDS
from mock_rmm.endpoints.receiver import Receiver

EXAMPLE = '{"receivers": [{"name": "acme", "door": "soap"}]}'


def read_config(path: Path) -> tuple[Receiver, ...] | list[str]:
    """The receivers, or what is wrong with the file, one sentence each."""
    try:
        given = json.loads(path.read_text("utf-8"))
    except OSError as error:
        return [f"MOCK_RMM_CONFIG is {str(path)!r}, which can't be read ({error.strerror})."]
    except (ValueError, RecursionError) as error:
        return [f"MOCK_RMM_CONFIG is {str(path)!r}, which isn't JSON ({error})."]
    match given:
        case {"receivers": [*wanted], **others} if not others:
            return _receivers(wanted)
        case _:
            return [f"MOCK_RMM_CONFIG is {str(path)!r}, which must hold an object such as {EXAMPLE}."]


def _receivers(wanted: list[Any]) -> tuple[Receiver, ...] | list[str]:
    problems: list[str] = []
    receivers: dict[str, Receiver] = {}
    places = {(kind.path, kind.method): name for name, kind in KINDS.items()}
    for number, given in enumerate(wanted, 1):
        here = f"MOCK_RMM_CONFIG, receiver {number}"
        found = read_receiver(given) if isinstance(given, dict) else {"receiver": "Make it an object."}
        if isinstance(found, dict):
            problems += [f"{here}, {key}: {problem}" for key, problem in found.items()]
            continue
        if found.name in receivers:
            problems.append(f"{here}, name: {found.name} is there already: give each a name of its own.")
        place = (found.path, found.kind.method)
        if place in places:
            problems.append(f"{here}, path: {places[place]} has it already: give each a path of its own.")
        receivers[found.name] = found
        places[place] = found.name
    return problems or tuple(receivers.values())
