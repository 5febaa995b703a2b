"""Runs the scenarios: endpoints in parallel, and scenarios one after another at each endpoint."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import requests

from portal.core.callouts import GET
from portal.desk.demo import PAIRS, Pair
from portal.verify.checks import problems
from portal.verify.pages import Pages, Unexpected
from portal.verify.private_stack import PrivateStack
from portal.verify.results import FAILED, NOT_APPLICABLE, PASSED, Progress, Row
from portal.verify.rmm import Alert, Rmm
from portal.verify.scenarios import SCENARIOS, Scenario
from portal.verify.seen import Seen, ended

# for eleven attempts a second or two apart; and for what follows the end of a delivery
_END_SECONDS, _AFTER_SECONDS = 60.0, 20.0
_LOOK_EVERY = 0.2


class Stopped(Exception):  # noqa: N818 - a signal, not an error
    """The whole run is being stopped."""


def run_all(stack: PrivateStack, stopping: threading.Event, progress: Progress) -> list[Row]:
    """Run every scenario with every pair; return the rows in the order of the lists."""
    usual = [each for each in SCENARIOS if not each.credentials_changed]
    refused = [each for each in SCENARIOS if each.credentials_changed]
    rows = _round(stack, usual, stopping, progress)
    stack.rmm().change_credentials()
    rows += _round(stack, refused, stopping, progress)
    order = [(pair.label, scenario.name) for scenario in SCENARIOS for pair in PAIRS]
    return sorted(rows, key=lambda row: order.index((row.pair, row.scenario)))


def _round(
    stack: PrivateStack, scenarios: Sequence[Scenario], stopping: threading.Event, progress: Progress
) -> list[Row]:
    with ThreadPoolExecutor(len(PAIRS), "endpoint") as pool:
        run = partial(_at_one_endpoint, stack, scenarios, stopping, progress)
        try:
            return [row for rows in pool.map(run, PAIRS) for row in rows]
        except BaseException:
            stopping.set()  # the threads must end before the pool does
            raise


def _at_one_endpoint(
    stack: PrivateStack,
    scenarios: Sequence[Scenario],
    stopping: threading.Event,
    progress: Progress,
    pair: Pair,
) -> list[Row]:
    pages, rmm = stack.signed_in(), stack.rmm()
    rows = []
    for scenario in scenarios:
        progress.begin(pair.label, scenario.label)
        try:
            row = _run(pages, rmm, pair, scenario, stopping)
        except (Unexpected, requests.RequestException) as error:
            row = Row(pair.label, scenario.name, scenario.label, FAILED, why=(f"{error}.",))
        progress.end(row)
        rows.append(row)
    return rows


def _run(pages: Pages, rmm: Rmm, pair: Pair, scenario: Scenario, stopping: threading.Event) -> Row:
    if pair.data_format not in scenario.formats:
        return Row(pair.label, scenario.name, scenario.label, NOT_APPLICABLE)
    endpoint = endpoint_of(pair)
    alert = rmm.raise_alert(endpoint, f"{scenario.label}, {pair.label}")
    scenario.fault(rmm, endpoint)
    completed_at = datetime.now(UTC)
    pages.complete(alert.ticket_id)
    look = partial(_look, pages, rmm, endpoint, alert)
    _wait(lambda: ended(pages.deliveries(alert.ticket_id)), _END_SECONDS, stopping)
    _wait(lambda: not problems(scenario, look()), _AFTER_SECONDS, stopping)
    seen = look()
    why = tuple(problems(scenario, seen))
    cleared = seen.alert.cleared_at
    return Row(
        pair.label,
        scenario.name,
        scenario.label,
        FAILED if why else PASSED,
        seen.attempts,
        round((cleared - completed_at).total_seconds() * 1000) if cleared else None,
        why,
    )


def endpoint_of(pair: Pair) -> str:
    """Return the mock RMM's endpoint for a pair; the two transports of one format have one each."""
    both = sum(each.path == pair.path for each in PAIRS) > 1
    return f"{pair.path}-{'get' if pair.transport == GET else 'post'}" if both else pair.path


def _look(pages: Pages, rmm: Rmm, endpoint: str, alert: Alert) -> Seen:
    return Seen(
        alert=rmm.alert(alert.id),
        deliveries=pages.deliveries(alert.ticket_id),
        notes=pages.notes(alert.ticket_id),
        mails=pages.mails_about(alert.ticket_number),
        received=rmm.received(endpoint, alert.ticket_id),
    )


def _wait(condition: Callable[[], bool], seconds: float, stopping: threading.Event) -> None:
    """Wait for a condition; the checks report one that doesn't come true."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        if stopping.wait(_LOOK_EVERY):
            raise Stopped
