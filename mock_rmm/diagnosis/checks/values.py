"""What the other values should look like, and whether they came empty."""

import re
from collections.abc import Iterator

from mock_rmm.callout import FIELDS
from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, listed, note, problem, quoted, warning
from mock_rmm.endpoints.receiver import POSITIONAL

LONGEST_ID = 19
_NUMBER = re.compile(r"T\d{8}\.\d{4,}", re.ASCII)
FILL_UDF = (
    "Choose a Ticket User-Defined Field on the General tab of the callout's editor, and give the ticket a value in "
    "it; without one udf is always empty."
)
STATUSES = (
    "New", "Complete", "Waiting Customer", "In Progress", "Waiting Materials", "Dispatched", "Escalate",
    "Waiting Vendor", "Waiting Approval",
)  # fmt: skip


def values(case: Case) -> Iterator[Finding]:
    yield from _markup(case)
    yield from _empty(case)
    yield from _order(case)
    yield from _spaces(case)
    yield from _shapes(case)


def _markup(case: Case) -> Iterator[Finding]:
    if not case.came_as_wanted:
        return
    for number, value in enumerate(case.seen.values):
        name = FIELDS[number] if case.seen.style == POSITIONAL else value.name
        if value.markup and name in FIELDS:
            what = f"{quoted(name)} has {quoted(value.markup)} in it, beside or within its text."
            why = "Receivers read the part before it, the part behind it, both or nothing."
            todo = "A value is text: write < as &lt; where it belongs to the value."
            yield problem("markup-in-value", f"{what} {why} {todo}")


def _empty(case: Case) -> Iterator[Finding]:
    empty = [name for name in FIELDS if name in case.fields and not case.fields[name].strip()]
    if not empty or (len(empty) == len(FIELDS) and any(case.came.values())):
        return  # all were lost to a wrong namespace, which another check reports
    required = [name for name in empty if case.contract is not None and name in case.contract.required]
    if required:
        fill = FILL_UDF if required == ["udf"] else "Look whether the ticket has a value there."
        what = f"{listed(required)} came empty, and this receiver needs a value."
        yield problem("empty-values", f"{what} {fill}")
    rest = [name for name in empty if name not in required]
    if "udf" in rest:
        rest.remove("udf")
        yield note("empty-udf", f"udf came empty. {FILL_UDF}")
    if rest:
        has = f"Every ticket has {'it' if len(rest) == 1 else 'them'}; a callout sends what the ticket has."
        yield warning("empty-values", f"{listed(rest)} came empty. {has}")


def _order(case: Case) -> Iterator[Finding]:
    if case.format != "SOAP" or not case.came_as_wanted:
        return
    came = [name for value in case.seen.values if (name := value.name) in FIELDS]
    if came != sorted(came, key=FIELDS.index):
        what = f"The values came in the order {listed(came)}. A service whose contract is a sequence refuses that."
        yield Finding("value-order", case.severity, f"{what} The documented order is {listed(FIELDS)}.")


def _spaces(case: Case) -> Iterator[Finding]:
    texts = {name: case.fields.get(name, "") for name in FIELDS if name != "udf"}
    padded = [name for name, text in texts.items() if text != text.strip()]
    if padded:
        what = f"There are spaces or line breaks around {listed(padded)}."
        todo = "A receiver that compares exactly finds nothing. Send the bare value."
        yield warning("spaces-around", f"{what} {todo}")


def _shapes(case: Case) -> Iterator[Finding]:
    ticket_id, number, status = (case.fields.get(name, "").strip() for name in FIELDS[:3])
    exchanged = " Are the strings in the documented order?" if case.seen.style == POSITIONAL else ""
    if ticket_id and not (ticket_id.isascii() and ticket_id.isdigit() and len(ticket_id) <= LONGEST_ID):
        hint = " That is a ticket number, which belongs into number." if _NUMBER.fullmatch(ticket_id) else ""
        what = f"id is {quoted(ticket_id)}, and a ticket's id is a whole number."
        yield warning("id-form", what + hint + exchanged)
    if number and not _NUMBER.fullmatch(number):
        what = f"number is {quoted(number)}, and a ticket's number looks like T20211120.0001."
        yield warning("number-form", what + exchanged)
    if status.isascii() and status.isdigit():
        what = f"status is {quoted(status)}: send the label, such as Complete, and not its id."
        yield warning("status-form", what)
    elif status not in STATUSES:
        right = next((label for label in STATUSES if _plain(label) == _plain(status)), "")
        if right:
            what = f"status is {quoted(status)}; the label is {quoted(right)}"
            yield warning("status-form", f"{what}, with its capitals and its space.")


def _plain(label: str) -> str:
    return label[:LONGEST_ID].casefold().replace(" ", "").replace("_", "").replace("-", "")
