"""The forms of the pages."""

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from mock_rmm.doors import DOORS
from mock_rmm.web.alert_input import LONGEST_DEVICE, LONGEST_MESSAGE


def choices(labels: dict[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


DOOR_LABELS = {name: door.label for name, door in DOORS.items()}


class AlertForm(FlaskForm):  # type: ignore[misc] # Flask-WTF has no types
    device = StringField(
        "Device",
        [InputRequired("Name the device."), Length(max=LONGEST_DEVICE)],
        description="For example SRV-01",
    )
    message = StringField(
        "Message",
        [InputRequired("Say what is wrong with it."), Length(max=LONGEST_MESSAGE)],
        description="For example Disk C: is 95 % full",
    )
    door = SelectField(
        "Door",
        choices=choices(DOOR_LABELS),
        description="The callout's format: it decides which UDF bears the alert's id",
    )
