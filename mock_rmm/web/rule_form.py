"""The form of a rule: it asks for what the JSON API takes, in three parts."""

import json
from datetime import datetime
from typing import Any

from flask_wtf import FlaskForm
from wtforms import FloatField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from mock_rmm.callout import FIELDS
from mock_rmm.faults import FAULTS, USUAL_PRIORITY, Rule
from mock_rmm.matching import match_json
from mock_rmm.rmm import current_rmm
from mock_rmm.rule_input import LONGEST_TEXT, LONGEST_WAIT, SETTINGS
from mock_rmm.web.forms import choices

HOW = {
    "is": "is",
    "not": "is anything but",
    "contains": "contains",
    "matches": "matches the regular expression",
    "missing": "did not come",
}
NUMBERS = (
    "status",
    "seconds",
    "most_seconds",
    "from_nth",
    "every",
    "times",
    "for_seconds",
    "seed",
    "priority",
)
TEXTS = ("name", "fault", "body")
HUNDRED = 100


class RuleForm(FlaskForm):  # type: ignore[misc] # Flask-WTF has no types
    name = StringField("Name", description="For your own use, for example Third try fails")
    receiver = SelectField("Receiver", description="Who receives the request")
    field = SelectField(
        "Value", choices=choices({"": "Whatever they are", **{name: name for name in FIELDS}})
    )
    how = SelectField("Comparison", choices=choices(HOW))
    value = StringField("Compared with", [Length(max=1000)], description="For example Complete")
    more = TextAreaField(
        "More conditions",
        [Length(max=LONGEST_TEXT)],
        description='A match as the JSON API takes it, for example {"headers": {"webhook-id": {"missing": true}}}',
    )
    fault = SelectField(
        "Answer",
        choices=choices({name: fault.label for name, fault in FAULTS.items()}),
        description="What happens instead of the ordinary answer",
    )
    status = IntegerField(
        "Status", [Optional()], description="200 to 599; empty: 503, or 200 for a protocol fault"
    )
    seconds = FloatField(
        "Seconds", [Optional()], description=f"At most {LONGEST_WAIT}; with a status, sent as Retry-After"
    )
    most_seconds = FloatField(
        "At most seconds", [Optional()], description="With it, a random time between the two"
    )
    headers = TextAreaField("Headers", description="One a line, for example X-Node: 3")
    body = TextAreaField(
        "Text",
        [Length(max=LONGEST_TEXT)],
        description="The answer's body, or the fault's message; empty: one that says it was ordered",
    )
    from_nth = IntegerField("From the n-th request", [Optional()], description="Empty: from the first")
    every = IntegerField("Each n-th request", [Optional()], description="From there on; empty: each one")
    times = IntegerField("Times", [Optional()], description="How many requests it befalls; empty: no end")
    for_seconds = FloatField("For seconds", [Optional()], description="From now on; empty: until removed")
    percent = FloatField("Rate in percent", [Optional()], description="By chance; empty: all of them")
    seed = IntegerField("Seed", [Optional()], description="The same number, the same chance again")
    priority = IntegerField(
        "Priority", [Optional()], description=f"The lowest is asked first; empty: {USUAL_PRIORITY}"
    )

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        names = [receiver.name for receiver in current_rmm().receivers.all()]
        if self.receiver.data and self.receiver.data not in names:
            names.append(self.receiver.data)  # it was removed, and the rule may wait for its return
        self.receiver.choices = choices({"": "Any receiver", **{name: name for name in names}})

    @classmethod
    def of(cls, rule: Rule, now: datetime) -> "RuleForm":
        match = match_json(rule.match)
        receiver = match.pop("receiver") if isinstance(match.get("receiver"), str) else ""
        field, how, value = _simple(match)
        return cls(
            formdata=None,
            data={
                **{key: getattr(rule, key, None) for key in (*NUMBERS, *TEXTS)},
                "receiver": receiver,
                "field": field,
                "how": how,
                "value": value,
                "more": json.dumps(match, ensure_ascii=False) if match else "",
                "headers": "\n".join(f"{name}: {value}" for name, value in rule.headers),
                "percent": None if rule.rate == 1 else rule.rate * HUNDRED,
                "for_seconds": None
                if rule.until is None
                else max(1, round((rule.until - now).total_seconds())),
                "from_nth": None if rule.from_nth == 1 else rule.from_nth,
                "every": None if rule.every == 1 else rule.every,
            },
        )

    def given(self) -> dict[str, Any] | None:
        """What was filled in, as the JSON API would get it; None when a text can't be read, which it then says.

        What the chosen fault has no use for is passed over.
        """
        takes = FAULTS[self.fault.data].takes
        unused = {key for key in SETTINGS if key not in takes}
        values = {key: self[key].data for key in (*NUMBERS, *TEXTS) if key not in unused}
        given = {key: value for key, value in values.items() if value not in (None, "")}
        if self.percent.data is not None:
            given["rate"] = self.percent.data / HUNDRED
        match = self._match()
        headers = {} if "headers" in unused else self._headers()
        if match is None or headers is None:
            return None
        return {**given, "match": match, **({"headers": headers} if headers else {})}

    def blame(self, problems: dict[str, str]) -> None:
        """Put each problem beside its field."""
        for name, problem in problems.items():
            place = {"rate": "percent"}.get(name, name)
            if name.startswith("match"):
                simple = f"match.fields.{self.field.data}"
                place = "value" if name == simple else "receiver" if name == "match.receiver" else "more"
            self[place].errors = [*self[place].errors, problem]

    def _match(self) -> dict[str, Any] | None:
        match: dict[str, Any] = {}
        if (self.more.data or "").strip():
            try:
                read = json.loads(self.more.data)
            except (ValueError, RecursionError):
                read = None
            if not isinstance(read, dict) or not isinstance(read.get("fields", {}), dict):
                self.more.errors = ["This is no JSON object: see the example."]
                return None
            match = read
        if self.receiver.data:
            match["receiver"] = self.receiver.data
        if self.field.data:
            wanted = True if self.how.data == "missing" else self.value.data or ""
            match["fields"] = {**match.get("fields", {}), self.field.data: {self.how.data: wanted}}
        return match

    def _headers(self) -> dict[str, list[str]] | None:
        found: dict[str, list[str]] = {}
        for line in (self.headers.data or "").splitlines():
            name, colon, value = line.partition(":")
            if colon:
                found.setdefault(name.strip(), []).append(value.strip())
            elif line.strip():
                self.headers.errors = [
                    f"{line.strip()[:40]!a} has no colon: write a name, a colon and a value."
                ]
                return None
        return found


def _simple(match: dict[str, Any]) -> tuple[str, str, str]:
    """Take out of a match the one condition on a value that the form has fields for."""
    fields = match.get("fields")
    if not fields or len(fields) != 1:
        return "", "is", ""
    ((name, expected),) = fields.items()
    if expected is None:
        expected = {"missing": True}
    if isinstance(expected, str):
        expected = {"is": expected}
    if len(expected) != 1 or expected.get("missing") is False:
        return "", "is", ""
    del match["fields"]
    ((how, value),) = expected.items()
    return name, how, "" if how == "missing" else value
