"""The geometry of the dashboard's charts: pure, in a box 100 high, which the page stretches to its width.

The words beside a chart are HTML, so that they keep their size where the drawing is narrow.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 100.0
# the width of a slot, and of what is drawn in it
SLOT, BAR = 10.0, 8.0
_NICE = (1, 2, 4, 5, 10)
_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000
_TWO_DIGITS = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """A column of two parts: ``low`` stands on the ground, ``high`` on top of it."""

    x: float
    low_y: float
    low_height: float
    high_y: float
    high_height: float


@dataclass(frozen=True, slots=True)
class Bars:
    width: float
    bars: list[Bar]
    labels: list[str]


@dataclass(frozen=True, slots=True)
class Lines:
    """``paths`` are steps, a level for each slot, broken where a slot has no value; ``grid`` are heights."""

    width: float
    paths: list[str]
    labels: list[str]
    grid: list[float]


def bars(low: Sequence[int], high: Sequence[int]) -> Bars:
    """Stack two counts for each slot."""
    top = nice_top(max((a + b for a, b in zip(low, high, strict=True)), default=0))
    found = []
    for place, (first, second) in enumerate(zip(low, high, strict=True)):
        low_height, high_height = (round(HEIGHT * each / top, 2) for each in (first, second))
        low_y = round(HEIGHT - low_height, 2)
        found.append(
            Bar(
                place * SLOT + (SLOT - BAR) / 2, low_y, low_height, round(low_y - high_height, 2), high_height
            )
        )
    return Bars(len(low) * SLOT, found, [f"{top:,}", f"{top // 2:,}" if top % 2 == 0 else "", "0"])


def lines(series: Sequence[Sequence[int | None]]) -> Lines:
    """Draw milliseconds on a logarithmic scale, from one power of ten to another."""
    values = [max(1, each) for row in series for each in row if each is not None]
    low = math.floor(math.log10(min(values))) if values else 0
    high = max(low + 1, math.ceil(math.log10(max(values)))) if values else 1
    powers = range(high, low - 1, -1)
    grid = [round(HEIGHT * (high - power) / (high - low), 2) for power in powers]
    paths = [_path(row, low, high) for row in series]
    return Lines(len(series[0]) * SLOT, paths, [span(10**power) for power in powers], grid)


def nice_top(most: int) -> int:
    """Return a round number that is not less."""
    unit = int(10 ** max(0, len(str(most)) - 1))
    return max(2, next(step * unit for step in _NICE if step * unit >= most))


def span(milliseconds: int) -> str:
    """Write a length of time in its largest unit, to two digits: "84 ms", "1.2 s", "17 min"."""
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"), (_SECOND, "s")):
        if milliseconds >= size:
            return f"{_two_digits(milliseconds / size)} {unit}"
    return f"{milliseconds} ms"


def _two_digits(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if round(value, 1) < _TWO_DIGITS / 10 else f"{value:,.0f}"


def _path(row: Sequence[int | None], low: int, high: int) -> str:
    drawn, joined = [], False
    for place, value in enumerate(row):
        if value is None:
            joined = False
            continue
        y = round(HEIGHT * (high - math.log10(max(1, value))) / (high - low), 2)
        x = place * SLOT
        drawn.append(f"V{y:g}H{x + SLOT:g}" if joined else f"M{x:g} {y:g}H{x + SLOT:g}")
        joined = True
    return "".join(drawn)
