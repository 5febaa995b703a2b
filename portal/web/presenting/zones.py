"""The time zones one can choose."""

from functools import cache
from zoneinfo import available_timezones

_AREAS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@cache
def zone_names() -> list[str]:
    """Return the zones that are named for places, and UTC; not the aliases of old."""
    return ["UTC", *sorted(name for name in available_timezones() if name.startswith(_AREAS))]
