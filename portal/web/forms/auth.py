"""Signing in, and one's own password and time zone."""

from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import EqualTo, InputRequired, ValidationError

from portal.desk.passwords import password_problem
from portal.web.forms.base import PortalForm, choice, trim
from portal.web.presenting.zones import zone_names


class SignInForm(PortalForm):
    user_name = StringField("User name", [InputRequired("Enter your user name.")], filters=[trim])
    password = PasswordField("Password", [InputRequired("Enter your password.")])
    next = HiddenField()


def zone_choices(current: str = "") -> list[SelectChoice]:
    """Offer the zones, and the one that is chosen already, whatever it is."""
    kept = [] if current in {"", *zone_names()} else [current]
    return [choice(name, name) for name in [*kept, *zone_names()]]


class TimeZoneForm(PortalForm):
    time_zone = SelectField("Time zone", validate_choice=False)


class PasswordForm(PortalForm):
    current = PasswordField("Current password", [InputRequired("Enter your current password.")])
    password = PasswordField("New password", [InputRequired("Enter a new password.")])
    again = PasswordField(
        "New password again",
        [InputRequired("Enter the new password again."), EqualTo("password", "The two are not the same.")],
    )

    def validate_password(self, field: PasswordField) -> None:
        problem = password_problem(field.data or "")
        if problem:
            raise ValidationError(problem)
