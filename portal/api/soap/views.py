"""Where the web services API is reached: the service, its WSDL, and a word for those who come by browser."""

from typing import Final

import structlog
from flask import Blueprint, Response, g, request, url_for
from flask_limiter.util import get_remote_address
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from structlog.contextvars import bind_contextvars
from werkzeug.exceptions import HTTPException, TooManyRequests

from portal.api.credentials import TRY_FAILED, Stranger, claimed_user_name, sign_in
from portal.api.soap.call import Call
from portal.api.soap.endpoint import Answer, Endpoint, Reading, our_fault
from portal.api.xml_guard import Hostile, harmless
from portal.clock import now
from portal.core.actors import Actor
from portal.delivery.sessions import reading as reading_session
from portal.extensions import csrf, db, limiter, storage_trouble
from portal.models.people import fold_user_name
from portal.services import services

PATH: Final = "/ATServices/1.6/atws"
# clients write the path as they like
LOWER_PATH: Final = PATH.lower()
PAIR_LIMIT = "10 per minute; 50 per hour"
ADDRESS_LIMIT = "60 per minute; 300 per hour"
_XML = "text/xml; charset=utf-8"
_SENTENCES = {
    405: "The web services are called by POST.",
    413: "The request is too large: at most 4 MB are taken. Send it in several requests.",
    429: "There were too many failed tries to sign in. Wait a minute, then try again with the right password.",
}

blueprint = Blueprint("atws", __name__)
csrf.exempt(blueprint)
endpoint = Endpoint()
log = structlog.get_logger("api")


def _address_and_user_name() -> str:
    user_name = claimed_user_name(request.headers.get("Authorization", ""))
    return f"{get_remote_address()}|{fold_user_name(user_name)[:100]}"


def _failed(_response: Response) -> bool:
    return bool(g.get(TRY_FAILED))


@blueprint.route(f"{LOWER_PATH}.asmx", methods=["GET", "POST"])
@blueprint.route(f"{PATH}.asmx", methods=["GET", "POST"])
@limiter.limit(ADDRESS_LIMIT, methods=["POST"], deduct_when=_failed)
@limiter.limit(PAIR_LIMIT, key_func=_address_and_user_name, methods=["POST"], deduct_when=_failed)
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


@blueprint.errorhandler(HTTPException)
def refuse(error: HTTPException) -> Response:
    """Tell programs in a line of text what pages tell in HTML."""
    response = Response(
        f"{_SENTENCES.get(error.code or 500, error.description)}\n", error.code, mimetype="text/plain"
    )
    if error.code == TooManyRequests.code:
        response.headers["Retry-After"] = "60"
    return response


@blueprint.errorhandler(DBAPIError)
@blueprint.errorhandler(NoConnectionFree)
def tell_of_storage(error: SQLAlchemyError) -> Response:
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
        who = _who()
        if isinstance(who, Stranger):
            return _refuse(who)
        caller = who
        bind_contextvars(by=who.resource_id)
    if isinstance(reading, Hostile):
        return _xml(endpoint.fault("Client", str(reading)))
    return _xml(endpoint.answer(reading, _call(caller)))


def _read() -> Reading | Hostile:
    try:
        return endpoint.read(harmless(request.get_data(), request.mimetype_params.get("charset", "")))
    except Hostile as hostile:
        return hostile


def _who() -> Actor | Stranger:
    # a transaction that only reads: checking a password is slow on purpose, and holds nobody up
    with reading_session(db.engine) as session:
        return sign_in(session, request.headers.get("Authorization", ""))


def _refuse(stranger: Stranger) -> Response:
    if stranger.tried:
        setattr(g, TRY_FAILED, True)
        log.info("api_sign_in_failed", address=request.remote_addr)
    headers = {"WWW-Authenticate": 'Basic realm="Web services API", charset="UTF-8"'}
    return Response(f"{stranger.reason}\n", 401, headers, mimetype="text/plain")


def _call(caller: Actor | None) -> Call:
    pages = url_for("home.index", _external=True)
    return Call(caller, _address(), pages, now(), services().settings.login_domain)


def _address() -> str:
    return url_for("atws.service", _external=True)


def _xml(answer: Answer) -> Response:
    return Response(answer.body, answer.status, content_type=_XML)
