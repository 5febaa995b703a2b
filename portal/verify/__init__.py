"""``portal verify``: proves the round trip from outside on a private stack, for every pair and every fault.

Only public interfaces are used: tickets are completed and deliveries are read on the portal's pages, alerts are
raised and faults are set through the mock RMM's JSON API.
"""

import json
import signal
import sys
import threading
import time

import click
import requests

from portal.desk.demo import PAIRS
from portal.verify.pages import Unexpected
from portal.verify.private_stack import PrivateStack, StackEnded
from portal.verify.results import Progress, Row, table
from portal.verify.rounds import run_all
from portal.verify.scenarios import SCENARIOS

_TAIL = 40


def verify(*, as_json: bool) -> bool:
    """Run every scenario, print the results, and return whether all passed."""
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stopping = threading.Event()
    progress = Progress(len(PAIRS) * len(SCENARIOS), sys.stderr)
    rows: list[Row] = []
    with PrivateStack() as stack:
        try:
            progress.say("Starting a portal, its workers and the mock RMM")
            stack.wait_until_ready()
            rows = run_all(stack, stopping, progress)
        except (StackEnded, Unexpected, requests.RequestException) as error:
            progress.say(f"The run could not go on: {error}")
        finally:
            stopping.set()
            passed = bool(rows) and all(row.passed for row in rows)
            if not passed:
                progress.say(f"The end of the stack's log:\n{stack.tail(_TAIL)}")
    seconds = time.monotonic() - begun
    if as_json:
        click.echo(
            json.dumps({"passed": passed, "seconds": round(seconds, 1), "rows": [r.as_json() for r in rows]})
        )
    else:
        click.echo(table(rows, seconds))
    return passed
