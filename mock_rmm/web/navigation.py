"""The pages in the bar at the top, in their order."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    endpoint: str
    label: str
    within: tuple[str, ...]
    """The blueprints and endpoints that belong to it."""


PLACES = (
    Place("pages.home", "Home", ("pages.home",)),
    Place("journal.listing", "Requests", ("journal", "pages.one_request")),
    Place("alerts.listing", "Alerts", ("alerts",)),
    Place("receivers.listing", "Receivers", ("receivers",)),
    Place("rules.listing", "Rules", ("rules",)),
    Place("scenarios.listing", "Scenarios", ("scenarios",)),
    Place("reference.page", "API", ("reference",)),
)


def is_here(place: Place, endpoint: str | None) -> bool:
    blueprint = (endpoint or "").rpartition(".")[0]
    return endpoint in place.within or blueprint in place.within
