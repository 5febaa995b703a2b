"""US Eastern time, in which callouts and the web services API tell their times.

Source: shared reference of the original product: "US Eastern with the offset in force on that date, in
.NET round-trip form with seven fraction digits".
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")


def round_trip(moment: datetime) -> str:
    """Write an aware time as .NET's round-trip form, e.g. ``2021-11-20T10:43:34.9030000-05:00``.

    The product keeps milliseconds, so the last four of the seven fraction digits are zeros.
    """
    local = moment.astimezone(EASTERN)
    offset = local.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}0000{sign}{hours:02d}:{rest:02d}"


def eastern_date(moment: datetime) -> date:
    """Give the Eastern calendar date of an aware time: ticket numbers are counted by it."""
    return moment.astimezone(EASTERN).date()


def from_eastern(text: str) -> datetime:
    """Read an ISO date-time; one without a zone is US Eastern. Raises ValueError on anything else."""
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=EASTERN)
