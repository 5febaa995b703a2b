"""What is observed of one alert's round trip, on the portal's pages and at the mock RMM."""

from dataclasses import dataclass

from portal.verify.pages import Delivery, Note
from portal.verify.rmm import Alert, Received


@dataclass(frozen=True, slots=True)
class Seen:
    alert: Alert
    deliveries: list[Delivery]
    notes: list[Note]
    mails: list[str]
    received: list[Received]

    @property
    def attempts(self) -> int:
        return sum(each.attempts for each in self.deliveries)

    def notes_titled(self, start: str) -> list[Note]:
        return [each for each in self.notes if each.title.startswith(start)]


def ended(deliveries: list[Delivery]) -> bool:
    return bool(deliveries) and not any(each.open for each in deliveries)
