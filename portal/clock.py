"""The one place where the wall clock is read for values that are kept."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Give the time in UTC, cut to milliseconds: what is kept is then what callouts tell."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def steady() -> float:
    """Give seconds of the clock that nobody sets; against it, a step of the other is seen."""
    return time.monotonic()
