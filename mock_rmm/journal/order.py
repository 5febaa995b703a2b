"""Whether requests came in an order: pure. Others may come between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from mock_rmm.journal.entry import Entry
from mock_rmm.journal.match import Match


@dataclass(frozen=True)
class Order:
    found: tuple[Entry, ...]
    """The request of each step that came in its place."""
    steps: int
    too_early: Entry | None = None
    """One that fits the step that is missing, but came before the step ahead of it."""

    @property
    def met(self) -> bool:
        return len(self.found) == self.steps

    @property
    def sentence(self) -> str:
        if self.met:
            return f"All {self.steps} steps came in order."
        missing = f"Step {len(self.found) + 1} of {self.steps} is missing"
        if self.found:
            missing += f": no request fits it after request {self.found[-1].id}"
        if self.too_early is not None:
            missing += f"; request {self.too_early.id} fits it, but came earlier"
        return missing + "."


def in_order(entries: Sequence[Entry], matches: Sequence[Match]) -> Order:
    """Give each step the first request that fits it after the step ahead of it."""
    found: list[Entry] = []
    rest = iter(entries)
    for match in matches:
        entry = next((each for each in rest if match.fits(each)), None)
        if entry is None:
            early = next(
                (
                    each
                    for each in reversed(entries)
                    if match.fits(each) and each.id not in {one.id for one in found}
                ),
                None,
            )
            return Order(tuple(found), len(matches), early)
        found.append(entry)
    return Order(tuple(found), len(matches))
