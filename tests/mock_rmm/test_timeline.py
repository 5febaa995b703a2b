"""An alert's trip as it is told: in order, with the times between, and with what failed on the way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mock_rmm.alerts import Alert
from mock_rmm.trip import attempts_of, callouts_of, expected, long_words, moments_of
from tests.mock_rmm.running import CALLOUT, Mock
from tests.mock_rmm.senders import SENDERS
from tests.servers import wait_until

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ALERT = Alert("ALERT-1", "SRV-01", "Disk full", "soap", NOON, ticket_id=8176, ticket_number="T20261124.0001")


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_whole_trip_is_told_in_order_with_the_times_between(connected_mock: Mock):
    mock = connected_mock
    alert = mock.api(
        "POST", "/alerts", json={"device": "SRV-01", "message": "Disk full", "door": "soap"}
    ).json()
    complete = {**CALLOUT, "status": "Complete", "udf": alert["id"]}
    mock.form({**complete, "status": "In Progress"}, headers={"X-Callout-Attempt": "1"})
    mock.form({**CALLOUT, "id": "1", "number": "T1", "udf": "another"})
    mock.form(complete, auth=None)
    mock.fault(door="*", fault="status", status=503, times=1)
    SENDERS["xml-rpc"](mock, complete)
    SENDERS["soap"](mock, complete)
    wait_until(lambda: mock.rmm.alerts.get(alert["id"]).note_id)
    cleared = mock.rmm.alerts.get(alert["id"])
    moments = moments_of(cleared, callouts_of(mock.rmm, cleared))
    assert [moment.kind for moment in moments] == [
        "raised", "ticket", "callout", "callout", "callout", "callout", "cleared", "note",
    ]  # fmt: skip
    assert [moment.sentence for moment in moments[2:6]] == [
        "Callout, attempt 1, says In Progress: answered 200",
        "Callout says Complete: refused with 401, wrong user name or password",
        "Callout says Complete: answered 503",
        "Callout says Complete: answered 200",
    ]
    assert moments[0].since is None
    assert sum((moment.since for moment in moments[1:]), timedelta()) == moments[-1].at - moments[0].at
    assert expected(cleared) == ""


def test_a_callout_is_the_alerts_by_its_udf_its_tickets_id_or_its_tickets_number(mock: Mock):
    mock.rmm.alerts.add(ALERT)
    nobody = {**CALLOUT, "id": "1", "number": "T1", "udf": ""}
    for theirs in ({"udf": ALERT.id}, {"id": "8176"}, {"number": ALERT.ticket_number}):
        mock.form({**nobody, **theirs})
    for others in ({"udf": "ALERT-11"}, {"id": "81760"}, {"domain": ALERT.id}, {"number": "t20261124.0001"}):
        mock.form({**nobody, **others})
    assert [entry.id for entry in callouts_of(mock.rmm, ALERT)] == [1, 2, 3]


def test_the_attempts_of_a_delivery_are_found_by_its_id(mock: Mock):
    for webhook_id in ("msg_1", "msg_2", "", "msg_1"):
        mock.form(headers={"webhook-id": webhook_id})
    first, _, without, _ = mock.rmm.journal.after(0, limit=9)
    assert [entry.id for entry in attempts_of(mock.rmm, first)] == [1, 4]
    assert attempts_of(mock.rmm, without) == []


def test_what_the_trip_still_lacks_is_said():
    assert "Complete the ticket" in expected(ALERT)
    cleared = replace(ALERT, cleared_at=after(5))
    assert "on its way" in expected(cleared)
    assert (
        expected(replace(cleared, note_problem="The portal doesn't answer.")) == "The portal doesn't answer."
    )
    assert expected(replace(cleared, note_id=7)) == ""


def test_an_alert_whose_ticket_is_not_known_yet_has_only_been_raised():
    alone = Alert("ALERT-2", "SRV-01", "Disk full", "soap", NOON)
    assert [moment.kind for moment in moments_of(alone, [])] == ["raised"]


def test_a_moment_that_came_before_is_told_before():
    told = moments_of(replace(ALERT, ticket_at=after(3), cleared_at=after(2)), [])
    assert [(moment.kind, moment.since) for moment in told] == [
        ("raised", None),
        ("cleared", timedelta(seconds=2)),
        ("ticket", timedelta(seconds=1)),
    ]


def test_a_length_of_time_is_said_as_one_would(subtests: pytest.Subtests):
    for seconds, words in [
        (-1, "under 1 ms"),
        (0.0009, "under 1 ms"),
        (0.0421, "42 ms"),
        (3.14, "3.1 s"),
        (59.96, "59.9 s"),
        (125, "2 min 5 s"),
        (3599.9, "59 min 59 s"),
        (4320, "1 h 12 min"),
        (90_000, "25 h 0 min"),
    ]:
        with subtests.test(seconds=seconds, words=words):
            assert long_words(timedelta(seconds=seconds)) == words
