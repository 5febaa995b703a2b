"""The forms of the pages."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import FloatField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from mock_rmm.doors import DOORS
from mock_rmm.faults import ANY_DOOR, FAULTS
from mock_rmm.rule_input import LONGEST_TEXT, LONGEST_WAIT, MOST_TIMES
from mock_rmm.web.alert_input import LONGEST_DEVICE, LONGEST_MESSAGE


def choices(labels: dict[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


DOOR_LABELS = {name: door.label for name, door in DOORS.items()}
FAULT_LABELS = {name: fault.label for name, fault in FAULTS.items()}


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


class FaultForm(FlaskForm):  # type: ignore[misc] # Flask-WTF has no types
    door = SelectField(
        "Door",
        choices=choices({ANY_DOOR: "Any door", **DOOR_LABELS}),
        description="Where it happens; a door's own fault goes before one for any",
    )
    fault = SelectField("Fault", choices=choices(FAULT_LABELS), description="What happens instead")
    status = IntegerField(
        "Status",
        [Optional(), NumberRange(200, 599, "Give an HTTP status from 200 to 599.")],
        description="For a status (503 unless given) or a protocol fault (200 unless given)",
    )
    seconds = FloatField(
        "Seconds",
        [Optional(), NumberRange(0, LONGEST_WAIT, f"Give 0 to {LONGEST_WAIT} seconds.")],
        description="For a wait; with a status, it is sent as Retry-After",
    )
    times = IntegerField(
        "Times",
        [Optional(), NumberRange(1, MOST_TIMES, "Give a whole number, at least 1.")],
        description="How many requests it befalls; empty: until it is switched off",
    )
    body = TextAreaField(
        "Text",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="The answer's body, or the fault's message; empty: one that says it was ordered",
    )

    def given(self) -> dict[str, Any]:
        """What was filled in, as the JSON API would get it."""
        values = {name: self[name].data for name in ("door", "fault", "status", "seconds", "times", "body")}
        return {name: value for name, value in values.items() if value not in (None, "")}

    def blame(self, problems: dict[str, str]) -> None:
        for name, problem in problems.items():
            self[name].errors = [*self[name].errors, problem]
