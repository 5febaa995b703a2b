"""What is kept of an attempt: both sides of it, bounded, and with no secret in it."""

from datetime import datetime

from portal.core.verdicts import Answered, Outcome, Trouble
from portal.delivery.letters import Letter

MAX_KEPT = 16 * 1024
_MAX_HEADERS = 16 * 1024
_MAX_REASON = 100
_MAX_ERROR = 2000


def attempt_columns(
    letter: Letter, outcome: Outcome, found: Trouble | None, started_at: datetime, seconds: float
) -> dict[str, object]:
    """Give the columns of an attempt's row. Times are kept in whole milliseconds."""
    answer = outcome if isinstance(outcome, Answered) else None
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
    }


def _storable(text: str, most: int) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:most]
