"""Everything that the JSON API can be asked, in the order in which it is shown."""

from mock_rmm.openapi.operation import Operation
from mock_rmm.openapi.rule_operations import RULE_OPERATIONS

_COMPLETE = {"fields": {"status": "Complete"}}
_VERIFY, _JOURNAL, _ALERTS = "Verification", "Requests", "Alerts"
_FAULTS, _RECEIVERS, _REST = "Faults", "Receivers", "Credentials and description"
_WRONG = "Something in it is wrong; fields say what."
_DONE = {204: "Done."}
_BUSY = "Too many wait already."
_NONE = "There is none with this name or id."
_SEARCH = {
    "text": "Somewhere in the request, or in the answer's body",
    "receiver": "The name of a receiver",
    "door": "The name of a door",
    "finding": "The code of a finding, or problem, warning or note",
    "status": "The answer's status, such as 503; 5xx; none; open",
    "webhook_id": "The deliveries with this webhook-id",
    "before": "Only requests with a lower id",
    "after": "Only requests with a higher id",
}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST", "/api/requests/wait", _VERIFY, "Wait until requests that fit have arrived, or the time is up",
        {200: "They have, or the time is up: see met.", 400: _WRONG, 503: _BUSY},
        gives="Waited", takes="WaitQuestion", example={"match": _COMPLETE, "count": 1, "timeout": 10},
    ),
    Operation(
        "POST", "/api/requests/count", _VERIFY, "Count the requests that fit",
        {200: "How many.", 400: _WRONG}, gives="Count", takes="CountQuestion", example={"match": _COMPLETE},
    ),
    Operation(
        "POST", "/api/requests/find", _VERIFY, "Find the requests that fit, oldest first",
        {200: "The requests.", 400: _WRONG},
        gives="Requests", takes="FindQuestion", example={"match": {"door": "soap"}, "limit": 10},
    ),
    Operation(
        "POST", "/api/requests/sequence", _VERIFY, "Say whether requests came in an order",
        {200: "Whether they did: see met.", 400: _WRONG, 503: _BUSY},
        gives="Sequence", takes="SequenceQuestion",
        example={"matches": [{"fields": {"status": "New"}}, _COMPLETE], "timeout": 0},
    ),
    Operation(
        "POST", "/api/reset", _VERIFY, "Forget the journal, switch the rules off, or both",
        {**_DONE, 400: _WRONG}, takes="Reset", example={"journal": True, "rules": True},
    ),
    Operation(
        "GET", "/api/requests", _JOURNAL, "List the journal, oldest first", {200: "The requests.", 400: _WRONG},
        gives="Requests",
        query={
            "after": "Only requests with a higher id",
            "limit": "How many at most, up to 1,000",
            "door": "Only those that came by this door",
        },
    ),
    Operation(
        "GET", "/api/requests/{id}", _JOURNAL, "Give one request", {200: "The request.", 404: _NONE},
        gives="Request",
    ),
    Operation(
        "GET", "/api/requests/search", _JOURNAL, "Look through the journal, newest first, a page at a time",
        {200: "A page; next is the before of the one after it.", 400: _WRONG}, gives="Found", query=_SEARCH,
    ),
    Operation(
        "GET", "/api/requests.har", _JOURNAL, "Export what is looked for as HAR 1.2",
        {200: "A file for a browser's network panel.", 400: _WRONG}, gives="Anything", query=_SEARCH,
    ),
    Operation(
        "GET", "/api/requests.jsonl", _JOURNAL, "Export what is looked for as JSON lines",
        {200: "One request a line, oldest first.", 400: _WRONG},
        gives="Text", query=_SEARCH, media="application/jsonl",
    ),
    Operation(
        "GET", "/api/requests/{id}/curl", _JOURNAL, "Give the command that sends a request again",
        {200: "A line for a shell.", 404: _NONE}, gives="Text", media="text/plain",
    ),
    Operation("DELETE", "/api/requests", _JOURNAL, "Forget the journal", _DONE),
    Operation(
        "POST", "/api/alerts", _ALERTS, "Raise an alert as a ticket of the portal",
        {201: "The alert, with its ticket.", 400: _WRONG, 502: "The portal took no ticket; the error says why."},
        gives="Alert", takes="WantedAlert",
        example={"device": "SRV1", "message": "Disk is full", "door": "soap"},
    ),
    Operation("GET", "/api/alerts", _ALERTS, "List the alerts, newest first", {200: "The alerts."}, gives="Alerts"),
    Operation(
        "GET", "/api/alerts/{alert_id}", _ALERTS, "Give one alert", {200: "The alert.", 404: _NONE}, gives="Alert"
    ),
    Operation("GET", "/api/faults", _FAULTS, "List the faults that are on", {200: "The faults."}, gives="Faults"),
    Operation(
        "PUT", "/api/faults", _FAULTS, "Switch a fault on, in the place of the door's earlier one",
        {200: "The fault.", 400: _WRONG}, gives="Fault", takes="WantedFault",
        example={"door": "soap", "fault": "status", "status": 503, "seconds": 30, "times": 2},
    ),
    Operation(
        "DELETE", "/api/faults", _FAULTS, "Switch all faults off, or one door's", _DONE,
        query={"door": "Only this door's"},
    ),
    *RULE_OPERATIONS,
    Operation(
        "GET", "/api/receivers", _RECEIVERS, "List the receivers", {200: "The receivers."}, gives="Receivers"
    ),
    Operation(
        "PUT", "/api/receivers", _RECEIVERS, "Set a receiver up, in the place of the one with its name",
        {200: "The receiver.", 400: _WRONG}, gives="Receiver", takes="WantedReceiver",
        example={"name": "acme", "door": "name-value-post", "path": "/callouts/acme"},
    ),
    Operation("DELETE", "/api/receivers", _RECEIVERS, "Go back to the receivers of the start", _DONE),
    Operation(
        "GET", "/api/receivers/{name}", _RECEIVERS, "Give one receiver", {200: "The receiver.", 404: _NONE},
        gives="Receiver",
    ),
    Operation(
        "DELETE", "/api/receivers/{name}", _RECEIVERS, "Remove a receiver",
        {**_DONE, 404: _NONE, 409: "It is built in, and stays."},
    ),
    Operation(
        "PUT", "/api/credentials", _REST, "Change what the doors want, as an RMM's admin may",
        {200: "The new user name.", 400: _WRONG}, gives="Username", takes="Credentials",
        example={"username": "rmm", "password": "another secret"},
    ),
    Operation("DELETE", "/api/credentials", _REST, "Go back to the credentials of the start", _DONE),
    Operation(
        "GET", "/api/openapi.json", _REST, "Give this description", {200: "OpenAPI 3.1."}, gives="Anything"
    ),
)  # fmt: skip
