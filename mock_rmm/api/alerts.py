"""The alerts in the JSON API."""

from datetime import UTC, datetime

from msgspec import Struct

from mock_rmm.api.answers import Alert, Alerts, shown
from mock_rmm.api.inputs import WantedAlert
from mock_rmm.api.operation import Reply, refusal
from mock_rmm.gateway import Trouble
from mock_rmm.rmm import current_rmm
from mock_rmm.trip import raise_alert


def post(wanted: WantedAlert) -> Reply:
    outcome = raise_alert(current_rmm(), wanted.device, wanted.message, wanted.door, now=datetime.now(UTC))
    if isinstance(outcome, Trouble):
        return refusal(502, outcome.sentence)
    answer = shown(Alert, outcome, door=outcome.endpoint)
    return Reply(answer, 201, {"Location": f"/api/alerts/{outcome.id}"})


def listing() -> Struct:
    return Alerts([shown(Alert, each, door=each.endpoint) for each in current_rmm().alerts.newest_first()])


def one(alert_id: str) -> Alert | Reply:
    alert = current_rmm().alerts.get(alert_id)
    if alert is None:
        return refusal(404, f"There is no alert {alert_id}.")
    return shown(Alert, alert, door=alert.endpoint)
