"""An answer's head as bytes, for the faults that write to the connection themselves."""

from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus

from mock_rmm.doors import Answer


def head(answer: Answer, now: datetime, length: int) -> bytes:
    """The head of an answer that promises a body of that length, and is the connection's last."""
    lines = [
        f"HTTP/1.1 {answer.status} {_reason(answer.status)}",
        f"Date: {format_datetime(now, usegmt=True)}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {length}",
        *(f"{name}: {value}" for name, value in answer.headers),
        "Connection: close",
    ]
    return "".join(line + "\r\n" for line in (*lines, "")).encode("latin-1")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
