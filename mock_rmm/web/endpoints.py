"""The endpoints' addresses. Nothing here knows what a callout is."""

from flask import Blueprint, Response, request
from werkzeug.datastructures import Authorization
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from mock_rmm.connection import WANTED, reset
from mock_rmm.endpoints.endpoint import LONGEST_BODY, TEXT, Answer, Arrival, Dropped, Raw
from mock_rmm.endpoints.packed import TAKEN, Refused, unpacked
from mock_rmm.endpoints.receiver import Receiver
from mock_rmm.endpoints.registry import endpoint_of
from mock_rmm.receiving import Place, receive
from mock_rmm.rmm import current_rmm

blueprint = Blueprint("endpoints", __name__)

UNKNOWN_CODING = 415
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
SPELLED = {"Soapaction": "SOAPAction", "Webhook-Id": "webhook-id", "Webhook-Timestamp": "webhook-timestamp"}
"""WSGI loses how a header's name was written; these are known better by their usual spelling."""

MOST_DRAINED = 16 * LONGEST_BODY
"""A body too large is read on to here, so that its sender gets to hear the answer."""


def _refusal(status: int, sentence: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, f"{sentence}\n".encode(), TEXT, headers)


@blueprint.route("/callouts/<path:rest>", methods=METHODS, provide_automatic_options=False)
def receive_at(rest: str) -> Response:
    path = f"/callouts/{rest}"
    here = current_rmm().receivers.at(path)
    if not here:
        # The existing ones aren't listed here: endpoints need no token
        known = "The page Receivers of the mock RMM lists those that are."
        return _response(_refusal(404, f"No receiver has the address {path[:200]}. {known}"))
    if request.method == "GET" and _asks_for_wsdl():
        wsdls = (endpoint_of(each).wsdl(each.contract, request.base_url) for each in here)
        described = next(filter(None, wsdls), None)
        if described is not None:
            # The description of a receiver is no secret, and no callout
            return Response(described, content_type="text/xml; charset=utf-8")
    fitting = [receiver for receiver in here if receiver.kind.method == request.method]
    methods = tuple(receiver.kind.method for receiver in here)
    body = _body()
    refused: Answer | None
    if not fitting:
        allowed = ", ".join(methods)
        refused = _refusal(405, f"This endpoint takes {allowed}.", ("Allow", allowed))
    elif len(body) > LONGEST_BODY:
        refused = _refusal(413, f"The body is larger than {LONGEST_BODY:,} bytes.")
    else:
        body, refused = _unpacked(body)
    place = _place((fitting or here)[-1], methods)
    return _response(receive(current_rmm(), place, _arrival(body), refused))


def _asks_for_wsdl() -> bool:
    # Callouts by GET have a query too: it is read by their endpoint alone
    return b"wsdl" in request.query_string.lower() and "wsdl" in {name.lower() for name in request.args}


def _arrival(body: bytes) -> Arrival:
    return Arrival(
        method=request.method,
        path=request.path,
        query=request.query_string.decode("latin-1"),
        headers=tuple((SPELLED.get(name, name), value) for name, value in request.headers.items()),
        body=body[:LONGEST_BODY],
        content_type=request.mimetype,
        charset=request.mimetype_params.get("charset", ""),
    )


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


def _unpacked(body: bytes) -> tuple[bytes, Answer | None]:
    """The body without its Content-Encoding; or as it came, and why it is refused."""
    coding = request.headers.get("Content-Encoding", "")
    try:
        return unpacked(body, coding, LONGEST_BODY) if body else body, None
    except Refused as refused:
        headers = [("Accept-Encoding", ", ".join(TAKEN))] if refused.status == UNKNOWN_CODING else []
        return body, _refusal(refused.status, str(refused), *headers)


def _place(receiver: Receiver, methods: tuple[str, ...]) -> Place:
    given = request.authorization
    basic = given if given is not None and given.type == "basic" else Authorization("basic")
    # Quicker than `request.url_root`, which also makes it readable
    url_root = f"{request.scheme}://{request.host}/"
    return Place(receiver, methods, basic.username, basic.password, url_root)


def _response(answer: Answer | Raw | Dropped) -> Response:
    match answer:
        case Dropped():
            request.environ[WANTED] = reset
            return Response(status=204)
        case Raw():
            held = current_rmm().held
            request.environ[WANTED] = lambda connection: held.hold(connection, answer.pieces, answer.ended)
            return Response(status=204)
        case Answer():
            response = Response(answer.body, status=answer.status, content_type=answer.content_type)
            response.headers.extend(answer.headers)
            return response
