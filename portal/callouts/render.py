"""Writes the request of a callout. It needs no database row: deliveries, previews and the command line use it."""

from datetime import datetime

from portal.callouts import signing
from portal.callouts.formats import SENDABLE
from portal.callouts.payload import Payload
from portal.callouts.secrets import Secrets
from portal.core.verdicts import ErrorKind, Refused
from portal.core.wire import Request, Target
from portal.http.urls import url_problem

USER_AGENT = "Roundtrip/0.1 (extension callout)"


def render(payload: Payload, target: Target, secrets: Secrets, now: datetime) -> Request | Refused:
    """Write the request with all its headers, or say in a sentence why it can't be written."""
    data_format = SENDABLE.get(target.data_format)
    if data_format is None:
        return _refused(f"The data format “{target.data_format}” is not known to this portal.")
    if problem := url_problem(target.url):
        return _refused(f"{problem} Correct it on the callout's General tab.")
    try:
        request = data_format.encode(payload.fields, target)
        _check_headers(request)
    except ValueError as error:
        return _refused(f"The request can't be written: {error}.")
    timestamp = str(int(now.timestamp()))
    headers = [
        ("User-Agent", USER_AGENT),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        # Standard Webhooks: the id is the same on each resend, the time stamp is this attempt's
        ("webhook-id", payload.webhook_id),
        ("webhook-timestamp", timestamp),
        ("X-Callout-Attempt", str(payload.attempt)),
        *request.headers,
    ]
    if secrets.basic:
        headers.append(("Authorization", f"Basic {secrets.basic}"))
    if secrets.signing:
        value = signing.signature(secrets.signing, payload.webhook_id, timestamp, request.body)
        headers.append((signing.HEADER, value))
    return Request(request.method, request.url, tuple(headers), request.body, request.replaced)


def _check_headers(request: Request) -> None:
    for name, value in request.headers:
        if not value.isascii() or not value.isprintable():
            raise ValueError(f"the header {name} can hold printable ASCII characters only, and not {value!a}")


def _refused(text: str) -> Refused:
    return Refused(ErrorKind.REQUEST, text)
