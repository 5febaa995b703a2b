"""The editor of a workflow rule: rows that grow and shrink, read from the form and kept as typed.

Field names: name, active, event-<kind>, event-<kind>-by, conditions-<n>-field, -operator and -value (once
for each value), actions-<n>-kind and -<setting>. ``do`` changes the rows and saves nothing: add-condition,
remove-condition-<n>, add-action, remove-action-<n>, refresh.
"""

import dataclasses
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Self

from portal.core.declared import Setting
from portal.core.eastern import read_moment
from portal.core.rules import OPERATORS, Condition
from portal.desk.rule_checks import ActionValues, RuleValues
from portal.desk.rule_fields import CHOICE_KIND, DAY_KIND, MOMENT_KIND, ConditionField
from portal.web.forms.base import line_text, moment_text, with_line_feeds
from portal.web.presenting import user_zone, zone_named
from portal.workflow.actions import ACTIONS
from portal.workflow.events import EVENTS
from portal.workflow.events.event import BY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.datastructures import MultiDict

_FIRST_OPERATOR = next(iter(OPERATORS))
_ANYONE = next(iter(BY))
_FIRST_ACTION = next(iter(ACTIONS))


@dataclass(slots=True)
class ConditionRow:
    """``values`` are as typed; an empty ``field`` is one that nobody has chosen yet."""

    field: str = ""
    operator: str = _FIRST_OPERATOR
    values: list[str] = dataclasses.field(default_factory=list)

    @property
    def operands(self) -> int:
        """How many values the operator wants: 0, 1, or -1 for a list."""
        return OPERATORS[self.operator].operands if self.operator in OPERATORS else 1

    @property
    def blank(self) -> bool:
        return not self.field and not any(self.values)


@dataclass(slots=True)
class ActionRow:
    """``values`` are as typed, by the names of the settings."""

    kind: str = _FIRST_ACTION
    values: dict[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, action: ActionValues) -> Self:
        return cls(
            action.kind, {each.name: each.typed(action.value(each)) for each in _settings(action.kind)}
        )

    def action(self, kept: list[ActionValues]) -> ActionValues:
        """Return what was entered, or the one of ``kept``, which goes from there, that the row still shows."""
        for each in kept:
            shown = type(self).of(each)
            if self.kind == each.kind and all(
                line_text(self.values.get(name, "")) == line_text(text) for name, text in shown.values.items()
            ):
                kept.remove(each)
                return each
        settings = _settings(self.kind)
        typed = {each.name: each.parse(self.values.get(each.name, "").strip()) for each in settings}
        return ActionValues.of(self.kind, typed)


@dataclass(slots=True)
class RuleDraft:
    """A rule as it stands in the editor. ``events`` maps a kind of event to by whom; ``seen`` is the
    fingerprint of the stored rule when the editor opened it, and ``zone`` is that of the times in it.
    """

    name: str = ""
    active: bool = True
    events: dict[str, str] = dataclasses.field(default_factory=dict)
    conditions: list[ConditionRow] = dataclasses.field(default_factory=list)
    actions: list[ActionRow] = dataclasses.field(default_factory=list)
    seen: str = ""
    zone: str = ""

    def change_rows(self, what: str) -> None:
        """Do what an "add" or "remove" button says; anything else changes nothing."""
        if what == "add-condition":
            self.conditions.append(ConditionRow())
        elif what == "add-action":
            self.actions.append(ActionRow())
        elif match := re.fullmatch(r"remove-(condition|action)-(\d{1,4})", what, re.ASCII):
            rows: list[ConditionRow] | list[ActionRow] = (
                self.conditions if match[1] == "condition" else self.actions
            )
            if int(match[2]) < len(rows):
                del rows[int(match[2])]

    def values(self, fields: dict[str, ConditionField], stored: RuleValues | None) -> RuleValues:
        """Return what was entered, and what is ``stored`` where a part or a row came back as the page showed it.

        Rows that nobody has begun are left out (and go from the draft).
        """
        self.conditions = [row for row in self.conditions if not row.blank]
        stored = stored or RuleValues("")
        shown, kept = draft_of(stored, fields, self.zone), list(stored.conditions)
        kept_actions = list(stored.actions)
        zone = zone_named(self.zone)

        def condition(row: ConditionRow) -> Condition:
            chosen = fields.get(row.field)
            for each in kept:
                if _alike(row, ConditionRow(each.field, each.operator, _shown(each, chosen, zone)), chosen):
                    kept.remove(each)
                    return each
            return _condition(row, chosen, zone)

        return RuleValues(
            name=stored.name if line_text(self.name) == line_text(stored.name) else self.name,
            active=self.active,
            events=stored.events if self.events == shown.events else tuple(self.events.items()),
            conditions=tuple(map(condition, self.conditions)),
            actions=tuple(row.action(kept_actions) for row in self.actions),
        )


def draft_of(values: RuleValues, fields: dict[str, ConditionField], zone: str) -> RuleDraft:
    """Show stored values (or a preset's) in the editor; moments in the zone of this name."""
    return RuleDraft(
        values.name,
        values.active,
        {kind: who if who in BY else _ANYONE for kind, who in values.events if kind in EVENTS},
        [
            ConditionRow(each.field, each.operator, _shown(each, fields.get(each.field), zone_named(zone)))
            for each in values.conditions
        ],
        [ActionRow.of(each) for each in values.actions],
        zone=zone,
    )


def draft_entered(form: "MultiDict[str, str]") -> RuleDraft:
    return RuleDraft(
        form.get("name", ""),
        "active" in form,
        {kind: form.get(f"event-{kind}-by", _ANYONE) for kind in EVENTS if f"event-{kind}" in form},
        [
            ConditionRow(
                form.get(f"conditions-{place}-field", ""),
                form.get(f"conditions-{place}-operator", _FIRST_OPERATOR),
                form.getlist(f"conditions-{place}-value"),
            )
            for place in _places(form, "conditions")
        ],
        [
            ActionRow(
                form.get(f"actions-{place}-kind", _FIRST_ACTION),
                {
                    key.removeprefix(f"actions-{place}-"): form[key]
                    for key in form
                    if key.startswith(f"actions-{place}-")
                },
            )
            for place in _places(form, "actions")
        ],
        form.get("seen", ""),
        form.get("zone") or str(user_zone()),
    )


def place_of(key: str) -> str:
    """Say where on the page a problem's key is, e.g. "Condition 2"."""
    group, place, *_ = f"{key}--".split("-")
    if group == "event":
        return EVENTS[place].label if place in EVENTS else "Events"
    return (
        f"{group.removesuffix('s').capitalize()} {int(place) + 1}" if place.isdigit() else group.capitalize()
    )


def _settings(kind: str) -> tuple[Setting, ...]:
    return ACTIONS[kind].settings if kind in ACTIONS else ()


def _places(form: "MultiDict[str, str]", group: str) -> list[str]:
    found = (re.fullmatch(rf"{group}-(\d{{1,4}})-\w+", key, re.ASCII) for key in form)
    return sorted({match[1] for match in found if match}, key=int)


def _condition(row: ConditionRow, chosen: ConditionField | None, zone: tzinfo) -> Condition:
    values: Iterable[str] = row.values
    if row.operands < 0 and (chosen is None or chosen.kind != CHOICE_KIND):
        values = [line for text in row.values for line in with_line_feeds(text).split("\n")]
    if chosen and chosen.kind == MOMENT_KIND:
        values = [_zoned(text, zone) for text in values]
    return Condition(row.field, row.operator, tuple(values))


def _alike(row: ConditionRow, shown: ConditionRow, chosen: ConditionField | None) -> bool:
    """Say whether a row came back as it was shown, whatever browsers make of its values."""
    if (row.field, row.operator) != (shown.field, shown.operator):
        return False
    if row.operands == 0:
        return True
    if chosen and chosen.kind == CHOICE_KIND:
        return {*map(line_text, row.values), ""} == {*map(line_text, shown.values), ""}
    if row.operands < 0:
        lines = (with_line_feeds("\n".join(each.values)).strip("\n") for each in (row, shown))
        return bool(next(lines) == next(lines))
    as_one = moment_text if chosen and chosen.kind in {MOMENT_KIND, DAY_KIND} else line_text
    return as_one(next(iter(row.values), "")) == as_one(next(iter(shown.values), ""))


def _shown(condition: Condition, chosen: ConditionField | None, zone: tzinfo) -> list[str]:
    values = list(condition.operands)
    if chosen and chosen.kind == MOMENT_KIND:
        values = [_local(text, zone) for text in values]
    return values


def _zoned(text: str, zone: tzinfo) -> str:
    """A moment is typed in the user's zone; what is no moment stays, and is refused as typed."""
    try:
        return read_moment(text, zone, minutes=True).isoformat()
    except ValueError:
        return text


def _local(text: str, zone: tzinfo) -> str:
    try:
        there = datetime.fromisoformat(text).astimezone(zone)
    except ValueError:
        return text
    return f"{there:%Y-%m-%dT%H:%M}" + (f":{there:%S}" if there.second else "")
