"""The shapes of what the JSON API takes and gives, in JSON Schema."""

from typing import Any

from mock_rmm.callout import FIELDS
from mock_rmm.faults import FAULTS
from mock_rmm.matching import PARTS
from mock_rmm.receiver import MODES
from mock_rmm.scenarios import SCENARIOS
from mock_rmm.verification.question import NUMBERS, Number

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def schemas() -> dict[str, Schema]:
    return {**_ANSWERS, **_MATCHING, **_QUESTIONS, **_INPUTS, **_RULES}


def _object(properties: Schema, *required: str, closed: bool = False) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    if closed:
        schema["additionalProperties"] = False
    return schema


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _number(name: str) -> Schema:
    number: Number = NUMBERS[name]
    return {
        "type": "integer" if number.whole else "number",
        "minimum": number.least,
        "maximum": number.most,
        "default": number.default,
    }


TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
TIME: Schema = {"type": "string", "format": "date-time"}
MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}

_REQUEST = _object(
    {
        "id": WHOLE,
        "received_at": TIME,
        **dict.fromkeys(("receiver", "door", "method", "path", "query", "body", "answer_body"), TEXT),
        "headers": TEXTS,
        "answer_headers": TEXTS,
        "fields": _object(dict.fromkeys(FIELDS, MAYBE_TEXT), *FIELDS),
        **dict.fromkeys(("operation", "problem", "webhook_id", "fault"), MAYBE_TEXT),
        "attempt": MAYBE_WHOLE,
        "authorised": TRUTH,
        "findings": _list(_object({"code": TEXT, "severity": TEXT, "sentence": TEXT})),
        "answer_status": MAYBE_WHOLE,
        "answered_at": MAYBE_TIME,
    },
    "id", "received_at", "receiver", "door", "fields", "findings",
)  # fmt: skip
_ALERT = _object(
    {
        "id": TEXT,
        "state": {"enum": ["open", "cleared"]},
        **dict.fromkeys(("device", "message", "door"), TEXT),
        "raised_at": TIME,
        "ticket_id": MAYBE_WHOLE,
        "ticket_number": MAYBE_TEXT,
        "cleared_at": MAYBE_TIME,
        "note_id": MAYBE_WHOLE,
        "note_problem": MAYBE_TEXT,
    },
    "id", "state",
)  # fmt: skip
_MISS = _object(
    {
        "request": ref("Request"),
        "differences": _list(
            _object({"part": TEXT, "expected": TEXT, "came": MAYBE_TEXT, "sentence": TEXT}, "part", "sentence")
        ),
    },
    "request", "differences",
)  # fmt: skip
_RULE = {
    "door": TEXT,
    "fault": TEXT,
    "status": MAYBE_WHOLE,
    "seconds": {"type": ["number", "null"]},
    "body": MAYBE_TEXT,
    "times": MAYBE_WHOLE,
}
_RECEIVER = {
    "name": TEXT,
    "door": TEXT,
    "path": TEXT,
    "mode": {"enum": list(MODES)},
    "contract": {"type": "object"},
}

_ANSWERS = {
    "Request": _REQUEST,
    "Requests": _object(
        {"requests": _list(ref("Request")), "total": WHOLE, "dropped": WHOLE}, "requests", "total"
    ),
    "Found": _object({"requests": _list(ref("Request")), "next": MAYBE_WHOLE}, "requests", "next"),
    "Alert": _ALERT,
    "Alerts": _object({"alerts": _list(ref("Alert"))}, "alerts"),
    "Fault": _object(_RULE, "door", "fault"),
    "Faults": _object({"faults": _list(ref("Fault"))}, "faults"),
    "Receiver": _object(_RECEIVER, "name", "door", "path", "mode"),
    "Receivers": _object({"receivers": _list(ref("Receiver"))}, "receivers"),
    "Username": _object({"username": TEXT}, "username"),
    "Count": _object({"count": WHOLE}, "count"),
    "Waited": _object(
        {
            "met": TRUTH,
            "sentence": TEXT,
            "count": WHOLE,
            "wanted": WHOLE,
            "waited": {"type": "number"},
            "requests": _list(ref("Request")),
            "misses": _list(ref("Miss")),
        },
        "met",
        "sentence",
        "count",
        "wanted",
        "waited",
        "requests",
        "misses",
    ),
    "Sequence": _object(
        {
            "met": TRUTH,
            "sentence": TEXT,
            "missing": MAYBE_WHOLE,
            "requests": _list(ref("Request")),
            "misses": _list(ref("Miss")),
        },
        "met",
        "sentence",
        "missing",
        "requests",
        "misses",
    ),
    "Miss": _MISS,
    "Error": _object({"error": TEXT, "fields": TEXTS}, "error"),
    "Text": TEXT,
    "Anything": {"type": "object"},
}
_MATCHING = {
    "Expectation": {
        "description": "A text or whole number: exactly this. null: it didn't come. An object: all that it says.",
        "oneOf": [
            {"type": ["string", "integer", "null"]},
            {
                **_object(
                    {"is": TEXT, "not": TEXT, "contains": TEXT, "matches": TEXT, "missing": TRUTH},
                    closed=True,
                ),
                "minProperties": 1,
            },
        ],
    },
    "Match": _object(
        {
            **dict.fromkeys(PARTS, ref("Expectation")),
            "authorised": TRUTH,
            "fields": _object(dict.fromkeys(FIELDS, ref("Expectation")), closed=True),
            "headers": {"type": "object", "additionalProperties": ref("Expectation")},
        },
        closed=True,
    ),
}
_QUESTIONS = {
    "CountQuestion": _object({"match": ref("Match"), "after": _number("after")}, closed=True),
    "FindQuestion": _object(
        {"match": ref("Match"), "after": _number("after"), "limit": _number("limit")}, closed=True
    ),
    "WaitQuestion": _object(
        {"match": ref("Match"), **{name: _number(name) for name in ("after", "count", "timeout")}},
        closed=True,
    ),
    "SequenceQuestion": _object(
        {
            "matches": {**_list(ref("Match")), "minItems": 1},
            "after": _number("after"),
            "timeout": {**_number("timeout"), "default": 0},
        },
        "matches",
        closed=True,
    ),
    "Reset": _object({"journal": TRUTH, "rules": TRUTH}, closed=True),
}
_INPUTS = {
    "WantedAlert": _object(
        {"device": TEXT, "message": TEXT, "door": TEXT}, "device", "message", "door", closed=True
    ),
    "WantedFault": _object(_RULE, "fault", closed=True),
    "WantedReceiver": _object(_RECEIVER, "name"),
    "Credentials": _object({"username": TEXT, "password": TEXT}, "username", "password"),
}
_RULE_SETTINGS = {
    "name": MAYBE_TEXT,
    "match": ref("Match"),
    "fault": {"enum": list(FAULTS)},
    "status": MAYBE_WHOLE,
    "seconds": {"type": ["number", "null"]},
    "most_seconds": {"type": ["number", "null"]},
    "body": MAYBE_TEXT,
    "headers": {"type": "object", "additionalProperties": {"type": ["string", "array"], "items": TEXT}},
    "from_nth": WHOLE,
    "every": WHOLE,
    "times": MAYBE_WHOLE,
    "rate": {"type": "number", "minimum": 0, "maximum": 1},
    "seed": MAYBE_WHOLE,
    "priority": WHOLE,
}
_RULES = {
    "WantedRule": _object(
        {**_RULE_SETTINGS, "for_seconds": {"type": ["number", "null"]}}, "fault", closed=True
    ),
    "Rule": _object(
        {
            **_RULE_SETTINGS,
            "id": WHOLE,
            "sentence": TEXT,
            "scenario": MAYBE_TEXT,
            "until": MAYBE_TIME,
            "seen": WHOLE,
            "befallen": WHOLE,
            "left": MAYBE_WHOLE,
        },
        "id", "match", "fault", "sentence", "seen", "befallen", "left",
        closed=True,
    ),
    "Rules": _object({"rules": _list(ref("Rule"))}, "rules"),
    "WantedScenario": _object(
        {
            "scenario": {"enum": list(SCENARIOS)},
            "receiver": MAYBE_TEXT,
            "minutes": {"type": ["number", "null"]},
            "seed": MAYBE_WHOLE,
            "password": MAYBE_TEXT,
        },
        "scenario",
        closed=True,
    ),
    "RunningScenario": _object(
        {
            "scenario": TEXT,
            "receiver": MAYBE_TEXT,
            "since": TIME,
            "until": MAYBE_TIME,
            "rules": _list(ref("Rule")),
        },
        "scenario", "since", "rules",
    ),
    "Scenarios": _object(
        {
            "scenarios": _list(
                _object({"name": TEXT, "label": TEXT, "about": TEXT, "minutes": {"type": ["number", "null"]}})
            ),
            "running": _list(ref("RunningScenario")),
        },
        "scenarios", "running",
    ),
}  # fmt: skip
