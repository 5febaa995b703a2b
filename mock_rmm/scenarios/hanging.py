"""A receiver that takes requests and never answers."""

from mock_rmm.faults import Rule
from mock_rmm.scenarios.scenario import Options


class Hanging:
    name = "hanging"
    label = "Receiver that hangs"
    about = "It takes each request and never answers. A sender should give up waiting, and try again later."
    minutes: float | None = None
    wants_password = False

    def rules(self, options: Options) -> tuple[Rule, ...]:
        return (options.rule("Hanging", "silence"),)
