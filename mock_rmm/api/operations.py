"""Everything that the JSON API can be asked, in the order of its page. Routes and description follow from it."""

from collections.abc import Callable
from typing import Any

from flask import request

from mock_rmm.api import alerts, answers, inputs, receivers, requests, rules
from mock_rmm.api.document import document
from mock_rmm.api.operation import Operation
from mock_rmm.api.receiver_input import WantedReceiver
from mock_rmm.journal import Search
from mock_rmm.rmm import Rmm, current_rmm

_COMPLETE = {"fields": {"status": "Complete"}}
_VERIFY, _JOURNAL, _ALERTS, _FAULTS = "Verification", "Requests", "Alerts", "Faults"
_RULES, _SCENARIOS, _RECEIVERS, _REST = "Rules", "Scenarios", "Receivers", "Credentials and description"
_WRONG = {400: "Something in it is wrong; fields say what."}
_DONE = {204: "Done."}
_BUSY = {503: "Too many wait already."}
_NONE = {404: "There is none with this name or id."}
_RULE = {
    "name": "The third attempt fails",
    "match": {"receiver": "soap", "fields": {"status": "Complete"}},
    "fault": "status",
    "status": 503,
    "headers": {"X-Node": "3"},
    "from_nth": 3,
    "times": 1,
}


def _of_rmm(act: Callable[[Rmm], None]) -> Callable[[], None]:
    return lambda: act(current_rmm())


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST", "/api/requests/wait", _VERIFY, "Wait until requests that fit have arrived, or the time is up",
        requests.wait, {200: "They have, or the time is up: see met.", **_WRONG, **_BUSY},
        answers.Waited, inputs.WaitQuestion, {"match": _COMPLETE, "count": 1, "timeout": 10},
    ),
    Operation(
        "POST", "/api/requests/count", _VERIFY, "Count the requests that fit", requests.count,
        {200: "How many.", **_WRONG}, answers.Count, inputs.CountQuestion, {"match": _COMPLETE},
    ),
    Operation(
        "POST", "/api/requests/find", _VERIFY, "Find the requests that fit, oldest first", requests.find,
        {200: "The requests.", **_WRONG}, answers.Requests, inputs.FindQuestion,
        {"match": {"door": "soap"}, "limit": 10},
    ),
    Operation(
        "POST", "/api/requests/sequence", _VERIFY, "Say whether requests came in an order", requests.sequence,
        {200: "Whether they did: see met.", **_WRONG, **_BUSY}, answers.Sequence, inputs.SequenceQuestion,
        {"matches": [{"fields": {"status": "New"}}, _COMPLETE], "timeout": 0},
    ),
    Operation(
        "POST", "/api/reset", _VERIFY, "Forget the journal, switch the rules off, or both", requests.reset,
        {**_DONE, **_WRONG}, takes=inputs.Reset, example={"journal": True, "rules": True},
    ),
    Operation(
        "GET", "/api/requests", _JOURNAL, "List the journal, oldest first", requests.listing,
        {200: "The requests.", **_WRONG}, answers.Requests, query=inputs.Page,
    ),
    Operation(
        "GET", "/api/requests/{id}", _JOURNAL, "Get one request", requests.one,
        {200: "The request.", **_NONE}, answers.Request,
    ),
    Operation(
        "GET", "/api/requests/search", _JOURNAL, "Search the journal, newest first, a page at a time",
        requests.search, {200: "A page; next is the before of the one after it.", **_WRONG},
        answers.Found, query=Search,
    ),
    Operation(
        "GET", "/api/requests.har", _JOURNAL, "Export what is searched for as HAR 1.2", requests.har,
        {200: "A file for a browser's network panel.", **_WRONG}, dict[str, Any], query=Search,
    ),
    Operation(
        "GET", "/api/requests.jsonl", _JOURNAL, "Export what is searched for as JSON lines", requests.json_lines,
        {200: "One request a line, oldest first.", **_WRONG}, str, query=Search, media="application/jsonl",
    ),
    Operation(
        "GET", "/api/requests/{id}/curl", _JOURNAL, "Get the command that sends a request again", requests.curl,
        {200: "A line for a shell.", **_NONE}, str, media="text/plain",
    ),
    Operation(
        "DELETE", "/api/requests", _JOURNAL, "Forget the journal", _of_rmm(lambda rmm: rmm.journal.clear()), _DONE
    ),
    Operation(
        "POST", "/api/alerts", _ALERTS, "Raise an alert as a ticket of the portal", alerts.post,
        {201: "The alert, with its ticket.", **_WRONG, 502: "The portal took no ticket; the error says why."},
        answers.Alert, inputs.WantedAlert, {"device": "SRV1", "message": "Disk is full", "door": "soap"},
    ),
    Operation(
        "GET", "/api/alerts", _ALERTS, "List the alerts, newest first", alerts.listing,
        {200: "The alerts."}, answers.Alerts,
    ),
    Operation(
        "GET", "/api/alerts/{alert_id}", _ALERTS, "Get one alert", alerts.one,
        {200: "The alert.", **_NONE}, answers.Alert,
    ),
    Operation(
        "GET", "/api/faults", _FAULTS, "List the faults that are on", rules.faults,
        {200: "The faults."}, answers.Faults,
    ),
    Operation(
        "PUT", "/api/faults", _FAULTS, "Switch a fault on, in the place of the endpoint's earlier one",
        rules.put_fault, {200: "The fault.", **_WRONG}, answers.Fault, inputs.WantedFault,
        {"door": "soap", "fault": "status", "status": 503, "seconds": 30, "times": 2},
    ),
    Operation(
        "DELETE", "/api/faults", _FAULTS, "Switch all faults off, or one endpoint's", rules.clear_faults,
        _DONE, query=inputs.OfEndpoint,
    ),
    Operation(
        "GET", "/api/rules", _RULES, "List the rules, in the order in which they are asked", rules.listing,
        {200: "The rules."}, answers.Rules,
    ),
    Operation(
        "POST", "/api/rules", _RULES, "Answer otherwise: which requests, what they get, how often", rules.post,
        {201: "The rule.", **_WRONG}, answers.Rule, inputs.WantedRule, _RULE,
    ),
    Operation("GET", "/api/rules/{id}", _RULES, "Get one rule", rules.one, {200: "The rule.", **_NONE}, answers.Rule),
    Operation(
        "PUT", "/api/rules/{id}", _RULES, "Change a rule; its counts start again at 0", rules.put,
        {200: "The rule.", **_WRONG, **_NONE}, answers.Rule, inputs.WantedRule, _RULE,
    ),
    Operation("DELETE", "/api/rules/{id}", _RULES, "Remove a rule", rules.delete, {**_DONE, **_NONE}),
    Operation(
        "DELETE", "/api/rules", _RULES, "Remove all rules, and stop all scenarios",
        _of_rmm(Rmm.answer_as_usual), _DONE,
    ),
    Operation(
        "GET", "/api/scenarios", _SCENARIOS, "List the scenarios, and what is left of those that run",
        rules.scenarios, {200: "The scenarios."}, answers.Scenarios,
    ),
    Operation(
        "POST", "/api/scenarios", _SCENARIOS, "Start a scenario, from the beginning if it runs already",
        rules.start_scenario, {200: "What is running now.", **_WRONG},
        answers.RunningScenario, inputs.WantedScenario,
        {"scenario": "maintenance", "receiver": "soap", "minutes": 3},
    ),
    Operation(
        "DELETE", "/api/scenarios/{name}", _SCENARIOS, "Stop a scenario", rules.stop_scenario,
        {**_DONE, **_NONE},
    ),
    Operation(
        "DELETE", "/api/scenarios", _SCENARIOS, "Stop all scenarios", _of_rmm(lambda rmm: rmm.stage.stop_all()), _DONE
    ),
    Operation(
        "GET", "/api/receivers", _RECEIVERS, "List the receivers", receivers.listing,
        {200: "The receivers."}, answers.Receivers,
    ),
    Operation(
        "PUT", "/api/receivers", _RECEIVERS, "Set a receiver up, in the place of the one with its name",
        receivers.put, {200: "The receiver.", **_WRONG}, answers.Receiver, WantedReceiver,
        {"name": "acme", "door": "name-value-post", "path": "/callouts/acme"},
    ),
    Operation(
        "DELETE", "/api/receivers", _RECEIVERS, "Go back to the receivers of the start",
        _of_rmm(lambda rmm: rmm.receivers.reset()), _DONE,
    ),
    Operation(
        "GET", "/api/receivers/{name}", _RECEIVERS, "Get one receiver", receivers.one,
        {200: "The receiver.", **_NONE}, answers.Receiver,
    ),
    Operation(
        "DELETE", "/api/receivers/{name}", _RECEIVERS, "Remove a receiver", receivers.delete,
        {**_DONE, **_NONE, 409: "It is built in, and stays."},
    ),
    Operation(
        "PUT", "/api/credentials", _REST, "Change what the endpoints want, as an RMM's admin may",
        receivers.put_credentials, {200: "The new user name.", **_WRONG}, answers.Username, inputs.Credentials,
        {"username": "rmm", "password": "another secret"},
    ),
    Operation(
        "DELETE", "/api/credentials", _REST, "Go back to the credentials of the start",
        _of_rmm(lambda rmm: rmm.credentials.reset()), _DONE,
    ),
    Operation(
        "GET", "/api/openapi.json", _REST, "Get this description",
        lambda: document(OPERATIONS, request.url_root.rstrip("/")), {200: "OpenAPI 3.1."}, dict[str, Any],
    ),
)  # fmt: skip
