"""What `mock-rmm send` sends is what the portal sends for the same callout, to the byte."""

import base64
import json
import socket
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from hypothesis import given

from mock_rmm import callout as mock_callout
from mock_rmm.sending import http
from mock_rmm.sending import letter as mock_letter
from mock_rmm.sending.letter import Case, Keys
from mock_rmm.sending.pairs import PAIRS
from mock_rmm.sending.request import Target
from mock_rmm.sending.values import SETS
from portal.callouts import request as letters
from portal.callouts.claimed import Claimed
from portal.core.addresses import LOOPBACK, Allowed
from portal.core.wire import Fields
from portal.db.encryption import Credentials
from portal.http.client import Client, Limits
from portal.models import Callout
from tests.delivery.test_http import raw_server
from tests.formats.samples import HARD_VALUES, MODEST, SAMPLE, WAYS, any_fields

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
PASSWORD = "Größe: <\"&'\\"
SECRETS = tuple(f"whsec_{base64.b64encode(each * 16).decode()}" for each in (b"\xfb\xff", b"ab"))
CREDENTIALS = Credentials((Fernet.generate_key().decode(),))
# SOAP 1.2 is beyond the portal
PAIR_OF = {
    "name value by GET": "name-value-get",
    "name value by POST": "name-value-post",
    "SOAP": "soap",
    "XML-RPC with a struct": "xml-rpc",
    "XML-RPC with seven strings": "xml-rpc-positional",
}
NO_KEYS = Keys()
KEYS = {
    "nothing": NO_KEYS,
    "user name and password": Keys("rmm", PASSWORD),
    "a user name alone": Keys("rmm"),
    "a password alone": Keys(password=PASSWORD),
    "a signature": Keys(signing_secrets=SECRETS[:1]),
    "all of it": Keys("rmm", PASSWORD, SECRETS),
}
TARGETS = {
    "an action of another method": {"soap_action": "urn:other#Call"},
    "a method that is twice in the action": {"method_name": "Call", "soap_action": "urn:Call/Call"},
    "an action that is the method": {"method_name": "Call", "soap_action": "Call"},
    "a namespace of its own": {"namespace_override": "urn:größe?a=\"1\"&b='2'<>\n"},
    "a method with other letters": {"method_name": "Größe.x-1_"},
}


def of_portal(way: str, values: Fields, keys: Keys = NO_KEYS, **target: str) -> letters.Letter:
    name, usual = WAYS[way]
    tokens: list[str | None] = [CREDENTIALS.encrypt(each) for each in keys.signing_secrets]
    newest, old = [*tokens, None, None][:2]
    columns = {
        "url": usual.url,
        "transport": usual.transport,
        "data_format": name,
        "method_name": usual.method_name,
        "soap_action": usual.soap_action,
        "namespace_override": "",
        "xml_rpc_parameters": usual.xml_rpc_parameters,
        "username": keys.username,
        "password_encrypted": CREDENTIALS.encrypt(keys.password) if keys.password else None,
        "signing_secret_encrypted": newest,
        "signing_secret_old_encrypted": old,
    }
    claimed = Claimed(1, "msg_1", 1, json.dumps(values.as_dict()), 3, 3, 1, NOW)
    letter = letters.write(claimed, Callout(**columns | target), CREDENTIALS, NOW)
    assert letter.refused is None, letter.refused
    return letter


def of_mock(way: str, values: Fields, keys: Keys = NO_KEYS, **target: str) -> mock_letter.Letter:
    _, usual = WAYS[way]
    where = Target(
        url=target.get("url", usual.url),
        method=target.get("method_name", usual.method_name),
        soap_action=target.get("soap_action", usual.soap_action),
        override=target.get("namespace_override", ""),
    )
    callout = mock_callout.Callout.of(values.as_dict())
    return mock_letter.write(Case("one", PAIRS[PAIR_OF[way]], where, callout, "msg_1", 3), keys, NOW)


def seen(letter: letters.Letter | mock_letter.Letter) -> tuple[object, ...]:
    """All that goes over the wire, in its order, and what was replaced on the way."""
    request = letter.request
    return request.method, request.url, list(letter.headers.items()), request.body, request.replaced


def test_each_way_of_the_portal_has_a_pair_and_no_other_pair_says_that_it_is_sent():
    assert PAIR_OF.keys() == WAYS.keys()
    assert set(PAIR_OF.values()) == {name for name, pair in PAIRS.items() if pair.sent_by_portal}


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("way", WAYS)
def test_the_documented_callout_is_the_portal_s(way: str, keys: str):
    assert seen(of_mock(way, SAMPLE, KEYS[keys])) == seen(of_portal(way, SAMPLE, KEYS[keys]))


@pytest.mark.parametrize("way", WAYS)
def test_hard_values_are_carried_as_the_portal_carries_them(way: str):
    hard = [Fields(*[value] * 7) for value in HARD_VALUES.values()]
    built_in = [Fields(**vars(values)) for values in SETS.values()]
    for values in hard + built_in:
        assert seen(of_mock(way, values)) == seen(of_portal(way, values))


@pytest.mark.parametrize("way", WAYS)
@MODEST
@given(any_fields)
def test_any_values_are_carried_as_the_portal_carries_them(way: str, values: Fields):
    assert seen(of_mock(way, values)) == seen(of_portal(way, values))


@pytest.mark.parametrize("target", TARGETS)
def test_names_of_all_sorts_make_the_portal_s_soap(target: str):
    mine, its = (write("SOAP", SAMPLE, **TARGETS[target]) for write in (of_mock, of_portal))
    assert seen(mine) == seen(its)


def keep_request(kept: list[bytes]):
    def serve(connection: socket.socket) -> None:
        got = b""
        while (more := connection.recv(65536)) and not _whole(got := got + more):
            pass
        kept.append(got)
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    return serve


def _whole(got: bytes) -> bool:
    head, end, body = got.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
    return bool(end) and len(body) >= length


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "path", ["", "callouts", "a%20b/%zz/größe;x?key=1&key=2&empty=&ü=%C3%BC", "?id=1", "a//b/../c"]
)
def test_the_very_bytes_on_the_connection_are_the_same(way: str, path: str):
    kept: list[bytes] = []
    with raw_server(keep_request(kept)) as url:
        its, mine = (write(way, SAMPLE, KEYS["all of it"], url=url + path) for write in (of_portal, of_mock))
        client = Client(Limits(30, 30, Allowed(LOOPBACK)), connections=1)
        outcome = client.send(its.request, its.headers)
        client.close()
        answer = http.send(mine.request, mine.headers, seconds=30, context=http.tls_context(insecure=False))
    assert (outcome.status, answer.status) == (204, 204)
    assert len(kept[0]) > 500
    assert kept[0] == kept[1]


def test_soap_1_2_is_soap_1_1_but_for_its_namespace_and_its_headers():
    case = of_mock("SOAP", SAMPLE).case
    old, new = (PAIRS[name].write(case.values, case.target) for name in ("soap", "soap-1.2"))
    assert new.body == old.body.replace(
        b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
    )
    assert new.headers == (
        ("Content-Type", f'application/soap+xml; charset=utf-8; action="{case.target.soap_action}"'),
    )
