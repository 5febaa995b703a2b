"""What the JSON API answers, and how it is made of what the mock remembers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct, defstruct, structs

from mock_rmm.callout import FIELDS
from mock_rmm.diagnosis.finding import Finding
from mock_rmm.journal import Entry, Match
from mock_rmm.journal.entry import exact, time_json
from mock_rmm.journal.waiting import Miss as KnownMiss
from mock_rmm.rules.faults import FAULTS
from mock_rmm.rules.rule import Rule as KnownRule
from mock_rmm.rules.rules import Standing
from mock_rmm.rules.scenarios import Running

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
T = TypeVar("T", bound=Struct)


class Error(Struct, omit_defaults=True):
    error: str
    fields: dict[str, str] | None = None  # what is wrong with which


Fields = defstruct("Fields", [(name, str | None) for name in FIELDS])
"""A value that didn't come is null, one that came empty is ""."""


class Request(Struct):
    id: int
    received_at: Time
    receiver: str
    door: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    body_base64: str | None  # the exact bytes, where text can't carry them
    fields: Fields  # type: ignore[valid-type] # made of their names
    operation: str | None
    problem: str | None
    webhook_id: str | None
    attempt: int | None
    authorised: bool
    fault: str | None
    findings: list[Finding]
    answer_status: int | None
    answer_headers: dict[str, str]
    answer_body: str
    answer_body_base64: str | None
    answered_at: Time | None


class Requests(Struct, omit_defaults=True):
    requests: list[Request]
    total: int
    dropped: int | None = None


class Found(Struct):
    requests: list[Request]
    next: int | None


class Difference(Struct):
    part: str
    expected: str
    came: str | None
    sentence: str


class Miss(Struct):
    request: Request
    differences: list[Difference]


class Waited(Struct):
    met: bool
    sentence: str
    count: int
    wanted: int
    waited: float
    requests: list[Request]
    misses: list[Miss]


class Sequence(Struct):
    met: bool
    sentence: str
    missing: int | None
    requests: list[Request]
    misses: list[Miss]


class Alert(Struct):
    id: str
    state: Annotated[str, Meta(extra_json_schema={"enum": ["open", "cleared"]})]
    device: str
    message: str
    door: str
    raised_at: Time
    ticket_id: int | None
    ticket_number: str | None
    cleared_at: Time | None
    note_id: int | None
    note_problem: str | None


class Fault(Struct):
    door: str
    fault: str
    status: int | None
    seconds: float | None
    body: str | None
    times: int | None  # how often it may still be applied


class Rule(Struct):
    id: int
    name: str | None
    scenario: str | None
    match: Match
    fault: str
    sentence: str
    status: int | None
    seconds: float | None
    most_seconds: float | None
    body: str | None
    headers: dict[str, list[str]]
    from_nth: int
    every: int
    times: int | None
    until: Time | None
    rate: float
    seed: int | None
    priority: int
    seen: int  # how many requests it matched
    befallen: int  # how many requests it was applied to
    left: int | None


class Scenario(Struct):
    name: str
    label: str
    about: str
    minutes: float | None


class RunningScenario(Struct):
    scenario: str
    receiver: str | None
    since: Time
    until: Time | None
    rules: list[Rule]


class Scenarios(Struct):
    scenarios: list[Scenario]
    running: list[RunningScenario]


class Receiver(Struct):
    name: str
    door: str
    path: str
    mode: str
    built_in: bool
    method: str | None
    soap_action: str | None
    namespace: str | None
    versions: list[str] | None
    style: str | None
    required: list[str]
    username: str
    url: str
    wsdl: str | None
    editor: dict[str, str]


Count = defstruct("Count", [("count", int)])
Username = defstruct("Username", [("username", str)])
Alerts = defstruct("Alerts", [("alerts", list[Alert])])
Faults = defstruct("Faults", [("faults", list[Fault])])
Rules = defstruct("Rules", [("rules", list[Rule])])
Receivers = defstruct("Receivers", [("receivers", list[Receiver])])


def shown(kind: type[T], source: object, **values: Any) -> T:
    """An answer from the attributes of what it shows: a time as text, an empty text as null where it may be."""
    for field in structs.fields(kind):
        if field.name not in values:
            value = getattr(source, field.name)
            if isinstance(value, datetime):
                value = time_json(value)
            elif value == "" and type(None) in getattr(field.type, "__args__", ()):
                value = None
            values[field.name] = value
    return kind(**values)


def entry_answer(entry: Entry) -> Request:
    return shown(
        Request,
        entry,
        receiver=entry.receiver or entry.endpoint,
        door=entry.endpoint,
        headers=dict(entry.headers),
        body=entry.body.decode("utf-8", "replace"),
        body_base64=exact(entry.body),
        fields=Fields(*[entry.fields.get(name) for name in FIELDS]),
        findings=list(entry.findings),
        answer_headers=dict(entry.answer_headers),
        answer_body=entry.answer_body.decode("utf-8", "replace"),
        answer_body_base64=exact(entry.answer_body),
    )


def entry_answers(entries: Iterable[Entry]) -> list[Request]:
    return [entry_answer(entry) for entry in entries]


def miss_answer(miss: KnownMiss) -> Miss:
    differences = [shown(Difference, each, came=each.came) for each in miss.differences]
    return Miss(entry_answer(miss.entry), differences)


def fault_answer(rule: KnownRule, left: int | None) -> Fault:
    """A rule in the short form."""
    return shown(Fault, rule, door=rule.place, body=rule.body, times=left)


def rule_answer(standing: Standing) -> Rule:
    rule = standing.rule
    headers: dict[str, list[str]] = {}
    for name, value in rule.headers:
        headers.setdefault(name, []).append(value)
    return shown(
        Rule,
        rule,
        sentence=FAULTS[rule.fault].words(rule) + ".",
        body=rule.body,
        headers=headers,
        seen=standing.seen,
        befallen=standing.applied,
        left=standing.left,
    )


def running_answer(running: Running) -> RunningScenario:
    """All but the password."""
    return shown(
        RunningScenario,
        running,
        scenario=running.scenario.name,
        receiver=running.options.receiver or None,
        rules=[rule_answer(each) for each in running.standing],
    )
