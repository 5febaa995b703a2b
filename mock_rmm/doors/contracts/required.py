"""The values that a contract requires."""

from collections.abc import Mapping

from mock_rmm.receiver import Contract


def missing(fields: Mapping[str, str], contract: Contract) -> str:
    """Which required values didn't come, or came empty, in a sentence; nothing when all are there."""
    absent = [name for name in contract.required if name not in fields]
    empty = [name for name in contract.required if name in fields and not fields[name].strip()]
    sentences = []
    if absent:
        sentences.append(f"{_are(absent)} required here and didn't come.")
    if empty:
        sentences.append(f"{_are(empty)} required here and came empty.")
    return " ".join(sentences)


def _are(names: list[str]) -> str:
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{listed} {'is' if len(names) == 1 else 'are'}"
