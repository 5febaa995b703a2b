"""Somebody changed the receiver's password and told nobody."""

from mock_rmm.faults import Rule
from mock_rmm.scenarios.scenario import Options


class PasswordChanged:
    name = "password-changed"
    label = "Password changed"
    about = (
        "The receivers want another password and refuse the old one with 401. Type the new one into the callout "
        "and the next attempt succeeds; give none here and nobody knows it."
    )
    minutes: float | None = None
    wants_password = True

    def rules(self, options: Options) -> tuple[Rule, ...]:
        del options  # the receivers refuse by themselves
        return ()
