"""A receiver that takes only so many requests."""

from mock_rmm.faults import Rule
from mock_rmm.scenarios.scenario import Options


class RateLimited:
    name = "rate-limited"
    label = "Rate limit reached"
    about = "Five requests are answered; from then on each gets 429 and Retry-After: 30, for a minute."
    minutes: float | None = 1.0
    wants_password = False

    def rules(self, options: Options) -> tuple[Rule, ...]:
        return (options.rule("Rate limit", "status", status=429, seconds=30.0, from_nth=6),)
