"""The two time stamps: .NET's round-trip form, in US Eastern with the offset in force on that date."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding
from mock_rmm.diagnosis.words import listed, quoted

EASTERN = ZoneInfo("America/New_York")
TIMES = ("created_datetime", "last_activity_datetime")
LONGEST = 40
FIRST_YEAR, LAST_YEAR = 1900, 9000
"""Those whose offsets are whole minutes, with a margin for a change of zone."""
DIGITS = 7

_DOCUMENTED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}[+-]\d\d:\d\d", re.ASCII)
_EPOCH = re.compile(r"\d{10}(\d{3})?", re.ASCII)
_FRACTION = re.compile(r":\d\d[.,](\d+)")
_OFFSET = re.compile(r"[+-]\d\d:?\d\d$")


def times(case: Case) -> Iterator[Finding]:
    read: dict[str, datetime] = {}
    for name in TIMES:
        text = case.fields.get(name, "")
        if not text:
            continue
        moment = _read(text)
        if moment is not None:
            read[name] = moment
        if not _DOCUMENTED.fullmatch(text) or moment is None:
            yield Finding(
                "time-form", "warning", f"{name} is {quoted(text)}: {_faults(text, moment)}. {_form(moment)}"
            )
        elif moment.utcoffset() != moment.astimezone(EASTERN).utcoffset():
            yield Finding(
                "time-zone",
                "warning",
                f"{name} is {quoted(text)}: its offset isn't US Eastern's on that date. {_form(moment)}",
            )
    if len(read) == len(TIMES) and read[TIMES[1]] < read[TIMES[0]]:
        yield Finding(
            "time-order",
            "warning",
            "last_activity_datetime lies before created_datetime. Are the two exchanged?",
        )


def _read(text: str) -> datetime | None:
    """What it may have meant. Without an offset it is taken for US Eastern."""
    text = text.strip()
    if len(text) > LONGEST:
        return None
    try:
        moment = (
            datetime.fromtimestamp(int(text[:10]), UTC)
            if _EPOCH.fullmatch(text)
            else datetime.fromisoformat(text)
        )
    except (ValueError, OverflowError):
        return None
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=EASTERN)


def _faults(text: str, moment: datetime | None) -> str:
    if moment is None:
        return "that is no date and time as ISO 8601 writes them"
    if _EPOCH.fullmatch(text.strip()):
        return "that counts seconds since 1970"
    faults = []
    if text != text.strip():
        faults.append("has spaces around it")
    if "T" not in text:
        faults.append("has no T between date and time")
    fraction = _FRACTION.search(text)
    digits = len(fraction[1]) if fraction else 0
    if digits != DIGITS:
        faults.append(f"has {digits or 'no'} fraction digits and not {DIGITS}")
    if text.strip().endswith(("Z", "z")):
        faults.append("ends with Z and not with an offset")
    elif not _OFFSET.search(text.strip()):
        faults.append("has no offset from UTC")
    return "it " + listed(faults) if faults else "it is written in another form"


def _form(moment: datetime | None) -> str:
    what = "Callouts tell US Eastern time, with seven fraction digits and the offset in force on that date"
    if moment is None:
        return f"{what}: “2021-11-20T10:43:34.9030000-05:00”."
    return f"{what}: here “{_round_trip(moment)}”."


def _round_trip(moment: datetime) -> str:
    text = moment.astimezone(EASTERN).isoformat(timespec="milliseconds")
    return f"{text[:23]}0000{text[23:29]}"
