"""What is kept of an attempt: both sides of it, bounded, and with no secret in it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from portal.callouts.request import Letter
from portal.core.verdicts import Answered, Outcome, Remark, Trouble

MAX_KEPT = 16 * 1024
_MAX_HEADERS = 16 * 1024
_MAX_REASON = 100
_MAX_ERROR = 2000
_MAX_REMARKS, _MAX_REMARK, _MAX_CODE = 20, 1000, 40


def attempt_columns(
    letter: Letter,
    outcome: Outcome,
    found: Trouble | None,
    on_body: tuple[Remark, ...],
    started_at: datetime,
    seconds: float,
) -> dict[str, Any]:
    """Give the columns of an attempt's row, and its ``remarks``. Times are kept in whole milliseconds.

    ``on_body`` is what the format finds odd in a body. It is kept where the answer counts: an error says itself
    what is wrong.
    """
    answer = outcome if isinstance(outcome, Answered) else None
    # what is odd about the body comes first: a list shows one
    remarks = (*(() if found else on_body), *answer.remarks) if answer else ()
    body = answer.body if answer else b""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers) if answer else ""
    return {
        "delivery_id": letter.claimed.id,
        "number": letter.claimed.attempt,
        "started_at": started_at,
        "duration_ms": round(seconds * 1000),
        "method": letter.request.method,
        "url": letter.request.url,
        "request_headers": letter.shown_headers(),
        "request_body": letter.request.body.decode("utf-8", "replace"),
        "replaced": letter.request.replaced,
        "status": answer.status if answer else None,
        "status_reason": _storable(answer.reason, _MAX_REASON) if answer else "",
        "answer_headers": _storable(headers, _MAX_HEADERS),
        "answer_body": body[:MAX_KEPT],
        "answer_cut": bool(answer and (answer.more or len(body) > MAX_KEPT)),
        "error_kind": found.kind.value if found else "",
        "error": _storable(letter.veiled(found.text), _MAX_ERROR) if found else "",
        "remarks": _remark_rows(letter, remarks),
    }


def _remark_rows(letter: Letter, remarks: Iterable[Remark]) -> list[dict[str, str]]:
    """Give a row a code, since lists are searched by it: what has the same code is one remark."""
    texts: dict[str, list[str]] = {}
    for each in remarks:
        texts.setdefault(each.code[:_MAX_CODE], []).append(each.text)
    rows = [
        {"code": code, "text": _storable(letter.veiled(" ".join(said)), _MAX_REMARK)}
        for code, said in texts.items()
    ]
    return rows[:_MAX_REMARKS]


def _storable(text: str, most: int) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:most]
