"""The two time stamps: .NET's round-trip form, in US Eastern with the offset in force on that date."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, listed, quoted, warning

EASTERN = ZoneInfo("America/New_York")
TIMES = ("created_datetime", "last_activity_datetime")
FIRST_YEAR, LAST_YEAR = 1900, 9000
"""Those whose offsets are whole minutes, with a margin for a change of zone."""
DIGITS = 7

_DOCUMENTED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}[+-]\d\d:\d\d", re.ASCII)
_EPOCH = re.compile(r"\d{10}(\d{3})?", re.ASCII)
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?"
    r"(?P<zone>Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))?",
    re.ASCII,
)
"""XSD's dateTime, with a space for its T too, and its date."""


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
            yield warning("time-form", f"{name} is {quoted(text)}: {_faults(text, moment)}. {_form(moment)}")
        elif moment.utcoffset() != moment.astimezone(EASTERN).utcoffset():
            what = f"{name} is {quoted(text)}: its offset isn't US Eastern's on that date."
            yield warning("time-zone", f"{what} {_form(moment)}")
    if len(read) == len(TIMES) and read[TIMES[1]] < read[TIMES[0]]:
        what = "last_activity_datetime lies before created_datetime. Are the two exchanged?"
        yield warning("time-order", what)


def _read(text: str) -> datetime | None:
    """What it means by XSD's grammar; without an offset in US Eastern, and without a time at its midnight."""
    text = text.strip()
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    found = _MOMENT.fullmatch(text)
    if found is None or not FIRST_YEAR < int(text[:4]) < LAST_YEAR:
        return None
    clock = ":".join(found[name] or "00" for name in ("hour", "minute", "second"))
    fraction = found["fraction"] or ""
    # XSD's way to write the end of a day
    midnight = clock == "24:00:00" and not fraction.strip("0")
    if clock.startswith("24") and not midnight:
        return None
    clock = f"{'00:00:00' if midnight else clock}.{fraction:0<6.6}"
    try:
        moment = datetime.fromisoformat(f"{found['day']}T{clock}{found['zone'] or ''}")
    except ValueError:
        return None
    return (moment if found["zone"] else moment.replace(tzinfo=EASTERN)) + timedelta(days=midnight)


def _faults(text: str, moment: datetime | None) -> str:
    if moment is None:
        return "that is no date and time as XML Schema writes them"
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return "that counts seconds since 1970"
    faults = []
    if text != text.strip():
        faults.append("has spaces around it")
    if not found["hour"]:
        faults.append("has no time")
    elif "T" not in text:
        faults.append("has no T between date and time")
    digits = len(found["fraction"] or "")
    if found["hour"] and digits != DIGITS:
        faults.append(f"has {digits or 'no'} fraction digits and not {DIGITS}")
    if found["zone"] == "Z":
        faults.append("ends with Z and not with an offset")
    elif not found["zone"]:
        faults.append("has no offset from UTC")
    return "it " + listed(faults) if faults else "it is written in another form"


def _form(moment: datetime | None) -> str:
    example = "“2021-11-20T10:43:34.9030000-05:00”"
    if moment is not None:
        text = moment.astimezone(EASTERN).isoformat(timespec="milliseconds")
        example = f"here “{text[:23]}0000{text[23:29]}”"
    what = "Callouts tell US Eastern time, with seven fraction digits and the offset in force on that date"
    return f"{what}: {example}."
