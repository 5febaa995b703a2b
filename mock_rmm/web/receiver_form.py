"""The form of a receiver."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from mock_rmm.callout import FIELDS
from mock_rmm.receiver import MODES, STYLES, VERSIONS, Receiver
from mock_rmm.receiver_input import ANY_KEYS, TERMS
from mock_rmm.web.forms import DOOR_LABELS, choices

TEXTS = (
    "name",
    "door",
    "mode",
    "path",
    "method",
    "soap_action",
    "namespace",
    "style",
    "username",
    "password",
)


class Ticks(SelectMultipleField):  # type: ignore[misc] # WTForms has types only in part
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ReceiverForm(FlaskForm):  # type: ignore[misc] # Flask-WTF has no types
    name = StringField("Name", description="Lower-case letters, digits and hyphens, for example acme")
    door = SelectField("Door", choices=choices(DOOR_LABELS), description="The format that it takes")
    mode = SelectField(
        "Mode", choices=choices(MODES), description="What it does with a call it doesn't expect"
    )
    path = StringField("Path", description="Empty: /callouts/ and the name")
    method = StringField("Method name", description="SOAP and XML-RPC, for example TicketChanged")
    soap_action = StringField("SOAP action", description="For example http://tempuri.org/TicketChanged")
    namespace = StringField("Namespace", description="Empty: the SOAP action without the method name")
    versions = Ticks(
        "Versions of SOAP",
        choices=choices({each: f"SOAP {each}" for each in VERSIONS}),
        default=list(VERSIONS),
        description="A portal sends 1.1",
    )
    style = SelectField(
        "XML-RPC parameters",
        choices=choices(STYLES),
        validate_choice=False,
        description="How the seven values come",
    )
    required = Ticks(
        "Required values",
        choices=choices({name: name for name in FIELDS}),
        description="A strict receiver refuses a callout in which one of these is empty",
    )
    username = StringField("User name", description="Empty: the mock RMM's own user name and password")
    password = PasswordField("Password")

    @classmethod
    def of(cls, receiver: Receiver) -> "ReceiverForm":
        contract = receiver.contract
        return cls(
            formdata=None,
            data={
                **vars(contract),
                "name": receiver.name,
                "door": receiver.door,
                "mode": receiver.mode,
                "path": receiver.path,
                "versions": list(contract.versions),
                "required": list(contract.required),
            },
        )

    def given(self, earlier: Receiver | None) -> dict[str, Any]:
        """What was filled in, as the JSON API would get it: without what the door has no use for.

        Editing keeps the stored password unless another was typed, or the user name was taken away.
        """
        terms = TERMS.get(self.door.data or "")
        keys = (*ANY_KEYS, *(terms.keys if terms else ()))
        given = {key: self[key].data for key in keys if key not in TEXTS or self[key].data}
        if "versions" not in given:
            self.versions.data = list(VERSIONS)  # as at first, should another door be chosen next
        kept = earlier.contract if earlier else None
        if kept and kept.username and kept.username == given.get("username") and "password" not in given:
            given["password"] = kept.password
        return given

    def blame(self, problems: dict[str, str]) -> None:
        for name, problem in problems.items():
            self[name].errors = [*self[name].errors, problem]
