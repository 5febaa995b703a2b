"""Requests of which each has one thing wrong, and what must be said of it."""

from dataclasses import replace

from mock_rmm.diagnosis.case import Case
from mock_rmm.endpoints.receiver import ASP_NET, STRICT
from tests.mock_rmm.diagnosis.cases import (
    ACTION,
    METHOD,
    NOW,
    basic,
    body,
    by,
    contract,
    header,
    query,
    value,
    whole_body,
)
from tests.mock_rmm.pairs import Target

URL = "http://rmm.example/callouts/acme"
TYPE = "Content-Type"
STRICT_SOAP = {"mode": STRICT}
RPC_STRINGS = {"mode": STRICT, "receiver_contract": contract(style="positional")}
AUTH = "Authorization"


def aimed(method: str = METHOD, action: str = ACTION, override: str = "") -> dict[str, Target]:
    return {"target": Target(URL, method, action, override)}


def with_query(case: Case, text: str) -> Case:
    return replace(case, arrival=replace(case.arrival, query=text))


# What is asked for, what is changed, and then: code, severity, and words of the sentence
WRONG = {
    "another HTTP method": ("soap", {}, [by("PUT")], "http-method", "problem", "takes POST. Send it by POST"),
    "GET for POST": ("soap", {}, [by("GET")], "http-method", "problem", "set HTTP Transport Method to “POST”"),
    "no credentials": (
        "soap", {}, [header(AUTH, None)], "no-credentials", "problem", "under Username and Password",
    ),
    "a token": ("soap", {}, [header(AUTH, "Bearer abc")], "other-scheme", "problem", "for the scheme “Bearer”"),
    "a bare token": ("soap", {}, [header(AUTH, "s3cr3t")], "other-scheme", "problem", "of an unknown form"),
    "broken Basic": ("soap", {}, [header(AUTH, "Basic §")], "broken-credentials", "problem", "isn't Base64"),
    "no colon": ("soap", {}, [header(AUTH, "Basic cm1t")], "broken-credentials", "problem", "a colon between"),
    "another user": (
        "soap", {}, [header(AUTH, basic("bob", "rmm-secret"))], "wrong-username", "problem", "is “bob”",
    ),
    "exchanged": (
        "soap", {}, [header(AUTH, basic("rmm-secret", "rmm"))], "credentials-exchanged", "problem", "are exchanged",
    ),
    "a user's case": ("soap", {}, [header(AUTH, basic("RMM", "x"))], "wrong-username", "problem", "only in case"),
    "a wrong password": (
        "soap", {}, [header(AUTH, basic("rmm", "nope"))], "wrong-password", "problem", "is wrong.",
    ),
    "no password": ("soap", {}, [header(AUTH, basic("rmm", ""))], "wrong-password", "problem", "is empty"),
    "a password's line break": (
        "soap", {}, [header(AUTH, basic("rmm", "rmm-secret\n"))],
        "wrong-password", "problem", "a line break around it",
    ),
    "a form where SOAP is read": (
        "soap", {}, [whole_body(b"id=1&status=New")], "data-format", "problem", "set Data Format to “SOAP”",
    ),
    "SOAP where a form is read": (
        "name-value-post", {}, [whole_body(b"<s:Envelope/>")],
        "data-format", "problem", "set Data Format to “Name Value Pair”",
    ),
    "XML-RPC where SOAP is read": (
        "soap", {}, [whole_body(b"<?xml version='1.0'?><methodCall/>")],
        "data-format", "problem", "The body is XML-RPC",
    ),
    "JSON": (
        "xml-rpc", {}, [whole_body(b'{"id": 1}')], "data-format", "problem", "The body is JSON. No callout is",
    ),
    "another root": ("soap", {}, [whole_body(b"<ticket/>")], "data-format", "problem", "must be an Envelope"),
    "noise": ("soap", {}, [whole_body(b"\x00\x01 hello")], "data-format", "problem", "The body isn't SOAP"),
    "no body": ("soap", {}, [whole_body(b"")], "empty", "problem", "The request has no body"),
    "no query": ("name-value-get", {}, [lambda case: with_query(case, "")], "empty", "problem", "no query"),
    "values in the query of a POST": (
        "name-value-post", {}, [whole_body(b""), lambda case: with_query(case, "id=1&number=2")],
        "values-in-query", "problem", "in the URL's query",
    ),
    "no Content-Type": (
        "soap", {}, [header(TYPE, None)], "no-content-type", "warning", "“Content-Type: text/xml; charset=utf-8”",
    ),
    "a form's Content-Type": (
        "name-value-post", {}, [header(TYPE, "text/plain")], "content-type", "problem", "x-www-form-urlencoded",
    ),
    "1.2's Content-Type on 1.1": (
        "soap", {}, [header(TYPE, "application/soap+xml")], "content-type", "warning", "SOAP 1.1 has another",
    ),
    "1.1's Content-Type on 1.2": (
        "soap-1.2", {}, [header(TYPE, "text/xml")], "content-type", "warning", "SOAP 1.2 has another",
    ),
    "a charset that isn't one": (
        "soap", {}, [header(TYPE, "text/xml; charset=klingon")], "unknown-charset", "problem", "“klingon”",
    ),
    "an encoding that isn't one": (
        "soap", {}, [header(TYPE, "text/xml"), body("utf-8", "klingon")],
        "unknown-charset", "problem", "declaration's encoding",
    ),
    "two charsets": ("soap", {}, [body("utf-8", "iso-8859-1")], "two-charsets", "warning", "Make both UTF-8"),
    "bytes of another charset": (
        "soap", value(udf="X1X"), [body("X1X", b"Z\xfcrich")],
        "undecodable", "problem", "As Windows-1252 it would be “ü”",
    ),
    "percent-encoded bytes of another charset": (
        "name-value-get", value(udf="X1X"), [query("X1X", "Z%FCrich")],
        "undecodable", "problem", "because of its %FC",
    ),
    "mangled letters": ("soap", value(udf="ZÃ¼rich"), [], "mangled-letters", "warning", "It was probably “Zürich”"),
    "mangled quotes": ("soap", value(udf="itâ€™s"), [], "mangled-letters", "warning", "It was probably “it’s”"),
    "lost letters": ("soap", value(udf="Z\ufffdrich"), [], "replaced-letters", "warning", "a letter that was lost"),
    "another version": (
        "soap-1.2", {"mode": STRICT, "receiver_contract": contract(versions=("1.1",))}, [],
        "soap-version", "problem", "reads SOAP 1.1",
    ),
    "another method": (
        "soap", {**STRICT_SOAP, **aimed("Nope")}, [],
        "method-name", "problem", "set Method Name to “TicketChanged”",
    ),
    "a method's case": (
        "xml-rpc", {**STRICT_SOAP, **aimed("ticketchanged")}, [], "method-name", "problem", "only in case",
    ),
    "no SOAPAction": (
        "soap", {}, [header("SOAPAction", None)], "no-soap-action", "warning", "which SOAP 1.1 demands",
    ),
    "no SOAPAction where one is wanted": (
        "soap", STRICT_SOAP, [header("SOAPAction", None)],
        "no-soap-action", "problem", f"set SOAP Action to “{ACTION}”",
    ),
    "an empty SOAPAction": ("soap", {}, [header("SOAPAction", '""')], "empty-soap-action", "warning", "is empty"),
    "an unquoted SOAPAction": (
        "soap", {}, [header("SOAPAction", ACTION)], "unquoted-soap-action", "warning", "in double quotes",
    ),
    "another SOAP Action": (
        "soap", {**STRICT_SOAP, **aimed(action="urn:x/TicketChanged")}, [],
        "soap-action", "problem", f"set SOAP Action to “{ACTION}”",
    ),
    "a SOAPAction on 1.2": (
        "soap-1.2", {}, [header("SOAPAction", '"x"')], "soap-action-in-1.2", "note", "SOAP 1.2 has none",
    ),
    "another namespace": (
        "soap", {**STRICT_SOAP, **aimed(override="urn:x")}, [],
        "namespace", "problem", "set Namespace override to “http://tempuri.org/”",
    ),
    "a namespace without its slash": (
        "soap", {"mode": ASP_NET, **aimed(override="http://tempuri.org")}, [],
        "namespace", "problem", "slash at its end is missing",
    ),
    "a namespace that a lenient receiver wonders at": (
        "soap", aimed(override="http://tempuri.org"), [], "namespace", "warning", "reads seven empty values",
    ),
    "a namespace of its own": (
        "soap", aimed(override="urn:x"), [], "namespace", "note", "only if the receiver's contract",
    ),
    "values without the namespace": (
        "soap", STRICT_SOAP, [body("<udf>", '<udf xmlns="">')],
        "value-namespace", "problem", "“udf” is in no namespace",
    ),
    "seven strings for a struct": (
        "xml-rpc-positional", STRICT_SOAP, [],
        "rpc-style", "problem", "set XML-RPC parameters to “One struct with seven members”",
    ),
    "a struct for seven strings": (
        "xml-rpc", RPC_STRINGS, [], "rpc-style", "problem", "set XML-RPC parameters to “Seven strings, in order”",
    ),
    "six strings": (
        "xml-rpc-positional", {}, [body("<param><value><string>8176</string></value></param>", "")],
        "rpc-count", "problem", "6 parameters",
    ),
    "a number for a string": (
        "xml-rpc", {}, [body("<string>8176</string>", "<int>8176</int>")], "rpc-types", "warning", "“id” (“int”)",
    ),
    "a name in another case": (
        "name-value-post", {}, [body("id=", "Id=")], "misspelt-name", "warning", "letters are in another case",
    ),
    "another word": (
        "soap", {}, [body("created_datetime>", "createdDate>")],
        "misspelt-name", "warning", "Call it “created_datetime”",
    ),
    "a typing error": (
        "xml-rpc", {}, [body("last_activity_", "last_activty_")],
        "misspelt-name", "warning", "Call it “last_activity_datetime”",
    ),
    "a required name misspelt": (
        "soap", {"mode": STRICT, "receiver_contract": contract(required=("status",))}, [body("status>", "State>")],
        "misspelt-name", "problem", "Call it “status”",
    ),
    "values that didn't come": (
        "soap", {}, [body("<domain>DEV3.COM</domain>", "")], "missing-values", "warning", "domain didn't come",
    ),
    "required values that didn't come": (
        "soap", {"mode": STRICT, "receiver_contract": contract(required=("domain",))},
        [body("<domain>DEV3.COM</domain>", "")],
        "missing-values", "problem", "Add it",
    ),
    "none of the seven": (
        "name-value-post", {}, [whole_body(b"a=1&b=2")], "no-values", "problem", "None of the seven",
    ),
    "a value twice": (
        "name-value-get", {}, [query("id=8176", "id=7&id=8176")],
        "duplicate-value", "warning", "2 times: “7” and “8176”",
    ),
    "other names": ("soap", {}, [body("<udf>", "<extra/><udf>")], "unknown-names", "note", "“extra”"),
    "an empty value": ("soap", value(number=""), [], "empty-values", "warning", "number came empty"),
    "a required value that is empty": (
        "soap", {"mode": STRICT, "receiver_contract": contract(required=("udf",)), **value(udf="")}, [],
        "empty-values", "problem", "Choose a Ticket User-Defined Field",
    ),
    "an empty UDF": ("soap", value(udf=""), [], "empty-udf", "note", "Ticket User-Defined Field"),
    "another order": (
        "soap", {},
        [body("<id>8176</id><number>T20211120.0001</number>", "<number>T20211120.0001</number><id>8176</id>")],
        "value-order", "warning", "in the order number, id",
    ),
    "spaces around a value": ("soap", value(status=" New "), [], "spaces-around", "warning", "around status"),
    "a number for an id": ("soap", value(id="T20211120.0001"), [], "id-form", "warning", "belongs into number"),
    "an odd number": ("soap", value(number="42"), [], "number-form", "warning", "looks like T20211120.0001"),
    "a status's id": ("soap", value(status="5"), [], "status-form", "warning", "send the label"),
    "a status's case": ("soap", value(status="in progress"), [], "status-form", "warning", "“In Progress”"),
    "a time in UTC": (
        "soap", value(created_datetime="2021-11-20T15:43:34.9030000Z"), [],
        "time-form", "warning", "here “2021-11-20T10:43:34.9030000-05:00”",
    ),
    "a time without T, fraction and zone": (
        "soap", value(created_datetime="2021-11-20 10:43:34"), [],
        "time-form", "warning", "has no T between date and time, has no fraction digits and not 7 and has no offset",
    ),
    "a count of seconds": (
        "soap", value(created_datetime="1637423014"), [], "time-form", "warning", "seconds since 1970",
    ),
    "an American time": (
        "soap", value(created_datetime="11/20/2021 10:43 AM"), [], "time-form", "warning", "no date and time",
    ),
    "an element in a value": (
        "soap", value(udf="X1X"), [body("X1X", "ALERT<br/>7")], "markup-in-value", "problem", "“udf” has “<br>” in it",
    ),
    "an element in a string": (
        "xml-rpc", value(udf="X1X"), [body("X1X", "ALERT<br/>7")], "markup-in-value", "problem", "“<br>” in it",
    ),
    "text beside a string": (
        "xml-rpc", value(udf="X1X"), [body("X1X</string>", "7</string>ALERT")],
        "markup-in-value", "problem", "“udf” has “ALERT” in it",
    ),
    "a week's day": (
        "soap", value(created_datetime="2026-W53-4"), [], "time-form", "warning", "no date and time",
    ),
    "a date with a zone": (
        "soap", value(created_datetime="2021-11-20-08:00"), [],
        "time-form", "warning", "on that date: here “2021-11-20T03:00:00.0000000-05:00”",
    ),
    "a time in another zone": (
        "soap", value(created_datetime="2021-11-20T15:43:34.9030000+00:00"), [],
        "time-zone", "warning", "offset isn't US Eastern's",
    ),
    "summer's offset in winter": (
        "soap", value(created_datetime="2021-11-20T11:43:34.9030000-04:00"), [],
        "time-zone", "warning", "10:43:34.9030000-05:00",
    ),
    "times exchanged": (
        "soap", value(created_datetime="2022-11-20T10:43:34.9030000-05:00"), [],
        "time-order", "warning", "exchanged",
    ),
    "no webhook-id": ("soap", {}, [header("webhook-id", None)], "no-webhook-id", "note", "knows a repeat"),
    "no attempt": ("soap", {}, [header("X-Callout-Attempt", None)], "no-attempt", "note", "from 1"),
    "an attempt that is no number": (
        "soap", {}, [header("X-Callout-Attempt", "one")], "no-attempt", "warning", "“one”",
    ),
    "a later attempt": (
        "soap", {}, [header("X-Callout-Attempt", "3")], "attempt-gap", "note", "attempts 1 to 2 never arrived",
    ),
    "a time stamp that is no number": (
        "soap", {}, [header("webhook-timestamp", "now")], "timestamp-form", "warning", "“now”",
    ),
    "a slow clock": (
        "soap", {}, [header("webhook-timestamp", str(int(NOW.timestamp()) - 301))],
        "timestamp-off", "warning", "301 seconds behind",
    ),
    "milliseconds": (
        "soap", {}, [header("webhook-timestamp", str(int(NOW.timestamp())) [:10] + "00")],
        "timestamp-off", "warning", "count milliseconds",
    ),
    "a signature of nothing": (
        "soap", {}, [header("webhook-signature", "v1,x"), header("webhook-timestamp", None)],
        "unverifiable-signature", "warning", "without webhook-timestamp",
    ),
    "a signature in another form": (
        "soap", {}, [header("webhook-signature", "sha256=ab")], "broken-signature", "warning", "Standard Webhooks",
    ),
    "a signature": (
        "soap", {}, [header("webhook-signature", "v1," + "A" * 43 + "=")], "signed", "note", "isn't verified here",
    ),
    "a bare ampersand": (
        "soap", value(udf="X1X"), [body("X1X", "a & b")], "unreadable", "problem", "In XML write &amp;",
    ),
    "a DOCTYPE": (
        "soap", {}, [body("<soap:Envelope", "<!DOCTYPE x><soap:Envelope")], "unreadable", "problem", "DOCTYPE",
    ),
    "no Body": (
        "soap", {}, [whole_body(b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>')],
        "refused", "problem", "no Body",
    ),
    "a body too large": (
        "soap", {}, [lambda case: replace(case, whole=False, problem="The body is larger than …")],
        "too-large", "problem", "larger",
    ),
}  # fmt: skip
