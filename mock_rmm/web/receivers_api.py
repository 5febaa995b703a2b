"""The receivers in the JSON API."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from mock_rmm.editor import editor_values
from mock_rmm.receiver_input import read_receiver
from mock_rmm.receivers import BUILT_IN, Receiver
from mock_rmm.rmm import current_rmm
from mock_rmm.web.json_input import Reply, given_object, limit, not_an_object, wrong

blueprint = Blueprint("receivers_api", __name__, url_prefix="/api/receivers")

limit(blueprint)


@blueprint.get("")
def list_receivers() -> Reply:
    return jsonify(receivers=[receiver_json(receiver) for receiver in current_rmm().receivers.all()])


@blueprint.put("")
def put_receiver() -> Reply:
    """Set one up, in the place of the one with its name."""
    given = given_object()
    if given is None:
        return not_an_object()
    receiver = read_receiver(given)
    if isinstance(receiver, dict):
        return wrong(receiver)
    other = current_rmm().receivers.put(receiver)
    if other is not None:
        return wrong({"path": taken_words(other)})
    return jsonify(receiver_json(receiver))


@blueprint.delete("")
def reset_receivers() -> Reply:
    """Go back to the receivers of the start."""
    current_rmm().receivers.reset()
    return Response(status=204)


@blueprint.get("/<name>")
def get_receiver(name: str) -> Reply:
    receiver = current_rmm().receivers.get(name)
    if receiver is None:
        return _none(name)
    return jsonify(receiver_json(receiver))


@blueprint.delete("/<name>")
def delete_receiver(name: str) -> Reply:
    if name in BUILT_IN:
        return jsonify(error=f"The receiver {name} is built in, and stays."), 409
    if not current_rmm().receivers.remove(name):
        return _none(name)
    return Response(status=204)


def receiver_json(receiver: Receiver) -> dict[str, Any]:
    """All but the password."""
    contract = receiver.contract
    url = url_of(receiver)
    return {
        "name": receiver.name,
        "door": receiver.door,
        "path": receiver.path,
        "mode": receiver.mode,
        "built_in": receiver.name in BUILT_IN,
        "method": contract.method or None,
        "soap_action": contract.soap_action or None,
        "namespace": contract.namespace or None,
        "versions": list(contract.versions) if receiver.door == "soap" else None,
        "style": contract.style if receiver.door == "xml-rpc" else None,
        "required": list(contract.required),
        "username": username_of(receiver),
        "url": url,
        "wsdl": wsdl_of(receiver),
        "editor": dict(editor_values(receiver, url, username_of(receiver))),
    }


def url_of(receiver: Receiver) -> str:
    return request.url_root.rstrip("/") + receiver.path


def wsdl_of(receiver: Receiver) -> str | None:
    return url_of(receiver) + "?wsdl" if receiver.door == "soap" else None


def username_of(receiver: Receiver) -> str:
    return current_rmm().credentials_of(receiver).username


def taken_words(other: Receiver) -> str:
    return f"The receiver {other.name} has this address already: take another."


def _none(name: str) -> Reply:
    return jsonify(error=f"There is no receiver {name}."), 404
