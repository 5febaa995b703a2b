"""US Eastern time, which callouts and the web services API use.

Source: shared reference of the original product: "US Eastern with the offset in force on that date, in
.NET round-trip form with seven fraction digits".
"""

import re
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
XML_SPACE = " \t\r\n"
_MOMENT = re.compile(
    r"(?P<day>-?(?:[1-9][0-9]{3,}|0[0-9]{3})-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?)?"
    r"(?P<zone>Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
)
_NO_MOMENT = "is no date and time; write it like 2026-01-31T22:04:05."
_OUT_OF_RANGE = f"lies outside the years {MINYEAR + 1:04d} to {MAXYEAR - 1}, which can be kept."


def in_eastern(moment: datetime) -> datetime:
    """Convert an aware time to US Eastern; to UTC where Eastern's offset had seconds, which no standard can write.

    That was local mean time, before 18 November 1883.
    """
    there = moment.astimezone(EASTERN)
    offset = there.utcoffset() or timedelta()
    return moment.astimezone(UTC) if offset % timedelta(minutes=1) else there


def round_trip(moment: datetime) -> str:
    """Write an aware time as .NET's round-trip form, e.g. ``2021-11-20T10:43:34.9030000-05:00``.

    The product keeps milliseconds, so the last four of the seven fraction digits are zeros.
    """
    # 23 characters to the millisecond, then the offset
    text = in_eastern(moment).isoformat(timespec="milliseconds")
    return f"{text[:23]}0000{text[23:]}"


def eastern_date(moment: datetime) -> date:
    """Return the Eastern calendar date of an aware time: ticket numbers are counted by it."""
    return moment.astimezone(EASTERN).date()


def from_eastern(text: str) -> datetime:
    """Read a time as clients of the web services write it; one without a zone is US Eastern. As ``read_moment``."""
    return read_moment(text, EASTERN)


def read_moment(text: str, zone: tzinfo | None, *, minutes: bool = False) -> datetime:
    """Parse a time by XSD's grammar; return it in UTC. The text of its ValueError continues the sentence "<text> ...".

    Accepted are XSD's dateTime, also with a space instead of the T, and its date, which means midnight. ``zone``
    applies to a text without one (None: such a text is refused). An hour that occurs twice in autumn means the first
    one; a time that is skipped in spring means the moment as long after the change. ``minutes`` accepts a time without
    seconds, as browsers and people write it. Fractions are cut to microseconds. The first and the last year that
    Python knows are refused: not every zone can represent their times.

    Source: XML Schema Part 2, 3.2.7 and 3.2.9, with the year 0000 and 24:00:00 as in 1.1.
    """
    found = _matched(text)
    zone = (_zone(found["zone"]) or zone) if found else None
    if found is None or zone is None or (found["hour"] and not found["second"] and not minutes):
        raise ValueError(_NO_MOMENT)
    day = _day(found["day"])
    if not MINYEAR < day.year < MAXYEAR:
        raise ValueError(_OUT_OF_RANGE)
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    fraction = found["fraction"] or ""
    # XSD's notation for the end of a day
    midnight = hour == 24 and not (minute or second or fraction.strip("0"))  # noqa: PLR2004
    try:
        clock = time(0 if midnight else hour, minute, second, int(f"{fraction:0<6.6}"))
    except ValueError as error:
        raise ValueError(_NO_MOMENT) from error
    moment = datetime.combine(day, clock) + timedelta(days=midnight)
    # 24:00 of the last valid day
    if moment.year == MAXYEAR:
        raise ValueError(_OUT_OF_RANGE)
    return moment.replace(tzinfo=zone).astimezone(UTC)


def read_day(text: str) -> date:
    """Return the day that a client means: a date's own, whatever its zone; a time's Eastern date.

    Raises ValueError, as ``read_moment`` does.
    """
    found = _matched(text)
    return _day(found["day"]) if found and not found["hour"] else eastern_date(from_eastern(text))


def is_day(text: str) -> bool:
    """Return whether a text is a date in the stored form, so that rules can compare dates as texts."""
    try:
        return read_day(text).isoformat() == text
    except ValueError:
        return False


def _matched(text: str) -> re.Match[str] | None:
    return _MOMENT.fullmatch(text.strip(XML_SPACE))


def _day(text: str) -> date:
    year, month, day = text.rsplit("-", 2)
    if len(year) != len("2026"):
        raise ValueError(_OUT_OF_RANGE)
    if len(year) != len("2026") or int(year) < MINYEAR:
        raise ValueError(_OUT_OF_RANGE)
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise ValueError(_NO_MOMENT) from error


def _zone(text: str | None) -> tzinfo | None:
    if not text or text == "Z":
        return UTC if text else None
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:]))
    return timezone(-offset if text.startswith("-") else offset)
