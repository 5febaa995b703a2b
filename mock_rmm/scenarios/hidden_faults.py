"""A receiver whose failures look like successes to who reads only the status."""

from mock_rmm.faults import Rule
from mock_rmm.scenarios.scenario import Options


class HiddenFaults:
    name = "hidden-faults"
    label = "Faults inside HTTP 200"
    about = (
        "SOAP and XML-RPC callouts get a fault of their format in an answer with status 200. A sender that reads "
        "only the status takes them for delivered."
    )
    minutes: float | None = None
    wants_password = False

    def rules(self, options: Options) -> tuple[Rule, ...]:
        return (options.rule("Hidden faults", "fault", status=200),)
