"""What the JSON API can be asked about rules and scenarios."""

from mock_rmm.openapi.operation import Operation

_RULES, _SCENARIOS = "Rules", "Scenarios"
_WRONG = "Something in it is wrong; fields say what."
_DONE = {204: "Done."}
_NONE = "There is none with this name or id."
_RULE = {
    "name": "The third attempt fails",
    "match": {"receiver": "soap", "fields": {"status": "Complete"}},
    "fault": "status",
    "status": 503,
    "headers": {"X-Node": "3"},
    "from_nth": 3,
    "times": 1,
}

RULE_OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "GET", "/api/rules", _RULES, "List the rules, in the order in which they are asked",
        {200: "The rules."}, gives="Rules",
    ),
    Operation(
        "POST", "/api/rules", _RULES, "Answer otherwise: which requests, what they get, how often",
        {201: "The rule.", 400: _WRONG}, gives="Rule", takes="WantedRule", example=_RULE,
    ),
    Operation(
        "GET", "/api/rules/{id}", _RULES, "Give one rule", {200: "The rule.", 404: _NONE}, gives="Rule"
    ),
    Operation(
        "PUT", "/api/rules/{id}", _RULES, "Change a rule; it counts anew",
        {200: "The rule.", 400: _WRONG, 404: _NONE}, gives="Rule", takes="WantedRule", example=_RULE,
    ),
    Operation("DELETE", "/api/rules/{id}", _RULES, "Remove a rule", {**_DONE, 404: _NONE}),
    Operation("DELETE", "/api/rules", _RULES, "Remove all rules, and stop all scenarios", _DONE),
    Operation(
        "GET", "/api/scenarios", _SCENARIOS, "List the scenarios, and what is left of those that run",
        {200: "The scenarios."}, gives="Scenarios",
    ),
    Operation(
        "POST", "/api/scenarios", _SCENARIOS, "Start a scenario, anew if it runs already",
        {200: "What is running now.", 400: _WRONG}, gives="RunningScenario", takes="WantedScenario",
        example={"scenario": "maintenance", "receiver": "soap", "minutes": 3},
    ),
    Operation(
        "DELETE", "/api/scenarios/{name}", _SCENARIOS, "Stop a scenario", {**_DONE, 404: _NONE}
    ),
    Operation("DELETE", "/api/scenarios", _SCENARIOS, "Stop all scenarios", _DONE),
)  # fmt: skip
