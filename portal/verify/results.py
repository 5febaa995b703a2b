"""The result of each scenario: as a table, as JSON, and line by line during the run."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

PASSED, FAILED, NOT_APPLICABLE = "passed", "failed", "not applicable"
_NONE = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """``milliseconds`` are those from Complete to cleared; ``why`` lists the problems."""

    pair: str
    scenario: str
    label: str
    result: str
    attempts: int | None = None
    milliseconds: int | None = None
    why: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.result != FAILED

    def as_json(self) -> dict[str, object]:
        return {
            "pair": self.pair,
            "scenario": self.scenario,
            "result": self.result,
            "attempts": self.attempts,
            "milliseconds": self.milliseconds,
            "why": list(self.why),
        }


class Progress:
    """Lines on standard error; on a terminal the last one is overwritten."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total, self._stream = total, stream
        self._live = stream.isatty()
        self._done = 0
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        with self._lock:
            self._write(text, keep=True)

    def begin(self, pair: str, label: str) -> None:
        if self._live:
            with self._lock:
                self._write(f"[{self._done}/{self._total}] {pair}: {label} …", keep=False)

    def end(self, row: Row) -> None:
        with self._lock:
            self._done += 1
            text = f"[{self._done}/{self._total}] {row.pair}: {row.label}: {row.result}"
            self._write(text, keep=not self._live or not row.passed)

    def _write(self, text: str, *, keep: bool) -> None:
        start = "\r\x1b[K" if self._live else ""
        self._stream.write(f"{start}{text}" + ("\n" if keep else ""))
        self._stream.flush()


def table(rows: Sequence[Row], seconds: float) -> str:
    head = ("Pair", "Scenario", "Result", "Attempts", "ms to cleared")
    body = [
        (
            row.pair,
            row.label,
            row.result if row.result != NOT_APPLICABLE else _NONE,
            _cell(row.attempts),
            _cell(row.milliseconds),
        )
        for row in rows
    ]
    widths = [max(len(line[place]) for line in [head, *body]) for place in range(len(head))]
    lines = ["  ".join(_pad(line, widths)).rstrip() for line in [head, *body]]
    lines.insert(1, "  ".join("─" * width for width in widths))
    failed = [row for row in rows if not row.passed]
    lines += ["", *(f"{row.pair}, {row.label}: {reason}" for row in failed for reason in row.why)]
    count = sum(row.result == PASSED for row in rows)
    verdict = "Nothing was proved" if not rows else f"{count} passed, {len(failed)} failed"
    return "\n".join([*lines, f"{verdict}, in {seconds:.0f} s."])


def _cell(number: int | None) -> str:
    return _NONE if number is None else f"{number:,}"


def _pad(line: tuple[str, ...], widths: list[int]) -> list[str]:
    texts, numbers = line[:3], line[3:]
    return [text.ljust(width) for text, width in zip(texts, widths[:3], strict=True)] + [
        text.rjust(width) for text, width in zip(numbers, widths[3:], strict=True)
    ]
