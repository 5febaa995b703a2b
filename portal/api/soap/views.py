"""Where the web services API is reached: the service, its WSDL, and a word for those who come by browser."""

from typing import Final, NoReturn

import structlog
from flask import Blueprint, Response, abort, g, request, url_for
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from structlog.contextvars import bind_contextvars
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)

from portal.api.content_encoding import TAKEN, Broken, TooMuch, UnknownCoding, decode
from portal.api.credentials import ANSWERED, AuthenticationFailure, sign_in
from portal.api.paths import METHODS
from portal.api.soap.call import Call
from portal.api.soap.endpoint import Answer, Endpoint, Reading, our_fault
from portal.api.xml_guard import Hostile, harmless
from portal.clock import now
from portal.core.actors import Actor, Context
from portal.db.engine import csrf, db, storage_trouble
from portal.db.services import services
from portal.desk.passwords import Busy
from portal.desk.signing_in import TooManyAttempts, count_lookup

PATH: Final = "/ATServices/1.6/atws"
# clients write the path as they like
LOWER_PATH: Final = PATH.lower()
_XML = "text/xml; charset=utf-8"
_SENTENCES = {
    404: f"There is nothing at this address. The web services are at {PATH}.asmx, and their WSDL at {PATH}.wsdl.",
    405: f"The web services are called by POST at {PATH}.asmx.",
    413: "The request is too large: at most 4 MB are taken. Send it in several requests.",
}
_TOO_OFTEN = "There were too many failed tries to sign in. Wait {} s, then try again with the right password."
_BUSY = "Many are signing in right now, so the password was not checked. Send the call again in a moment."

blueprint = Blueprint("atws", __name__)
csrf.exempt(blueprint)
endpoint = Endpoint()
log = structlog.get_logger("api")


@blueprint.route(f"{LOWER_PATH}.asmx", methods=["GET", "POST"])
@blueprint.route(f"{PATH}.asmx", methods=["GET", "POST"])
def service() -> Response:
    """Answer a call by POST; for the rest, give the WSDL to those who add ?wsdl, and say what this is."""
    if request.method == "POST":
        return _answer()
    if any(name.lower() == "wsdl" for name in request.args):
        return wsdl()
    return Response(
        "This is the web services API, version 1.6, of a Roundtrip service desk: SOAP 1.1 by POST, with HTTP "
        f"Basic as an API User.\nIts WSDL: {url_for('atws.wsdl', _external=True)}\n",
        mimetype="text/plain",
    )


@blueprint.get(f"{LOWER_PATH}.wsdl")
@blueprint.get(f"{PATH}.wsdl")
def wsdl() -> Response:
    return Response(endpoint.wsdl(_address()), content_type=_XML)


@blueprint.route("/<anycase('ATServices'):root>/", methods=METHODS, strict_slashes=False)
@blueprint.route("/<anycase('ATServices'):root>/<path:path>", methods=METHODS)
def unknown(**parts: str) -> NoReturn:
    """Refuse what no other route of the web services answers."""
    known = f"/ATServices/{parts.get('path', '')}".lower() in {f"{LOWER_PATH}.asmx", f"{LOWER_PATH}.wsdl"}
    abort(405 if known and request.method != "GET" else 404)


@blueprint.errorhandler(HTTPException)
def refuse(error: HTTPException) -> Response:
    """Answer with a fault where a call can't be at all, and else tell in a line of text what pages tell in HTML."""
    sentence = _SENTENCES.get(error.code or 500, error.description or "")
    if error.code in {NotFound.code, MethodNotAllowed.code}:
        response = _xml(Answer(error.code, endpoint.fault("Client", sentence).body))
        response.headers.extend({"Allow": "GET, HEAD, POST"} if error.code == MethodNotAllowed.code else {})
        return response
    response = Response(f"{sentence}\n", error.code, mimetype="text/plain")
    if error.code == UnsupportedMediaType.code:
        # RFC 9110, 15.5.16
        response.headers["Accept-Encoding"] = ", ".join(TAKEN)
    return response


@blueprint.errorhandler(TooManyAttempts)
@blueprint.errorhandler(Busy)
def hold_up(held: TooManyAttempts | Busy) -> Response:
    """Tell that a password was not checked, and when the next one will be."""
    too_many = isinstance(held, TooManyAttempts)
    log.info("api_held_up", address=request.remote_addr, too_many=too_many, seconds=held.seconds)
    text = _TOO_OFTEN.format(held.seconds) if too_many else _BUSY
    headers = {"Retry-After": str(held.seconds)}
    return Response(f"{text}\n", 429 if too_many else 503, headers, mimetype="text/plain")


@blueprint.errorhandler(DBAPIError)
@blueprint.errorhandler(NoConnectionFree)
def answer_storage_trouble(error: SQLAlchemyError) -> Response:
    """Answer with a fault also where the database failed before the call was carried out."""
    trouble = storage_trouble(error)
    if trouble is None:
        log.error("api_failed", exc_info=error)
    else:
        log.warning("api_database_trouble", trouble=trouble.name)
    return _xml(endpoint.fault("Server", our_fault(trouble)))


def _answer() -> Response:
    """Answer a call. Who calls is asked before anything is said about it, unless it is open to everybody."""
    reading = _read()
    if isinstance(reading, Reading) and reading.operation is not None:
        bind_contextvars(operation=reading.operation.name)
    caller: Actor | None = None
    if isinstance(reading, Hostile) or reading.operation is None or not reading.operation.is_open:
        who = _authenticate()
        if isinstance(who, AuthenticationFailure):
            return _refuse(who)
        caller = who
        bind_contextvars(by=who.resource_id)
    if isinstance(reading, Hostile):
        return _xml(endpoint.fault("Client", str(reading)))
    if caller is None:
        return _answer_anybody(reading)
    return _xml(endpoint.answer(reading, _call(caller)))


def _answer_anybody(reading: Reading) -> Response:
    counted = count_lookup(services(), request.remote_addr or "")
    answer = endpoint.answer(reading, _call(None))
    if g.get(ANSWERED):
        services().rate_limiter.refund(counted)
    return _xml(answer)


def _read() -> Reading | Hostile:
    coding = request.headers.get("Content-Encoding", "")
    try:
        body = decode(request.get_data(), coding, request.max_content_length or 0)
        return endpoint.read(harmless(body, request.mimetype_params.get("charset", "")))
    except UnknownCoding:
        raise UnsupportedMediaType(
            f"The Content-Encoding {coding[:40]!a} is not understood here. Send the body as it is, or packed as "
            "gzip or deflate."
        ) from None
    except TooMuch:
        raise RequestEntityTooLarge from None
    except Broken as broken:
        return Hostile(str(broken))
    except Hostile as hostile:
        return hostile


def _authenticate() -> Actor | AuthenticationFailure:
    return sign_in(services(), db.engine, request.headers.get("Authorization", ""), request.remote_addr or "")


def _refuse(failure: AuthenticationFailure) -> Response:
    if failure.tried:
        log.info("api_sign_in_failed", address=request.remote_addr)
    headers = {"WWW-Authenticate": 'Basic realm="Web services API", charset="UTF-8"'}
    return Response(f"{failure.reason}\n", 401, headers, mimetype="text/plain")


def _call(caller: Actor | None) -> Call:
    context = None if caller is None else Context(caller, now(), services().settings.login_domain)
    return Call(context, _address(), url_for("home.index", _external=True))


def _address() -> str:
    return url_for("atws.service", _external=True)


def _xml(answer: Answer) -> Response:
    return Response(answer.body, answer.status, content_type=_XML)
