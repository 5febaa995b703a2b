"""The editor of a resource; the use case checks the values."""

from wtforms import BooleanField, EmailField, PasswordField, SelectField, StringField

from portal.desk.resource_checks import ResourceValues
from portal.models import Resource
from portal.models.people import EMAIL_SLOTS, SECURITY_LEVELS, SERVICE_DESK
from portal.web.forms.auth import zone_choices
from portal.web.forms.base import PortalForm, choice, trim

_AGAIN = "Type the password twice again: the page does not keep it while you correct something else."


class ResourceForm(PortalForm):
    first_name = StringField("First name", filters=[trim])
    last_name = StringField("Last name", filters=[trim])
    user_name = StringField("User name", filters=[trim])
    security_level = SelectField(
        "Security level",
        choices=[choice(value, label) for value, label in SECURITY_LEVELS.items()],
        validate_choice=False,
        default=SERVICE_DESK,
    )
    email1 = EmailField("Primary e-mail address", filters=[trim])
    email2 = EmailField("Second e-mail address", filters=[trim])
    email3 = EmailField("Third e-mail address", filters=[trim])
    active = BooleanField("Active", default=True)
    time_zone = SelectField("Time zone", validate_choice=False, default="America/New_York")
    password = PasswordField("Password")
    again = PasswordField("Password again")

    def values(self, resource: Resource | None, *, oneself: bool) -> ResourceValues:
        """Return the entered values. Disabled and untouched fields keep their stored values."""
        names = ("first_name", "last_name", "user_name", "email1", "email2", "email3", "time_zone")
        texts = {name: self.entered(name, resource) or "" for name in names}
        level = self.entered("security_level", resource)
        return ResourceValues(
            first_name=texts["first_name"],
            last_name=texts["last_name"],
            user_name=texts["user_name"],
            security_level=level or (resource.security_level if resource else ""),
            emails=(texts["email1"], texts["email2"], texts["email3"]),
            active=self.entered("active", resource) or oneself,
            time_zone=texts["time_zone"],
            password=self.password.data or "",
        )

    def again_problem(self) -> dict[str, str]:
        """Return a problem if the two passwords differ."""
        if (self.password.data or "") == (self.again.data or ""):
            return {}
        return {"again": "The two passwords are not the same. Type the same one twice."}

    def show_problems(self, problems: dict[str, str]) -> None:
        """Put each sentence beside its field. A typed password is not shown again, and the page says so."""
        if self.password.data and problems.keys().isdisjoint({"password", "again"}):
            problems = problems | {"password": _AGAIN}
        self.show(problems)


def resource_form(resource: Resource | None) -> ResourceForm:
    """Make the form of a resource, or of a new one."""
    form = ResourceForm(obj=resource)
    form.time_zone.choices = zone_choices(resource.time_zone if resource else "")
    return form


ADDRESS_FIELDS = {slot: f"email{slot}" for slot in EMAIL_SLOTS}
