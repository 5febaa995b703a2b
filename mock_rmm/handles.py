"""What a test uses of a mock RMM: its alerts and its faults."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Flask

from mock_rmm.alerts import Alert, new_alert
from mock_rmm.api.inputs import WantedAlert
from mock_rmm.api.reading import Problems, read
from mock_rmm.gateway import Trouble
from mock_rmm.rmm import EXTENSION, Rmm
from mock_rmm.trip import raise_alert


class AlertHandle:
    def __init__(self, rmm: Rmm) -> None:
        self._rmm = rmm

    def raise_(
        self, device: str = "SRV1", message: str = "Disk is full", door: str = "name-value-post"
    ) -> Alert:
        """Raise an alert, as a ticket of the portal if the settings name one of its API users.

        Otherwise only the mock knows it, and a callout with its id in `udf` clears it.
        """
        wanted = read(WantedAlert, {"device": device, "message": message, "door": door})
        if not isinstance(wanted, WantedAlert):
            raise ValueError(_sentence(wanted))  # noqa: TRY004 (the values are wrong, their types aren't)
        now = datetime.now(UTC)
        if not self._rmm.settings.portal_api_username:
            alert = new_alert(wanted.device, wanted.message, wanted.door, now)
            self._rmm.alerts.add(alert)
            return alert
        outcome = raise_alert(self._rmm, wanted.device, wanted.message, wanted.door, now=now)
        if isinstance(outcome, Trouble):
            raise RuntimeError(outcome.sentence)  # noqa: TRY004 (no type is wrong)
        return outcome

    def get(self, alert_id: str) -> Alert:
        """The alert as it is now."""
        alert = self._rmm.alerts.get(alert_id)
        if alert is None:
            raise LookupError(f"There is no alert {alert_id}.")
        return alert

    def all(self) -> list[Alert]:
        return self._rmm.alerts.newest_first()


class FaultHandle:
    """Switches faults on and off as the JSON API does."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def put(self, fault: str, **options: Any) -> None:
        """Switch one on, such as "status" with `status=503, seconds=30, times=2, door="soap"`."""
        self._ask("PUT", {"fault": fault, **options})

    def clear(self) -> None:
        self._ask("DELETE", None)

    def all(self) -> list[dict[str, Any]]:
        faults: list[dict[str, Any]] = self._ask("GET", None)["faults"]
        return faults

    def _ask(self, method: str, rule: dict[str, Any] | None) -> dict[str, Any]:
        token = self._app.extensions[EXTENSION].settings.admin_token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with self._app.test_client() as client:
            answer = client.open("/api/faults", method=method, json=rule, headers=headers)
        given: dict[str, Any] = answer.get_json(silent=True) or {}
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise ValueError(
                _sentence(given["fields"]) if "fields" in given else given.get("error", answer.status)
            )
        return given


def _sentence(problems: Problems) -> str:
    return " ".join(f"{name}: {problem}" for name, problem in problems.items())
