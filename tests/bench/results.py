"""What a row measured, and how it is shown."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


class Missing(Exception):  # noqa: N818 - reads so where it is caught
    """What would be measured isn't here; the text says why."""


@dataclass
class Run:
    """One measurement: deliveries a second, CPU milliseconds a delivery, and the bare loop beside it.

    ``busy`` is how many cores were busy meanwhile, with everything that ran.
    """

    rate: float
    cpu_ms: float
    base: float
    busy: float = 0.0

    @property
    def ratio(self) -> float:
        return self.rate / self.base


@dataclass
class Row:
    name: str
    database: str
    runs: list[Run] = field(default_factory=list)
    note: str = ""

    @property
    def rate(self) -> float:
        return statistics.median(run.rate for run in self.runs)

    @property
    def cpu_ms(self) -> float:
        return statistics.median(run.cpu_ms for run in self.runs)

    @property
    def busy(self) -> float:
        return statistics.median(run.busy for run in self.runs)

    @property
    def ratio(self) -> float:
        """The median of the ratios: each run is paired with the loop that ran just before it."""
        return statistics.median(run.ratio for run in self.runs)

    def cells(self) -> tuple[str, ...]:
        if not self.runs:
            return (self.name, self.database, "", "", "", self.note)
        return (
            self.name,
            self.database,
            f"{self.rate:,.0f}",
            f"{self.ratio:.2f}",
            f"{self.cpu_ms:.2f}",
            self.note,
        )


@dataclass
class Table:
    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        lines = [self.title, *_aligned([self.head, *self.rows]), *self.notes]
        return "\n".join(lines) + "\n"


def percentile(values: Sequence[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _aligned(rows: Iterable[tuple[str, ...]]) -> list[str]:
    rows = list(rows)
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
