"""The receivers, and the user name and password that endpoints want, in the JSON API."""

from flask import request
from msgspec import Struct

from mock_rmm.api.answers import Receiver, Receivers, Username, shown
from mock_rmm.api.inputs import Credentials
from mock_rmm.api.operation import Reply, refusal, wrong
from mock_rmm.api.receiver_input import WantedReceiver
from mock_rmm.credentials import Credentials as Pair
from mock_rmm.endpoints.receiver import Receiver as Known
from mock_rmm.endpoints.receivers import BUILT_IN, editor_values
from mock_rmm.rmm import current_rmm


def listing() -> Struct:
    return Receivers([receiver_answer(receiver) for receiver in current_rmm().receivers.all()])


def put(wanted: WantedReceiver) -> Receiver | Reply:
    receiver = wanted.receiver()
    other = current_rmm().receivers.put(receiver)
    return receiver_answer(receiver) if other is None else wrong({"path": taken_words(other)})


def one(name: str) -> Receiver | Reply:
    receiver = current_rmm().receivers.get(name)
    return _missing(name) if receiver is None else receiver_answer(receiver)


def delete(name: str) -> Reply | None:
    if name in BUILT_IN:
        return refusal(409, f"The receiver {name} is built in, and stays.")
    return None if current_rmm().receivers.remove(name) else _missing(name)


def put_credentials(wanted: Credentials) -> Struct:
    current_rmm().credentials.change(Pair(wanted.username, wanted.password))
    return Username(wanted.username)


def receiver_answer(receiver: Known) -> Receiver:
    """All but the password."""
    contract, url, username = receiver.contract, url_of(receiver), username_of(receiver)
    takes = receiver.kind.contract
    return shown(
        Receiver,
        contract,
        name=receiver.name,
        door=receiver.endpoint,
        path=receiver.path,
        mode=receiver.mode,
        built_in=receiver.name in BUILT_IN,
        versions=list(contract.versions) if "versions" in takes else None,
        style=contract.style if "style" in takes else None,
        required=list(contract.required),
        username=username,
        url=url,
        wsdl=wsdl_of(receiver),
        editor=dict(editor_values(receiver, url, username)),
    )


def url_of(receiver: Known) -> str:
    return request.url_root.rstrip("/") + receiver.path


def wsdl_of(receiver: Known) -> str | None:
    return url_of(receiver) + "?wsdl" if receiver.endpoint == "soap" else None


def username_of(receiver: Known) -> str:
    return current_rmm().credentials_of(receiver).username


def taken_words(other: Known) -> str:
    return f"The receiver {other.name} has this address already: take another."


def _missing(name: str) -> Reply:
    return refusal(404, f"There is no receiver {name}.")
