"""The shapes of what the JSON API takes and gives, in JSON Schema."""

from mock_rmm.callout import FIELDS
from mock_rmm.faults import FAULTS
from mock_rmm.matching import PARTS
from mock_rmm.openapi.receiver_schemas import RECEIVER, WANTED_RECEIVER
from mock_rmm.openapi.shapes import (
    MAYBE_TEXT,
    MAYBE_TIME,
    MAYBE_WHOLE,
    TEXT,
    TEXTS,
    TIME,
    TRUTH,
    WHOLE,
    Schema,
    list_of,
    one_object,
    ref,
)
from mock_rmm.scenarios import SCENARIOS
from mock_rmm.verification.question import NUMBERS, Number


def schemas() -> dict[str, Schema]:
    return {**_ANSWERS, **_MATCHING, **_QUESTIONS, **_INPUTS, **_RULES}


def _number(name: str) -> Schema:
    number: Number = NUMBERS[name]
    return {
        "type": "integer" if number.whole else "number",
        "minimum": number.least,
        "maximum": number.most,
        "default": number.default,
    }


_REQUEST = one_object(
    {
        "id": WHOLE,
        "received_at": TIME,
        **dict.fromkeys(("receiver", "door", "method", "path", "query", "body", "answer_body"), TEXT),
        "headers": TEXTS,
        "answer_headers": TEXTS,
        "fields": one_object(dict.fromkeys(FIELDS, MAYBE_TEXT), *FIELDS),
        **dict.fromkeys(("operation", "problem", "webhook_id", "fault"), MAYBE_TEXT),
        # The exact bytes, where text can't carry them
        **dict.fromkeys(("body_base64", "answer_body_base64"), MAYBE_TEXT),
        "attempt": MAYBE_WHOLE,
        "authorised": TRUTH,
        "findings": list_of(one_object({"code": TEXT, "severity": TEXT, "sentence": TEXT})),
        "answer_status": MAYBE_WHOLE,
        "answered_at": MAYBE_TIME,
    },
    "id", "received_at", "receiver", "door", "fields", "findings",
)  # fmt: skip
_ALERT = one_object(
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
_MISS = one_object(
    {
        "request": ref("Request"),
        "differences": list_of(
            one_object({"part": TEXT, "expected": TEXT, "came": MAYBE_TEXT, "sentence": TEXT}, "part", "sentence")
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

_ANSWERS = {
    "Request": _REQUEST,
    "Requests": one_object(
        {"requests": list_of(ref("Request")), "total": WHOLE, "dropped": WHOLE}, "requests", "total"
    ),
    "Found": one_object({"requests": list_of(ref("Request")), "next": MAYBE_WHOLE}, "requests", "next"),
    "Alert": _ALERT,
    "Alerts": one_object({"alerts": list_of(ref("Alert"))}, "alerts"),
    "Fault": one_object(_RULE, "door", "fault"),
    "Faults": one_object({"faults": list_of(ref("Fault"))}, "faults"),
    "Receiver": RECEIVER,
    "Receivers": one_object({"receivers": list_of(ref("Receiver"))}, "receivers"),
    "Username": one_object({"username": TEXT}, "username"),
    "Count": one_object({"count": WHOLE}, "count"),
    "Waited": one_object(
        {
            "met": TRUTH,
            "sentence": TEXT,
            "count": WHOLE,
            "wanted": WHOLE,
            "waited": {"type": "number"},
            "requests": list_of(ref("Request")),
            "misses": list_of(ref("Miss")),
        },
        "met",
        "sentence",
        "count",
        "wanted",
        "waited",
        "requests",
        "misses",
    ),
    "Sequence": one_object(
        {
            "met": TRUTH,
            "sentence": TEXT,
            "missing": MAYBE_WHOLE,
            "requests": list_of(ref("Request")),
            "misses": list_of(ref("Miss")),
        },
        "met",
        "sentence",
        "missing",
        "requests",
        "misses",
    ),
    "Miss": _MISS,
    "Error": one_object({"error": TEXT, "fields": TEXTS}, "error"),
    "Text": TEXT,
    "Anything": {"type": "object"},
}
_MATCHING = {
    "Expectation": {
        "description": "A text or whole number: exactly this. null: it didn't come. An object: all that it says.",
        "oneOf": [
            {"type": ["string", "integer", "null"]},
            {
                **one_object(
                    {"is": TEXT, "not": TEXT, "contains": TEXT, "matches": TEXT, "missing": TRUTH},
                    closed=True,
                ),
                "minProperties": 1,
            },
        ],
    },
    "Match": one_object(
        {
            **dict.fromkeys(PARTS, ref("Expectation")),
            "authorised": TRUTH,
            "fields": one_object(dict.fromkeys(FIELDS, ref("Expectation")), closed=True),
            "headers": {"type": "object", "additionalProperties": ref("Expectation")},
        },
        closed=True,
    ),
}
_QUESTIONS = {
    "CountQuestion": one_object({"match": ref("Match"), "after": _number("after")}, closed=True),
    "FindQuestion": one_object(
        {"match": ref("Match"), "after": _number("after"), "limit": _number("limit")}, closed=True
    ),
    "WaitQuestion": one_object(
        {"match": ref("Match"), **{name: _number(name) for name in ("after", "count", "timeout")}},
        closed=True,
    ),
    "SequenceQuestion": one_object(
        {
            "matches": {**list_of(ref("Match")), "minItems": 1},
            "after": _number("after"),
            "timeout": {**_number("timeout"), "default": 0},
        },
        "matches",
        closed=True,
    ),
    "Reset": one_object({"journal": TRUTH, "rules": TRUTH}, closed=True),
}
_INPUTS = {
    "WantedAlert": one_object(
        {"device": TEXT, "message": TEXT, "door": TEXT}, "device", "message", "door", closed=True
    ),
    "WantedFault": one_object(_RULE, "fault", closed=True),
    "WantedReceiver": WANTED_RECEIVER,
    "Credentials": one_object({"username": TEXT, "password": TEXT}, "username", "password"),
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
    "WantedRule": one_object(
        {**_RULE_SETTINGS, "for_seconds": {"type": ["number", "null"]}}, "fault", closed=True
    ),
    "Rule": one_object(
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
    "Rules": one_object({"rules": list_of(ref("Rule"))}, "rules"),
    "WantedScenario": one_object(
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
    "RunningScenario": one_object(
        {
            "scenario": TEXT,
            "receiver": MAYBE_TEXT,
            "since": TIME,
            "until": MAYBE_TIME,
            "rules": list_of(ref("Rule")),
        },
        "scenario", "since", "rules",
    ),
    "Scenarios": one_object(
        {
            "scenarios": list_of(
                one_object({"name": TEXT, "label": TEXT, "about": TEXT, "minutes": {"type": ["number", "null"]}})
            ),
            "running": list_of(ref("RunningScenario")),
        },
        "scenarios", "running",
    ),
}  # fmt: skip
