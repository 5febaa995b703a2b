"""Deliveries as a shell shows them: one row each, or one as a whole; as text and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from portal.core.verdicts import status_line
from portal.models import Attempt, Delivery
from portal.models.base import MAX_ID
from portal.models.delivery import ENDED_STATES, SENDING, STATES, WAITING
from portal.queries.deliveries import last_attempts

_HEADINGS = ("ID", "STATE", "CALLOUT", "TICKET", "ATTEMPTS", "MADE (UTC)", "LAST ANSWER")
_WIDEST = 60


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery with its last recorded attempt."""

    delivery: Delivery
    last: Attempt | None


def rows(session: Session, query: Select[Delivery]) -> list[Row]:
    """Find deliveries, each with its last attempt."""
    eager = query.options(joinedload(Delivery.ticket), joinedload(Delivery.callout))
    found = list(session.scalars(eager))
    last = last_attempts(session, found)
    return [Row(each, last.get(each.id)) for each in found]


def in_short(row: Row) -> dict[str, Any]:
    """Return a row of the list for JSON."""
    delivery, last = row.delivery, row.last
    waits = delivery.state == WAITING
    return {
        "id": delivery.id,
        "webhook_id": delivery.uid,
        "state": delivery.state,
        "callout": {"id": delivery.callout_id, "name": delivery.callout_name},
        "ticket": {"id": delivery.ticket_id, "number": delivery.ticket.number},
        "rule": delivery.rule_name,
        "attempts": delivery.attempt_count,
        "reason": delivery.reason,
        "created_at": _iso(delivery.created_at),
        "ended_at": _iso(delivery.ended_at),
        "next_at": _iso(datetime.fromtimestamp(delivery.due_at, UTC)) if waits else None,
        "last": _in_short(last) if last else None,
    }


def whole(session: Session, delivery_id: int) -> dict[str, Any] | None:
    """Return all that is kept of a delivery; passwords are not."""
    if not is_known(delivery_id):
        return None
    query = select(Delivery).filter_by(id=delivery_id).options(joinedload(Delivery.ticket))
    delivery = session.scalar(query)
    if delivery is None:
        return None
    attempts = list(
        session.scalars(select(Attempt).filter_by(delivery_id=delivery_id).order_by(Attempt.number))
    )
    shown = in_short(Row(delivery, attempts[-1] if attempts else None))
    return shown | {"values": json.loads(delivery.fields), "tries": [_whole(each) for each in attempts]}


def table(found: Sequence[Row]) -> str:
    """Write the rows of the list under each other."""
    lines = [_HEADINGS, *(_cells(each) for each in found)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def page(shown: dict[str, Any]) -> str:
    """Write a delivery as a whole, in lines."""
    pairs = {
        "State": STATES[shown["state"]] + (f": {shown['reason']}" if shown["reason"] else ""),
        "Callout": _named(shown["callout"]["name"], shown["callout"]["id"]),
        "Ticket": _named(shown["ticket"]["number"], shown["ticket"]["id"]),
        "Rule": shown["rule"],
        "webhook-id": shown["webhook_id"],
        "Made": shown["created_at"],
        "Ended": shown["ended_at"] or "-",
        "Next attempt": shown["next_at"] or "-",
    } | shown["values"]
    lines = [f"Delivery {shown['id']}", *(f"  {name + ':':<24}{value}" for name, value in pairs.items())]
    for each in shown["tries"]:
        lines += [
            "",
            f"Attempt {each['number']}, {each['started_at']}, {each['duration_ms']} ms: {each['result']}",
        ]
        lines += [f"  Remark ({remark['code']}): {remark['text']}" for remark in each["remarks"]]
        if each["method"]:
            lines += _indented(
                f"{each['method']} {each['url']}", *each["request_headers"], "", each["request_body"]
            )
        if each["status"] is not None:
            cut = ["(the rest was not kept)"] if each["answer_cut"] else []
            lines += ["", *_indented(*each["answer_headers"], "", each["answer_body"], *cut)]
    return "\n".join(printable(line) for line in lines)


def is_known(delivery_id: int) -> bool:
    """Return whether the database could know such an id at all."""
    return delivery_id <= MAX_ID


def why_not(session: Session, delivery_id: int) -> str:
    """Say why nothing could be done with a delivery."""
    delivery = session.get(Delivery, delivery_id, populate_existing=True) if is_known(delivery_id) else None
    if delivery is None:
        return f"There is no delivery {delivery_id}."
    if delivery.state == WAITING:
        return f"Delivery {delivery_id} waits to be sent already."
    if delivery.state == SENDING:
        return f"Delivery {delivery_id} is being sent at this moment. Try again when it has ended."
    if delivery.state in ENDED_STATES and delivery.callout_id is None:
        return f"Delivery {delivery_id} has nowhere to go: “{delivery.callout_name}” was deleted."
    return (
        f"Delivery {delivery_id} has ended ({STATES[delivery.state].lower()}), so there is nothing to cancel."
    )


def _cells(row: Row) -> tuple[str, ...]:
    delivery = row.delivery
    answer = _for_list(row.last) if row.last else delivery.reason
    return (
        str(delivery.id),
        delivery.state,
        _cut(delivery.callout_name),
        delivery.ticket.number,
        str(delivery.attempt_count),
        delivery.created_at.strftime("%Y-%m-%d %H:%M:%S"),
        _cut(answer),
    )


def _in_short(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "started_at": _iso(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "status": attempt.status,
        "error_kind": attempt.error_kind or None,
        "result": _result(attempt),
        "remarks": [{"code": each.code, "text": each.text} for each in attempt.remarks],
    }


def _whole(attempt: Attempt) -> dict[str, Any]:
    return _in_short(attempt) | {
        "method": attempt.method,
        "url": attempt.url,
        "request_headers": attempt.request_headers.splitlines(),
        "request_body": attempt.request_body,
        "answer_headers": attempt.answer_headers.splitlines(),
        "answer_body": attempt.answer_body.decode("utf-8", "replace"),
        "answer_cut": attempt.answer_cut,
    }


def _result(attempt: Attempt) -> str:
    return attempt.error or (status_line(attempt.status, attempt.status_reason) if attempt.status else "")


def _for_list(attempt: Attempt) -> str:
    remarked = bool(attempt.remarks) and not attempt.error
    return f"{_result(attempt)}: {attempt.remarks[0].first_sentence}" if remarked else _result(attempt)


def _named(name: str, number: int | None) -> str:
    return f"{name} ({number})" if number is not None else f"{name} (deleted)"


def _indented(*parts: str) -> list[str]:
    return [f"    {line}".rstrip() for part in parts for line in part.splitlines() or [""]]


def printable(line: str) -> str:
    """Take a receiver's control characters out: a terminal would obey them."""
    return "".join(each if each.isprintable() or each == "\t" else "\ufffd" for each in line)


def _cut(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None
