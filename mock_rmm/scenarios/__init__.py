"""The scenarios that can be started: one file a scenario, and this registry."""

from mock_rmm.scenarios.flaky import Flaky
from mock_rmm.scenarios.hanging import Hanging
from mock_rmm.scenarios.hidden_faults import HiddenFaults
from mock_rmm.scenarios.lost_answers import LostAnswers
from mock_rmm.scenarios.maintenance_window import MaintenanceWindow
from mock_rmm.scenarios.password_changed import PasswordChanged
from mock_rmm.scenarios.rate_limited import RateLimited
from mock_rmm.scenarios.restarting import Restarting
from mock_rmm.scenarios.scenario import Options, Scenario
from mock_rmm.scenarios.slow import Slow

__all__ = ["SCENARIOS", "Options", "Scenario"]

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Flaky(),
        MaintenanceWindow(),
        PasswordChanged(),
        Slow(),
        Hanging(),
        RateLimited(),
        Restarting(),
        LostAnswers(),
        HiddenFaults(),
    )
}
