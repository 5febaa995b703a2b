"""A client of the mock RMM's JSON API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.verify.pages import Unexpected
from portal.verify.site import Site

# the API creates a ticket in the portal before it answers
_TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Alert:
    id: str
    ticket_id: int
    ticket_number: str
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True)
class Received:
    """A callout in the receiver's journal."""

    webhook_id: str
    attempt: int
    authorised: bool


class Rmm(Site):
    def raise_alert(self, endpoint: str, message: str) -> Alert:
        return _alert(self._ask("POST", "/alerts", {"device": "SRV1", "message": message, "door": endpoint}))

    def alert(self, alert_id: str) -> Alert:
        return _alert(self._ask("GET", f"/alerts/{alert_id}"))

    def received(self, endpoint: str, ticket_id: int) -> list[Received]:
        """Return the requests about a ticket at an endpoint, in the order of arrival."""
        found = self._ask("GET", f"/requests?door={endpoint}")["requests"]
        return [
            Received(each["webhook_id"] or "", int(each["attempt"] or 0), each["authorised"])
            for each in found
            if each["fields"]["id"] == str(ticket_id)
        ]

    def add_fault(self, endpoint: str, fault: str, **options: float) -> None:
        self._ask("PUT", "/faults", {"door": endpoint, "fault": fault, **options})

    def change_credentials(self) -> None:
        """Change the password that the receiver expects, but not the portal's."""
        self._ask("PUT", "/credentials", {"username": "rmm", "password": "changed, and nobody was told"})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._session.request(method, f"{self._url}/api{path}", json=body, timeout=_TIMEOUT)
        if not answer.ok:
            raise Unexpected(
                f"the mock RMM answered HTTP {answer.status_code} to {method} {path}: {answer.text[:300]}"
            )
        return answer.json() if answer.content else None


def _alert(found: dict[str, Any]) -> Alert:
    cleared = found["cleared_at"]
    return Alert(
        found["id"],
        found["ticket_id"],
        found["ticket_number"],
        datetime.fromisoformat(cleared) if cleared else None,
    )
