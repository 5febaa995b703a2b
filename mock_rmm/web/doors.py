"""The doors' addresses. Nothing here knows what a callout is."""

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from mock_rmm.connection import WANTED
from mock_rmm.doors import DOORS, SOAP, Answer, Arrival, Door, Dropped
from mock_rmm.doors.door import LONGEST_BODY
from mock_rmm.receiving import TEXT, Caller, receive
from mock_rmm.rmm import current_rmm

blueprint = Blueprint("doors", __name__)

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
AS_WRITTEN = {
    "Soapaction": "SOAPAction",
    "Webhook-Id": "webhook-id",
    "Webhook-Timestamp": "webhook-timestamp",
}
"""WSGI loses how a header's name was written; these are known better by their usual spelling."""

MOST_DRAINED = 16 * LONGEST_BODY
"""A body too large is read on to here, so that its sender gets to hear the answer."""


def knock(path: str) -> Response:
    """Let a request in at the door whose address this is."""
    if path == SOAP.path and request.method == "GET" and "wsdl" in {name.lower() for name in request.args}:
        # The description of the door is no secret, and no callout
        return Response(SOAP.wsdl(request.base_url), content_type="text/xml; charset=utf-8")
    here = [door for door in DOORS.values() if door.path == path]
    fitting = [door for door in here if door.method == request.method]
    body = _body()
    refused = None
    if not fitting:
        refused = _wrong_method(here)
    elif len(body) > LONGEST_BODY:
        refused = Answer(413, f"The body is larger than {LONGEST_BODY:,} bytes.\n".encode(), TEXT)
    arrival = Arrival(
        method=request.method,
        path=request.path,
        query=request.query_string.decode("latin-1"),
        headers=tuple((AS_WRITTEN.get(name, name), value) for name, value in request.headers.items()),
        body=body[:LONGEST_BODY],
        content_type=request.mimetype,
        charset=request.mimetype_params.get("charset", ""),
    )
    answer = receive(current_rmm(), (fitting or here)[-1], arrival, _caller(), refused)
    return _response(answer)


def _body() -> bytes:
    """The body, and one byte more than is allowed when there is more."""
    try:
        body = request.stream.read(LONGEST_BODY + 1)
        drained = len(body)
        while drained < MOST_DRAINED and len(body) > LONGEST_BODY:
            more = len(request.stream.read(64 * 1024))
            drained += more
            if not more:
                break
    except (ClientDisconnected, RequestEntityTooLarge):
        return b""
    return body


def _wrong_method(here: list[Door]) -> Answer:
    allowed = ", ".join(door.method for door in here)
    return Answer(405, f"This door takes {allowed}.\n".encode(), TEXT, (("Allow", allowed),))


def _caller() -> Caller:
    basic = request.authorization
    known = basic is not None and basic.type == "basic"
    return Caller(
        username=basic.username if known and basic is not None else None,
        password=basic.password if known and basic is not None else None,
        url_root=request.url_root,
    )


def _response(answer: Answer | Dropped) -> Response:
    match answer:
        case Dropped():
            request.environ[WANTED] = True
            return Response(status=204)
        case Answer():
            response = Response(answer.body, status=answer.status, content_type=answer.content_type)
            response.headers.extend(answer.headers)
            return response


for _path in sorted({door.path for door in DOORS.values()}):
    blueprint.add_url_rule(
        _path,
        endpoint="knock-" + _path.rsplit("/", 1)[1],
        view_func=knock,
        defaults={"path": _path},
        methods=METHODS,
        provide_automatic_options=False,
    )
