"""A receiver that crashed and comes up again."""

from mock_rmm.faults import Rule
from mock_rmm.scenarios.scenario import Options


class Restarting:
    name = "restarting"
    label = "Receiver that restarts"
    about = (
        "The next two connections are reset, then three requests get 503, then it is up again: five attempts fail "
        "and the sixth succeeds."
    )
    minutes: float | None = None
    wants_password = False

    def rules(self, options: Options) -> tuple[Rule, ...]:
        return (
            options.rule("Restarting: crashed", "reset", times=2),
            options.rule("Restarting: starting up", "status", status=503, times=3),
        )
