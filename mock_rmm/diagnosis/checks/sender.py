"""Which delivery it belongs to, whether attempts are missing, and what signs it.

A receiver that verifies needs id, time stamp and signature, and a clock that agrees.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mock_rmm.callout import FIELDS
from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, listed, note, quoted, warning

if TYPE_CHECKING:
    from mock_rmm.journal import Entry

LONGEST_NUMBER = 9
SUCCESS = range(200, 300)
TOLERANCE = 5 * 60
LONGEST_TIMESTAMP = 12
LONGEST_HEADER = 2000
HEADERS = ("webhook-id", "webhook-timestamp")
_SIGNATURE = re.compile(r"v1a?,[A-Za-z0-9+/]{20,200}={0,2}")


def delivery(case: Case) -> Iterator[Finding]:
    webhook_id = case.header("webhook-id")
    attempt = _number(case.header("x-callout-attempt"))
    if not webhook_id:
        what = "No webhook-id came. A portal sends one with each callout, the same on each resend"
        yield note("no-webhook-id", f"{what}: by it a receiver knows a repeat.")
    elif attempt is None:
        came = case.header("x-callout-attempt")
        what = "There is no X-Callout-Attempt."
        if came is not None:
            what = f"X-Callout-Attempt is {quoted(came)}, which is no number from 1 on."
        counts = "A portal counts its attempts there, from 1."
        yield Finding("no-attempt", "note" if came is None else "warning", f"{what} {counts}")
    if webhook_id and case.earlier:
        yield from _repeat(case, case.earlier[-1], webhook_id)
    if webhook_id and attempt is not None:
        yield from _count(case, attempt)


def _repeat(case: Case, last: "Entry", webhook_id: str) -> Iterator[Finding]:
    was = "not answered" if last.answer_status is None else f"answered with {last.answer_status}"
    again = "This is a resend."
    if last.answer_status in SUCCESS:
        todo = "Act on each webhook-id once, and answer 2xx to a repeat too."
        again = f"Its sender has not heard that answer, or took it for an error. {todo}"
    before = f"The delivery {quoted(webhook_id)} was here before, as request {last.id}, {was}."
    yield note("repeat", f"{before} {again}")
    if not last.fields or not case.fields:
        return
    changed = [name for name in FIELDS if case.fields.get(name) != last.fields.get(name)]
    if changed:
        changes = listed([_change(case, last, name) for name in changed])
        what = f"It has the webhook-id of request {last.id}, but {changes}."
        todo = "A resend carries the values of the first attempt: give each delivery a webhook-id of its own."
        yield warning("repeat-differs", f"{what} {todo}")
    elif (case.arrival.body, case.arrival.query) != (last.body, last.query):
        what = f"It carries the values of request {last.id}, written differently"
        yield note("repeat-rewritten", f"{what}: the callout was changed between the attempts.")


def _change(case: Case, last: "Entry", name: str) -> str:
    before, now = last.fields.get(name), case.fields.get(name)
    if before is None:
        return f"{name} is new"
    return f"{name} is gone" if now is None else f"{name} was {quoted(before)} and is {quoted(now)}"


def _count(case: Case, attempt: int) -> Iterator[Finding]:
    seen = [entry.attempt for entry in case.earlier if entry.attempt is not None]
    first, last = max(seen, default=0) + 1, attempt - 1
    missing = f"attempt {first}" if first == last else f"attempts {first} to {last}"
    if not seen and attempt > 1:
        what = f"This is attempt {attempt}, and {missing} never arrived here, or the journal has forgotten"
        why = "they may have gone to another address, or no connection came about"
        yield note("attempt-gap", f"{what}: {why}.")
    elif seen and attempt > max(seen) + 1:
        what = f"This is attempt {attempt}, and the last one here was {max(seen)}: {missing} never arrived."
        page = "the delivery's page in the portal, which tells what became of them"
        yield warning("attempt-gap", f"{what} Look at a proxy or firewall in between, and at {page}.")
    elif seen and attempt <= max(seen):
        what = f"This is attempt {attempt}, and attempt {max(seen)} of this delivery was here before."
        why = "The count grows with each attempt; a sender that crashed may send one twice."
        yield warning("attempt-repeated", f"{what} {why}")


def _number(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > LONGEST_NUMBER:
        return None
    return int(text) or None


def signature(case: Case) -> Iterator[Finding]:
    yield from _timestamp(case)
    text = case.header("webhook-signature")
    if text is None:
        return
    absent = [name for name in HEADERS if not case.header(name)]
    if absent:
        what = f"There is a webhook-signature without {listed(absent)}."
        why = "It signs both with the body, so nobody can verify it. Send them."
        yield warning("unverifiable-signature", f"{what} {why}")
    elif not all(_SIGNATURE.fullmatch(each) for each in text[:LONGEST_HEADER].split(" ")):
        what = "The webhook-signature isn't “v1,” and Base64, or several of those with spaces between them."
        yield warning("broken-signature", f"{what} Sign as Standard Webhooks says.")
    else:
        what = "The callout is signed. The signature isn't verified here, since no signing secret is known."
        yield note("signed", what)


def _timestamp(case: Case) -> Iterator[Finding]:
    text = case.header("webhook-timestamp")
    if text is None:
        return
    if not (text.isascii() and text.isdigit()) or len(text) > LONGEST_TIMESTAMP:
        what = f"The webhook-timestamp is {quoted(text)}, and must count whole seconds since 1970 (UTC)."
        yield warning("timestamp-form", f"{what} Nobody can verify a signature by it.")
        return
    late = int(case.now.timestamp()) - int(text)
    if abs(late) > TOLERANCE:
        milliseconds = " It seems to count milliseconds." if len(text) > 11 else ""  # noqa: PLR2004 (digits of seconds)
        what = f"The webhook-timestamp is {abs(late):,} seconds {'behind' if late > 0 else 'ahead'}."
        why = f"A receiver that verifies signatures refuses more than {TOLERANCE:,}"
        todo = f"{milliseconds} Set the clock, and stamp each attempt again."
        yield warning("timestamp-off", f"{what} {why}, so that nobody can replay a callout.{todo}")
