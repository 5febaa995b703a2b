"""Monitoring: /readyz says whether the portal can do its work, /metrics how much it did."""

import hmac
import ipaddress
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Engine

from portal.db import counters
from portal.db.engine import csrf, db
from portal.db.services import services
from portal.db.sessions import reading
from portal.queries import readiness
from portal.queries.callouts import Backlog, backlogs
from portal.queries.readiness import Look, Seen
from portal.web import metrics

blueprint = Blueprint("monitoring", __name__)
csrf.exempt(blueprint)

_SECONDS = 3.0
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")
_REALM = 'Bearer realm="Metrics"'
_NUMBERS = {"workers": "alive", "deliveries": "oldest_due_seconds"}
_seen: Look[Seen] = Look()
_counted: Look[list[Backlog]] = Look()


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Answer 200 when everything is well, else 503; each check says what it found."""
    checks = readiness.checks(db.engine, services().doorbell.redis, _seen)
    well = all(each.ok for each in checks)
    found: dict[str, Any] = {}
    for each in checks:
        number = {} if each.number is None else {_NUMBERS[each.name]: each.number}
        found[each.name] = {"ok": each.ok, "text": each.text} | number
    return jsonify(ready=well, checks=found), 200 if well else 503


@blueprint.get("/metrics")
def show_metrics() -> Response:
    if refused := _refusal():
        return refused
    engine, doorbell = db.engine, services().doorbell
    counters.flush(doorbell)
    body, content_type = metrics.write(
        counters.read(doorbell),
        _counted.at(lambda: _backlogs(engine), _SECONDS),
        readiness.checks(engine, doorbell.redis, _seen),
        request.headers.get("Accept", ""),
    )
    return Response(body, content_type=content_type)


def _backlogs(engine: Engine) -> list[Backlog]:
    with reading(engine) as session:
        return backlogs(session)


def _refusal() -> Response | None:
    """Return the refusal of a request without the token; where none is set, of one from another machine or a proxy."""
    token = services().settings.metrics_token
    if not token:
        if _is_of_this_machine():
            return None
        text = "Metrics are for this machine only. Set PORTAL_METRICS_TOKEN to read them from another.\n"
        return Response(text, 403, mimetype="text/plain")
    kind, _, token_sent = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and hmac.compare_digest(token_sent.strip().encode(), token.encode()):
        return None
    text = "Send the token of PORTAL_METRICS_TOKEN as Authorization: Bearer.\n"
    return Response(text, 401, {"WWW-Authenticate": _REALM}, mimetype="text/plain")


def _is_of_this_machine() -> bool:
    # the peer itself, whatever proxies say of whom they stand for
    original: dict[str, str] = request.environ.get("werkzeug.proxy_fix.orig", request.environ)
    try:
        near = ipaddress.ip_address(original.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        near = False
    return near and not any(name in request.headers for name in _FORWARDED)
