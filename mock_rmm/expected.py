"""The failure of a test whose expected request didn't come."""

from collections.abc import Iterable

from mock_rmm.callout import FIELDS
from mock_rmm.journal import Entry, Match
from mock_rmm.journal.misses import Miss


class NotReceived(AssertionError):  # noqa: N818 (a test that fails, not an error in it)
    """What was expected, what came nearest, and how that differs."""


def explain(sentence: str, expected: Match, misses: Iterable[Miss]) -> str:
    return "\n".join((sentence, f"Expected was {expected.words}.", *_nearest(misses)))


def entry_line(entry: Entry) -> str:
    """One request in one line, without its payload."""
    values = ", ".join(f"{name}={entry.fields[name]!r}" for name in FIELDS if name in entry.fields)
    answer = "no answer yet" if entry.answer_status is None else f"answered {entry.answer_status}"
    said = values or entry.problem or "no values"
    return f"Request {entry.id} to {entry.receiver or entry.endpoint}, {answer}: {said}"


def _nearest(misses: Iterable[Miss]) -> list[str]:
    lines = []
    for miss in misses:
        lines.append(entry_line(miss.entry))
        lines += [f"  {difference.sentence}" for difference in miss.differences]
        lines += [f"  {finding.sentence}" for finding in miss.entry.findings if finding.severity == "problem"]
    return ["The nearest:", *lines] if lines else []
