"""US Eastern time, in which callouts and the web services API tell their times.

Source: shared reference of the original product: "US Eastern with the offset in force on that date, in
.NET round-trip form with seven fraction digits".
"""

from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")


def round_trip(moment: datetime) -> str:
    """Write an aware time as .NET's round-trip form, e.g. ``2021-11-20T10:43:34.9030000-05:00``.

    The product keeps milliseconds, so the last four of the seven fraction digits are zeros.
    """
    # 23 characters to the millisecond, then the offset; its seconds, before 1883, have no place here
    text = moment.astimezone(EASTERN).isoformat(timespec="milliseconds")
    return f"{text[:23]}0000{text[23:29]}"


def eastern_date(moment: datetime) -> date:
    """Give the Eastern calendar date of an aware time: ticket numbers are counted by it."""
    return moment.astimezone(EASTERN).date()


def from_eastern(text: str) -> datetime:
    """Read an ISO date-time; one without a zone is US Eastern. Raises ValueError on anything else.

    Of the hour that comes twice in autumn, the first is meant. The first and the last year that Python
    knows are refused: not every zone can tell their times.
    """
    moment = datetime.fromisoformat(text.strip())
    if not MINYEAR < moment.year < MAXYEAR:
        raise ValueError(f"the year {moment.year} can't be told in every zone")
    return (moment if moment.tzinfo else moment.replace(tzinfo=EASTERN)).astimezone(UTC)
