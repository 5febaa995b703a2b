"""A receiver that does its work, and whose answers do not arrive."""

from mock_rmm.faults import Rule
from mock_rmm.scenarios.scenario import Options


class LostAnswers:
    name = "lost-answers"
    label = "Answers that get lost"
    about = (
        "It does what each callout asks for, but its answer breaks off half-way. A sender has to send again, "
        "and a receiver has to know the webhook-id of what it did already."
    )
    minutes: float | None = None
    wants_password = False

    def rules(self, options: Options) -> tuple[Rule, ...]:
        return (options.rule("Lost answers", "truncated"),)
