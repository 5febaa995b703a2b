"""A receiver that fails now and then."""

from mock_rmm.faults import Rule
from mock_rmm.scenarios.scenario import Options


class Flaky:
    name = "flaky"
    label = "Flaky receiver"
    about = (
        "Three of ten requests get 503 and one of ten a reset connection, by chance. Each callout should arrive "
        "in the end, after some attempts."
    )
    minutes: float | None = None
    wants_password = False

    def rules(self, options: Options) -> tuple[Rule, ...]:
        return (
            options.rule("Flaky: unavailable", "status", status=503, rate=0.3),
            # Of the seven tenths that the first lets pass
            options.rule("Flaky: reset", "reset", rate=1 / 7),
        )
