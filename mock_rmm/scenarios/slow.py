"""A receiver that takes its time."""

from mock_rmm.faults import Rule
from mock_rmm.scenarios.scenario import Options


class Slow:
    name = "slow"
    label = "Slow receiver"
    about = "Every answer takes 2 to 8 seconds. It should hold up no callout of another receiver."
    minutes: float | None = None
    wants_password = False

    def rules(self, options: Options) -> tuple[Rule, ...]:
        return (options.rule("Slow", "delay", seconds=2.0, most_seconds=8.0),)
