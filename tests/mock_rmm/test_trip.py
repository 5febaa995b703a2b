"""An alert becomes a ticket, a callout clears it, and a note goes on the ticket."""

import dataclasses
import socket

import pytest

from mock_rmm.endpoints.receiver import KINDS
from mock_rmm.settings import DEFAULT_UDF_NAMES, Settings
from tests.mock_rmm.running import CALLOUT, Mock, running_mock
from tests.mock_rmm.senders import SENDERS
from tests.mock_rmm.service_desk import ServiceDesk
from tests.servers import wait_until

WANTED = {"device": "SRV-01", "message": "Disk C: is <95 %> full & growing", "door": "soap"}


def raise_alert(mock: Mock, **changes: str) -> dict:
    answer = mock.api("POST", "/alerts", json={**WANTED, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


def complete(mock: Mock, alert: dict, door: str = "name-value-post", **values: str) -> None:
    callout = {
        **CALLOUT,
        "id": str(alert["ticket_id"]),
        "number": alert["ticket_number"],
        "status": "Complete",
        "udf": alert["id"],
        **values,
    }
    assert SENDERS[door](mock, callout).status_code == 200


def alert_of(mock: Mock, alert: dict) -> dict:
    return mock.api("GET", f"/alerts/{alert['id']}").json()


@pytest.mark.parametrize("door", KINDS)
def test_an_alert_becomes_a_ticket_with_its_id_in_the_doors_udf(
    connected_mock: Mock, desk: ServiceDesk, door: str
):
    alert = raise_alert(connected_mock, door=door)
    (ticket,) = desk.tickets
    assert (alert["ticket_id"], alert["ticket_number"]) == (ticket.id, ticket.TicketNumber)
    assert (alert["state"], alert["device"], alert["message"], alert["door"]) == (
        "open",
        *list(WANTED.values())[:2],
        door,
    )
    (udf,) = ticket.UserDefinedFields
    assert (udf.Name, udf.Value) == (DEFAULT_UDF_NAMES[door], alert["id"])
    values = [
        ticket.AccountID,
        ticket.Status,
        ticket.Priority,
        ticket.QueueID,
        ticket.Source,
        ticket.TicketType,
    ]
    assert values == ["1", "1", "1", "8", "8", "5"]
    assert ticket.Title == "SRV-01: Disk C: is <95 %> full & growing"
    assert alert["id"] in ticket.Description
    assert desk.integration_codes == ["MOCK-RMM"]


@pytest.mark.parametrize("door", KINDS)
def test_a_callout_that_says_complete_clears_the_alert_and_a_note_is_added(
    connected_mock: Mock, desk: ServiceDesk, door: str
):
    alert = raise_alert(connected_mock, door=door)
    complete(connected_mock, alert, door)
    wait_until(lambda: alert_of(connected_mock, alert)["note_id"])
    after = alert_of(connected_mock, alert)
    assert (after["state"], after["note_problem"]) == ("cleared", None)
    assert after["cleared_at"] >= after["raised_at"]
    (note,) = desk.notes
    assert after["note_id"] == note.id
    assert (note.TicketID, note.Title, note.NoteType, note.Publish) == (
        str(alert["ticket_id"]),
        "Alert cleared",
        "99",
        "1",
    )


@pytest.mark.parametrize(
    "values",
    [
        {"id": "", "number": ""},
        {"udf": "", "number": ""},
        {"udf": "", "id": ""},
        {"udf": "something else"},
        {"status": " complete "},
    ],
)
def test_the_alert_is_found_by_its_id_or_the_tickets_id_or_number(
    connected_mock: Mock, values: dict[str, str]
):
    alert = raise_alert(connected_mock)
    raise_alert(connected_mock)
    complete(connected_mock, alert, **values)
    states = {row["id"]: row["state"] for row in connected_mock.api("GET", "/alerts").json()["alerts"]}
    assert sorted(states.values()) == ["cleared", "open"]
    assert states[alert["id"]] == "cleared"


@pytest.mark.parametrize("status", ["New", "In Progress", "Completed", ""])
def test_another_status_leaves_the_alert_open(connected_mock: Mock, status: str):
    alert = raise_alert(connected_mock)
    complete(connected_mock, alert, status=status)
    assert alert_of(connected_mock, alert)["state"] == "open"


def test_an_unknown_ticket_is_received_all_the_same(mock: Mock):
    assert mock.form().text == "Received. No alert here knows this ticket.\n"


def test_a_second_callout_adds_no_second_note(connected_mock: Mock, desk: ServiceDesk):
    alert = raise_alert(connected_mock)
    complete(connected_mock, alert)
    wait_until(lambda: alert_of(connected_mock, alert)["note_id"])
    first = alert_of(connected_mock, alert)
    complete(connected_mock, alert, "soap")
    other = raise_alert(connected_mock)
    complete(connected_mock, other)
    # notes are written one after the other: with the second alert's there, nothing is waiting
    wait_until(lambda: alert_of(connected_mock, other)["note_id"])
    assert len(desk.notes) == 2
    assert alert_of(connected_mock, alert) == first


def test_the_answer_to_the_callout_does_not_wait_for_the_note(connected_mock: Mock, desk: ServiceDesk):
    alert = raise_alert(connected_mock)
    desk.arrived.clear()
    desk.go_on.clear()
    complete(connected_mock, alert)
    assert desk.arrived.wait(20)
    assert alert_of(connected_mock, alert)["state"] == "cleared"
    assert alert_of(connected_mock, alert)["note_id"] is None
    desk.go_on.set()
    wait_until(lambda: alert_of(connected_mock, alert)["note_id"])


def test_a_note_is_tried_again_until_the_portal_takes_it(connected_mock: Mock, desk: ServiceDesk):
    alert = raise_alert(connected_mock)
    desk.broken = 5
    complete(connected_mock, alert)
    wait_until(lambda: alert_of(connected_mock, alert)["note_id"])
    assert len(desk.notes) == 1


def test_a_note_whose_answer_was_lost_is_not_added_twice(connected_mock: Mock, desk: ServiceDesk):
    alert = raise_alert(connected_mock)
    desk.lost_answers = 1
    complete(connected_mock, alert)
    wait_until(lambda: alert_of(connected_mock, alert)["note_id"])
    assert alert_of(connected_mock, alert)["note_id"] == desk.notes[0].id
    assert len(desk.notes) == 1


def test_a_note_that_never_succeeds_is_given_up_and_told(desk: ServiceDesk, desk_settings: Settings):
    with running_mock(dataclasses.replace(desk_settings, note_attempts=3)) as mock:
        alert = raise_alert(mock)
        desk.refusal = "The ticket is locked."
        before = desk.calls
        complete(mock, alert)
        wait_until(lambda: desk.calls >= before + 3)
        wait_until(lambda: "The ticket is locked." in (alert_of(mock, alert)["note_problem"] or ""))
        desk.refusal = ""
        other = raise_alert(mock)
        complete(mock, other)
        wait_until(lambda: alert_of(mock, other)["note_id"])
        assert alert_of(mock, alert)["note_id"] is None


@pytest.mark.parametrize("ticket_id", ["8177", ""])
def test_a_callout_may_come_before_the_apis_answer(connected_mock: Mock, desk: ServiceDesk, ticket_id: str):
    from concurrent.futures import ThreadPoolExecutor

    raise_alert(connected_mock)
    desk.arrived.clear()
    desk.go_on.clear()
    with ThreadPoolExecutor() as pool:
        raising = pool.submit(raise_alert, connected_mock)
        assert desk.arrived.wait(20)
        newest = connected_mock.api("GET", "/alerts").json()["alerts"][0]
        complete(connected_mock, {"id": newest["id"], "ticket_id": ticket_id, "ticket_number": ""})
        if not ticket_id:
            wait_until(lambda: alert_of(connected_mock, newest)["note_problem"])
        desk.go_on.set()
        assert raising.result()["state"] == "cleared"
    wait_until(lambda: alert_of(connected_mock, newest)["note_id"])


def trouble(settings: Settings) -> str:
    with running_mock(settings) as mock:
        answer = mock.api("POST", "/alerts", json=WANTED)
        assert answer.status_code == 502
        assert mock.api("GET", "/alerts").json() == {"alerts": []}
        assert set(answer.json()) == {"error"}
        return answer.json()["error"]


def test_without_credentials_the_error_says_which_to_set():
    assert "Set PORTAL_API_USERNAME and PORTAL_API_PASSWORD" in trouble(Settings())


def test_wrong_credentials_are_told(desk_settings: Settings):
    assert "Check PORTAL_API_USERNAME" in trouble(
        dataclasses.replace(desk_settings, portal_api_password="wrong")
    )


def test_a_portal_that_is_down_is_told(desk_settings: Settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/x.wsdl"
        assert "Is the portal running" in trouble(dataclasses.replace(desk_settings, portal_api_url=url))


def test_an_address_without_a_wsdl_is_told(desk_settings: Settings, mock: Mock):
    for path in ("/healthz", "/", "/nothing", "/callouts/soap?wsdl"):
        sentence = trouble(dataclasses.replace(desk_settings, portal_api_url=mock.url + path))
        assert "PORTAL_API_URL" in sentence


def test_a_slow_portal_is_told(desk: ServiceDesk, desk_settings: Settings):
    desk.go_on.clear()
    assert "didn't answer within 0.3 seconds" in trouble(
        dataclasses.replace(desk_settings, portal_api_timeout=0.3)
    )


def test_the_portals_own_refusal_is_told(desk: ServiceDesk, desk_settings: Settings):
    desk.refusal = "Company 1 is inactive."
    assert trouble(desk_settings) == "The portal refused: Company 1 is inactive."


def test_a_portal_that_comes_back_is_used_again(connected_mock: Mock, desk: ServiceDesk):
    desk.broken = 1
    assert connected_mock.api("POST", "/alerts", json=WANTED).status_code == 502
    raise_alert(connected_mock)
