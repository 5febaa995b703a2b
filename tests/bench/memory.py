"""What a worker holds in memory while it delivers a great many."""

from portal.db.services import services
from tests.bench.ground import PLAIN, Ground, fill, wait_until_ended
from tests.bench.rates import workers

_ROUNDS = 10


def resident(place: Ground, count: int) -> list[tuple[int, float]]:
    """Deliver so many in ten rounds; give after each how many it were, and the worker's MiB."""
    found = []
    part = count // _ROUNDS
    with workers(place) as program:
        for each in range(1, _ROUNDS + 1):
            fill(place, PLAIN, part)
            services().doorbell.ring()
            wait_until_ended(300)
            found.append((each * part, program.resident() / 1024))
    return found
