"""What signs a callout: a receiver that verifies needs id, time stamp and signature, and a clock that "
"agrees.
"""

import re
from collections.abc import Iterator

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, note, warning
from mock_rmm.diagnosis.words import listed, quoted

TOLERANCE = 5 * 60
LONGEST_NUMBER = 12
LONGEST_HEADER = 2000
HEADERS = ("webhook-id", "webhook-timestamp")
_SIGNATURE = re.compile(r"v1a?,[A-Za-z0-9+/]{20,200}={0,2}")


def signature(case: Case) -> Iterator[Finding]:
    yield from _timestamp(case)
    text = case.header("webhook-signature")
    if text is None:
        return
    absent = [name for name in HEADERS if not case.header(name)]
    if absent:
        yield warning(
            "unverifiable-signature",
            f"There is a webhook-signature without {listed(absent)}. It signs both with the body, so nobody "
            "can verify it. Send them.",
        )
    elif not all(_SIGNATURE.fullmatch(each) for each in text[:LONGEST_HEADER].split(" ")):
        yield warning(
            "broken-signature",
            "The webhook-signature isn't “v1,” and Base64, or several of those with spaces between them. "
            "Sign as Standard Webhooks says.",
        )
    else:
        yield note(
            "signed",
            "The callout is signed. The signature isn't verified here, since no signing secret is known.",
        )


def _timestamp(case: Case) -> Iterator[Finding]:
    text = case.header("webhook-timestamp")
    if text is None:
        return
    if not (text.isascii() and text.isdigit()) or len(text) > LONGEST_NUMBER:
        yield warning(
            "timestamp-form",
            f"The webhook-timestamp is {quoted(text)}, and must count whole seconds since 1970 (UTC). "
            "Nobody can verify a signature by it.",
        )
        return
    late = int(case.now.timestamp()) - int(text)
    if abs(late) > TOLERANCE:
        milliseconds = " It seems to count milliseconds." if len(text) > 11 else ""  # noqa: PLR2004 (digits of seconds)
        yield warning(
            "timestamp-off",
            f"The webhook-timestamp is {abs(late):,} seconds {'behind' if late > 0 else 'ahead'}. A receiver that "
            f"verifies signatures refuses more than {TOLERANCE:,}, so that nobody can replay a "
            f"callout.{milliseconds} Set the clock, and stamp each attempt anew.",
        )
