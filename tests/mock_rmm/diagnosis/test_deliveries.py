"""A request is told to be a repeat by its webhook-id, and whether attempts are missing by their count."""

from mock_rmm.endpoints.receiver import KINDS
from tests.mock_rmm.running import BASIC, CALLOUT, Mock


def send(mock: Mock, webhook_id: str, attempt: int, path: str = "", **values: str) -> dict[str, str]:
    """Send an attempt, and give what is said of it, by code."""
    headers = {"webhook-id": webhook_id, "X-Callout-Attempt": str(attempt)}
    mock.session.post(
        mock.url + (path or KINDS["name-value-post"].path),
        data=CALLOUT | values,
        headers=headers,
        auth=BASIC,
        timeout=30,
    )
    return {finding["code"]: finding["sentence"] for finding in mock.last()["findings"]}


def test_a_resend_is_told_as_one(mock: Mock):
    mock.fault(door="name-value-post", fault="status", status=503, times=1)
    assert set(send(mock, "msg_1", 1)) == {"all-seven"}
    said = send(mock, "msg_1", 2)
    assert "as request 1, answered with 503. This is a resend." in said["repeat"]
    assert set(said) == {"all-seven", "repeat"}


def test_a_repeat_of_what_was_answered_well_says_to_act_once(mock: Mock):
    send(mock, "msg_1", 1)
    assert "Act on each webhook-id once" in send(mock, "msg_1", 2)["repeat"]


def test_a_repeat_with_other_values_says_which(mock: Mock):
    send(mock, "msg_1", 1, status="New")
    said = send(mock, "msg_1", 2, status="Complete")
    assert "status was “New” and is “Complete”" in said["repeat-differs"]


def test_a_repeat_in_other_words_is_only_noted(mock: Mock):
    send(mock, "msg_1", 1)
    assert "written differently" in send(mock, "msg_1", 2, extra="1")["repeat-rewritten"]


def test_missing_attempts_are_named(mock: Mock):
    send(mock, "msg_1", 1)
    assert "attempts 2 to 4 never arrived" in send(mock, "msg_1", 5)["attempt-gap"]
    assert "attempt 6 never arrived" in send(mock, "msg_1", 7)["attempt-gap"]


def test_an_attempt_that_was_here_already_is_told(mock: Mock):
    send(mock, "msg_1", 1)
    send(mock, "msg_1", 2)
    assert "attempt 2 of this delivery was here before" in send(mock, "msg_1", 2)["attempt-repeated"]


def test_another_delivery_of_the_same_values_is_no_repeat(mock: Mock):
    send(mock, "msg_1", 1)
    assert set(send(mock, "msg_2", 1)) == {"all-seven"}


def test_a_repeat_is_known_after_many_other_requests(mock: Mock):
    send(mock, "msg_1", 1)
    entry = mock.rmm.journal.get(1)
    for _ in range(900):
        mock.rmm.journal.write(lambda new_id: type(entry)(**{**vars(entry), "id": new_id, "headers": ()}))
    assert "as request 1," in send(mock, "msg_1", 2)["repeat"]
