"""Receivers with a contract, and senders that keep to it or don't."""

import requests

from tests.mock_rmm.running import CALLOUT, Mock
from tests.mock_rmm.senders import ENVELOPES, call_element, envelope

METHOD = "ClearAlert"
NAMESPACE = "http://acme.example/alerts/"
ACTION = NAMESPACE + METHOD
OWN = ("acme", "acme's password")
QUOTED = f'"{ACTION}"'


def set_up(mock: Mock, **wanted: object) -> str:
    """Set a receiver up, and say where it listens."""
    answer = mock.api("PUT", "/receivers", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["url"]


def soap_receiver(mock: Mock, mode: str = "strict", **more: object) -> str:
    contract = {"method": METHOD, "namespace": NAMESPACE, "username": OWN[0], "password": OWN[1]}
    return set_up(mock, **{"name": "acme", "door": "soap", "mode": mode, **contract, **more})


def body(version: str = "1.1", values: dict[str, str] | None = None, **names: str) -> bytes:
    return envelope(
        call_element(values or CALLOUT, **{"method": METHOD, "namespace": NAMESPACE, **names}), version
    )


def send(
    mock: Mock,
    url: str,
    content: bytes,
    version: str = "1.1",
    action: str | None = QUOTED,
    **keywords: object,
) -> requests.Response:
    headers = {"Content-Type": ENVELOPES[version][1]}
    if action is not None:
        headers["SOAPAction"] = action
    keywords = {"auth": OWN, "timeout": 30, "headers": headers, **keywords}
    return mock.session.post(url, data=content, **keywords)
