"""A receiver that is down, and says for how long."""

from mock_rmm.faults import Rule
from mock_rmm.scenarios.scenario import Options


class MaintenanceWindow:
    name = "maintenance"
    label = "Maintenance window"
    about = (
        "Every request gets 503 until the window ends, with the seconds that are left as Retry-After. "
        "A sender should come back when it is asked to, and not before."
    )
    minutes: float | None = 3.0
    wants_password = False

    def rules(self, options: Options) -> tuple[Rule, ...]:
        return (options.rule("Maintenance", "maintenance"),)
