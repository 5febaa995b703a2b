"""Faults are applied to requests as ordered, endpoint by endpoint and so many times."""

import itertools
import socket
import struct
import xmlrpc.client
from urllib.parse import urlsplit

import pytest
import requests
from lxml import etree

from mock_rmm.endpoints.receiver import KINDS
from mock_rmm.rules.faults import FAULTS
from tests.mock_rmm.running import CALLOUT, Mock
from tests.mock_rmm.senders import DROPPED, SENDERS, call_element, envelope, post_soap

BELOW_HTTP = {"reset", "silence", "empty", "truncated", "garbage"}
WITH_FAULT = [name for name, door in KINDS.items() if door.has_fault]


def test_a_status_is_answered_so_many_times(mock: Mock, subtests: pytest.Subtests):
    for door, status in zip(itertools.cycle(KINDS), [204, 301, 401, 404, 429, 500, 503, 599], strict=False):
        with subtests.test(door=door, status=status):
            mock.fault(door=door, fault="status", status=status, times=2)
            answers = [SENDERS[door](mock, CALLOUT) for _ in range(3)]
            if status == 301:
                answers = [[*answer.history, answer][0] for answer in answers]
            assert [answer.status_code for answer in answers] == [status, status, 200]
            assert mock.api("GET", "/faults").json() == {"faults": []}


def test_a_redirect_says_where_to(mock: Mock):
    mock.fault(door="*", fault="status", status=302)
    answer = mock.form(allow_redirects=False)
    assert answer.headers["Location"] == mock.url + "/moved"


def test_a_status_has_the_ordered_body(mock: Mock):
    mock.fault(door="*", fault="status", status=503, body="down for <tea>")
    answer = mock.form()
    assert (answer.text, answer.headers["Content-Type"]) == ("down for <tea>", "text/plain; charset=utf-8")


def test_a_status_may_ask_to_come_back_later(mock: Mock, subtests: pytest.Subtests):
    for seconds, header in [(None, None), (3, "3"), (2.1, "3")]:
        with subtests.test(seconds=seconds, header=header):
            mock.reset()
            mock.fault(door="*", fault="status", status=429, **({"seconds": seconds} if seconds else {}))
            assert mock.form().headers.get("Retry-After") == header


@pytest.mark.parametrize(("status", "state"), [(204, "cleared"), (503, "open")])
def test_only_a_2xx_lets_the_callout_take_effect(connected_mock: Mock, status: int, state: str):
    mock = connected_mock
    alert = mock.api("POST", "/alerts", json={"device": "a", "message": "b", "door": "soap"}).json()
    mock.fault(door="*", fault="status", status=status)
    mock.form({**CALLOUT, "status": "Complete", "udf": alert["id"]})
    assert mock.api("GET", f"/alerts/{alert['id']}").json()["state"] == state


def test_a_2xx_does_not_make_a_callout_of_what_is_none(mock: Mock):
    mock.fault(door="*", fault="status", status=204)
    assert mock.form({"a": "1"}).status_code == 400


def test_a_delay_comes_before_the_ordinary_answer(
    mock: Mock, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
):
    for door in KINDS:
        with subtests.test(door=door):
            mock.reset()
            waits: list[float] = []
            monkeypatch.setattr(mock.rmm.stopping, "wait", waits.append)
            mock.fault(door=door, fault="delay", seconds=300)
            assert SENDERS[door](mock, CALLOUT).status_code == 200
            assert waits == [300]


def test_a_reset_drops_the_connection(mock: Mock, subtests: pytest.Subtests):
    for door in KINDS:
        with subtests.test(door=door):
            mock.reset()
            mock.fault(door=door, fault="reset", times=1)
            with pytest.raises(DROPPED):
                SENDERS[door](mock, CALLOUT)
            row = mock.last()
            assert (row["fault"], row["answer_status"], row["fields"]) == ("reset", None, CALLOUT)
            assert row["answered_at"]
            assert SENDERS[door](mock, CALLOUT).status_code == 200


def test_a_reset_is_a_true_rst(mock: Mock):
    mock.fault(door="*", fault="reset")
    where = urlsplit(mock.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(
            b"GET /callouts/name-value?id=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic cm1tOnJtbS1zZWNyZXQ=\r\n\r\n"
        )
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_the_rst_is_what_linger_of_zero_gives():
    from mock_rmm.connection import AT_ONCE

    assert struct.unpack("ii", AT_ONCE) == (1, 0)


def test_a_fault_of_the_format_stands_in_the_body(mock: Mock, subtests: pytest.Subtests):
    for status in [None, 500]:
        with subtests.test(status=status):
            mock.reset()
            mock.fault(door="*", fault="fault", body="later \x00", **({"status": status} if status else {}))
            for version in ("1.1", "1.2"):
                answer = post_soap(mock, envelope(call_element(CALLOUT), version), version)
                assert answer.status_code == (status or 200)
                fault = etree.fromstring(answer.content)[0][0]
                assert etree.QName(fault).localname == "Fault"
                assert "later" in "".join(fault.itertext())
            answer = SENDERS["xml-rpc"](mock, CALLOUT)
            assert answer.status_code == (status or 200)
            with pytest.raises(xmlrpc.client.Fault, match="later"):
                xmlrpc.client.loads(answer.content)


def test_a_fault_for_any_door_passes_by_one_whose_format_has_none(mock: Mock):
    mock.fault(door="*", fault="fault", times=1)
    assert mock.form().status_code == 200
    assert mock.last()["fault"] is None
    assert len(mock.api("GET", "/faults").json()["faults"]) == 1


def test_a_format_without_faults_refuses_one(mock: Mock, subtests: pytest.Subtests):
    for door in sorted(set(KINDS) - set(WITH_FAULT)):
        with subtests.test(door=door):
            mock.reset()
            answer = mock.api("PUT", "/faults", json={"door": door, "fault": "fault"})
            assert answer.status_code == 400
            assert "no fault of its own" in answer.json()["fields"]["fault"]


def test_a_doors_own_fault_goes_before_one_for_any(mock: Mock):
    mock.fault(door="*", fault="status", status=500)
    mock.fault(door="soap", fault="status", status=418, times=1)
    assert [SENDERS["soap"](mock, CALLOUT).status_code for _ in range(2)] == [418, 500]


def test_a_new_fault_takes_the_place_of_the_doors_earlier_one(mock: Mock):
    mock.fault(door="soap", fault="status", status=500)
    mock.fault(door="soap", fault="delay", seconds=1.5)
    assert mock.api("GET", "/faults").json()["faults"] == [
        {"door": "soap", "fault": "delay", "status": None, "seconds": 1.5, "times": None, "body": None}
    ]


def test_faults_can_be_removed_one_by_one_or_all(mock: Mock):
    for door in KINDS:
        mock.fault(door=door, fault="reset")
    mock.api("DELETE", "/faults", params={"door": "soap"})
    assert "soap" not in {row["door"] for row in mock.api("GET", "/faults").json()["faults"]}
    assert mock.api("DELETE", "/faults").status_code == 204
    assert mock.form().status_code == 200


def test_refused_credentials_use_up_no_fault(mock: Mock):
    mock.fault(door="*", fault="status", status=503, times=1)
    assert mock.form(auth=None).status_code == 401
    assert mock.form().status_code == 503


def test_a_fault_is_applied_to_a_broken_document_too(mock: Mock, subtests: pytest.Subtests):
    for fault in FAULTS:
        with subtests.test(fault=fault):
            mock.reset()
            mock.fault(
                door="soap",
                fault=fault,
                **({"seconds": 0} if "seconds" in FAULTS[fault].takes else {}),
                times=1,
            )
            try:
                post_soap(mock, b"broken")
            except (*DROPPED, requests.exceptions.ChunkedEncodingError):
                assert fault in BELOW_HTTP
            assert mock.last()["fault"] == fault


def test_a_wrong_rule_is_refused_field_by_field(mock: Mock, subtests: pytest.Subtests):
    for rule, field in [
        ({}, "fault"),
        ({"fault": "nope"}, "fault"),
        ({"fault": ["status"]}, "fault"),
        ({"fault": "status", "door": "back"}, "door"),
        ({"fault": "status", "door": ["soap"]}, "door"),
        ({"fault": "status", "status": 700}, "status"),
        ({"fault": "status", "status": "500"}, "status"),
        ({"fault": "status", "status": True}, "status"),
        ({"fault": "reset", "seconds": 3}, "seconds"),
        ({"fault": "delay"}, "seconds"),
        ({"fault": "delay", "seconds": -1}, "seconds"),
        ({"fault": "delay", "seconds": 1e9}, "seconds"),
        ({"fault": "reset", "times": 0}, "times"),
        ({"fault": "reset", "times": 1.5}, "times"),
        ({"fault": "reset", "body": "x"}, "body"),
        ({"fault": "reset", "colour": "red"}, "colour"),
    ]:
        with subtests.test(rule=rule, field=field):
            mock.reset()
            answer = mock.api("PUT", "/faults", json=rule)
            assert answer.status_code == 400
            assert set(answer.json()) == {"error", "fields"}
            assert field in answer.json()["fields"]
            assert mock.api("GET", "/faults").json() == {"faults": []}
