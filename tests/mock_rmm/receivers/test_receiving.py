"""No request waits for another one's journal, and each is judged by one user name and password."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from mock_rmm.rmm import Rmm
from tests.mock_rmm.running import Mock


@pytest.mark.parametrize("step", ["attempts", "write"])
def test_requests_are_answered_while_another_waits_for_the_journal(
    mock: Mock, monkeypatch: pytest.MonkeyPatch, step: str
):
    waits, go_on = threading.Event(), threading.Event()
    usual = getattr(mock.rmm.journal, step)

    def slow_at_first(*given: Any) -> Any:
        if not waits.is_set():
            waits.set()
            assert go_on.wait(30)
        return usual(*given)

    monkeypatch.setattr(mock.rmm.journal, step, slow_at_first)
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(mock.form, headers={"webhook-id": "msg_1"})
        try:
            assert waits.wait(30)
            assert mock.form(headers={"webhook-id": "msg_2"}, timeout=20).status_code == 200
        finally:
            go_on.set()
        assert slow.result(30).status_code == 200


def test_the_answer_and_the_findings_go_by_the_same_password(mock: Mock, monkeypatch: pytest.MonkeyPatch):
    """A scenario may change it at any moment."""
    usual = Rmm.credentials_of
    asked = []

    def another_from_then_on(rmm: Rmm, receiver: Any) -> Any:
        asked.append(receiver)
        credentials = usual(rmm, receiver)
        return credentials if len(asked) == 1 else replace(credentials, password="another")

    monkeypatch.setattr(Rmm, "credentials_of", another_from_then_on)
    assert mock.form().status_code == 200
    assert "wrong-password" not in {finding["code"] for finding in mock.last()["findings"]}
