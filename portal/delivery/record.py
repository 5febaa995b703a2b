"""What is kept of an attempt: both sides of it, bounded, and with no secret in it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.callouts.redaction import shown_headers
from portal.core.verdicts import Answered, ErrorKind, Remark
from portal.delivery.senders import Sent
from portal.models import Attempt, AttemptRemark

MAX_KEPT = 16 * 1024
_MAX_HEADERS = 16 * 1024
_MAX_REASON = 100
_MAX_ERROR = 2000
_MAX_REMARKS, _MAX_REMARK, _MAX_CODE = 20, 1000, 40


def attempt_columns(sent: Sent) -> dict[str, Any]:
    """Give the columns of an attempt's row, and its ``remarks``. Times are kept in whole milliseconds."""
    claimed, request, found = sent.prepared.claimed, sent.prepared.request, sent.judgement.trouble
    answer = sent.outcome if isinstance(sent.outcome, Answered) else None
    body = answer.body if answer else b""
    return {
        "delivery_id": claimed.id,
        "number": claimed.attempt,
        "started_at": sent.started_at,
        "duration_ms": round(sent.seconds * 1000),
        "method": request.method,
        "url": request.url,
        "request_headers": _lines(shown_headers(request)),
        "request_body": request.body.decode("utf-8", "replace"),
        "replaced": request.replaced,
        "status": answer.status if answer else None,
        "status_reason": _storable(answer.reason, _MAX_REASON) if answer else "",
        "answer_headers": _storable(_lines(answer.headers), _MAX_HEADERS) if answer else "",
        "answer_body": body[:MAX_KEPT],
        "answer_cut": bool(answer and (answer.more or len(body) > MAX_KEPT)),
        "error_kind": found.kind.value if found else "",
        "error": _storable(found.text, _MAX_ERROR) if found else "",
        "remarks": _remark_rows(sent.judgement.remarks),
    }


def lost_columns(delivery_id: int, number: int, now: datetime) -> dict[str, Any]:
    """Give the columns of an attempt whose worker ended before it could record the answer."""
    said = (
        "The worker that sent this ended before it could record the answer. The receiver may have got it; "
        "the webhook-id tells it apart from a new one."
    )
    what = {"delivery_id": delivery_id, "number": number, "started_at": now, "duration_ms": 0}
    return what | {"error_kind": ErrorKind.LOST.value, "error": said}


def write_attempts(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write attempts; what ``remarks`` has of each are rows of their own. The caller commits."""
    if not rows:
        return
    remarks = [
        {"delivery_id": row["delivery_id"], "number": row["number"], "place": place, **remark}
        for row in rows
        for place, remark in enumerate(row.get("remarks", ()))
    ]
    session.execute(insert(Attempt), [{name: row[name] for name in row if name != "remarks"} for row in rows])
    if remarks:
        session.execute(insert(AttemptRemark), remarks)


def _remark_rows(remarks: Iterable[Remark]) -> list[dict[str, str]]:
    """Give a row a code, since lists are searched by it: what has the same code is one remark."""
    texts: dict[str, list[str]] = {}
    for each in remarks:
        texts.setdefault(each.code[:_MAX_CODE], []).append(each.text)
    rows = [{"code": code, "text": _storable(" ".join(said), _MAX_REMARK)} for code, said in texts.items()]
    return rows[:_MAX_REMARKS]


def _lines(headers: Iterable[tuple[str, str]]) -> str:
    return "\n".join([f"{name}: {value}" for name, value in headers])


def _storable(text: str, most: int) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:most]
