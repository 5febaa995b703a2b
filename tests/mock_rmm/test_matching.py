"""A match finds what it says, tells each difference, and is refused part by part when it is wrong."""

from datetime import UTC, datetime

import msgspec
import pytest

from mock_rmm.api.reading import read
from mock_rmm.diagnosis.finding import Finding
from mock_rmm.journal import Entry, Match
from mock_rmm.journal.waiting import in_order, nearest
from tests.mock_rmm.running import CALLOUT

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def entry(number: int = 1, **changed) -> Entry:
    values = {
        "id": number,
        "received_at": NOW,
        "endpoint": "soap",
        "receiver": "acme",
        "method": "POST",
        "path": "/callouts/acme",
        "query": "a=1",
        "headers": (("SOAPAction", '"urn:x"'), ("webhook-id", "msg_1"), ("X-Callout-Attempt", "2")),
        "body": "<ü/>".encode(),
        "fields": {name: value for name, value in CALLOUT.items() if name != "domain"},
        "operation": "MyWebMethod",
        "problem": "",
        "authorised": True,
        "findings": (Finding("namespace", "problem", "Wrong."), Finding("repeat", "note", "Again.")),
        "answer_status": 200,
        "answer_body": b"ok",
    }
    return Entry(**{**values, **changed})


def match(given: dict) -> Match:
    found = read(Match, given, at="match")
    assert isinstance(found, Match), found
    return found


FITTING = [
    {},
    {"receiver": "acme", "door": "soap", "method": "POST", "path": "/callouts/acme", "query": "a=1"},
    {"body": {"contains": "ü"}, "operation": {"matches": "^My"}, "problem": None},
    {"webhook_id": "msg_1", "attempt": 2, "authorised": True, "fault": {"missing": True}},
    {"answer_status": 200, "answer_body": "ok"},
    {"answer_status": {"matches": "^2"}},
    {"findings": {"contains": "namespace"}},
    {"fields": {"id": 8176, "status": {"is": "In Progress"}, "udf": {"contains": "<UDF>"}}},
    {"fields": {"domain": None}},
    {"fields": {"domain": {"not": "DEV3.COM"}, "status": {"not": "Complete"}}},
    {"fields": {"status": {"missing": False, "contains": "In", "matches": "ss$", "not": "x"}}},
    {"headers": {"soapaction": '"urn:x"', "X-Other": None, "WEBHOOK-ID": {"missing": False}}},
]
DIFFERING = [
    ({"receiver": "Acme"}, "receiver"),
    ({"door": {"matches": "^xml"}}, "door"),
    ({"authorised": False}, "authorised"),
    ({"attempt": 3}, "attempt"),
    ({"fault": "status"}, "fault"),
    ({"problem": {"missing": False}}, "problem"),
    ({"fields": {"domain": "DEV3.COM"}}, "fields.domain"),
    ({"fields": {"domain": {"missing": False}}}, "fields.domain"),
    ({"fields": {"domain": {"contains": ""}}}, "fields.domain"),
    ({"fields": {"domain": {"matches": ".*"}}}, "fields.domain"),
    ({"fields": {"status": None}}, "fields.status"),
    ({"fields": {"status": {"not": "In Progress"}}}, "fields.status"),
    ({"fields": {"status": {"contains": "In", "matches": "^Pro"}}}, "fields.status"),
    ({"headers": {"SOAPAction": "urn:x"}}, "headers.soapaction"),
    ({"headers": {"X-Other": "1"}}, "headers.x-other"),
]


def test_a_request_that_is_as_expected_fits(subtests: pytest.Subtests):
    for given in FITTING:
        with subtests.test(given=given):
            assert match(given).fits(entry())
            assert match(given).differences(entry()) == ()


def test_a_request_that_is_not_as_expected_differs_in_that_part(subtests: pytest.Subtests):
    for given, part in DIFFERING:
        with subtests.test(given=given, part=part):
            assert not match(given).fits(entry())
            assert [each.part for each in match(given).differences(entry())] == [part]


def test_a_match_told_as_json_reads_as_the_same(subtests: pytest.Subtests):
    for given in [*FITTING, *(given for given, _ in DIFFERING)]:
        with subtests.test(given=given):
            assert read(Match, msgspec.to_builtins(match(given))) == match(given)


def test_a_wrong_match_is_refused_part_by_part(subtests: pytest.Subtests):
    for given, parts in [
        ([], {"match"}),
        ("soap", {"match"}),
        (
            {"colour": "red", "fields": "Complete", "headers": []},
            {"match.colour", "match.fields", "match.headers"},
        ),
        ({"fields": {"Status": "Complete"}}, {"match.fields.Status"}),
        ({"door": {}}, {"match.door"}),
        ({"door": {"like": "soap"}}, {"match.door"}),
        ({"door": {"contains": None}}, {"match.door"}),
        ({"door": {"missing": "yes"}}, {"match.door"}),
        ({"door": {"missing": True, "contains": "a"}}, {"match.door"}),
        ({"door": {"matches": "("}}, {"match.door"}),
        ({"door": {"matches": "a" * 1001}}, {"match.door"}),
        ({"door": {"matches": "a{99999999999}"}}, {"match.door"}),
        ({"door": ["soap"], "path": True, "attempt": 1.5}, {"match.door", "match.path", "match.attempt"}),
        ({"authorised": "yes"}, {"match.authorised"}),
        ({"body": "x" * 10_001}, {"match.body"}),
        ({"headers": {f"x-{number}": "1" for number in range(51)}}, {"match"}),
    ]:
        with subtests.test(given=given, parts=parts):
            found = read(Match, given, at="match")
            assert isinstance(found, dict)
            assert set(found) == parts


def test_a_difference_says_what_came_and_what_was_expected():
    given = {"fields": {"status": "Complete", "domain": {"contains": "DEV"}}, "body": {"missing": True}}
    long, *sentences = [each.sentence for each in match(given).differences(entry(body=b"x" * 500))]
    assert sentences == [
        'fields.status: "In Progress" came, expected was "Complete".',
        'fields.domain: nothing came, expected was something with "DEV" in it.',
    ]
    assert len(long) < 200


def test_the_nearest_miss_differs_in_the_fewest_parts_and_then_by_the_least():
    wanted = match({"door": "soap", "fields": {"status": "Complete", "number": "T1"}})

    def came(number: int, status: str, ticket: str = "T1", door: str = "soap") -> Entry:
        return entry(number, endpoint=door, fields={"status": status, "number": ticket})

    entries = [
        came(1, "Completed"),
        came(2, "New"),
        came(3, "Complete", "T2", "xml-rpc"),
        came(4, "New", "T2", "xml-rpc"),
        came(5, "Complete"),
    ]
    assert [miss.entry.id for miss in nearest(entries, wanted)] == [1, 2, 3]
    assert [each.part for each in nearest(entries, wanted)[0].differences] == ["fields.status"]


def test_steps_are_found_in_order_with_others_between_them():
    entries = [entry(number, fields={"status": status}) for number, status in enumerate("axbxb", start=1)]
    steps = [match({"fields": {"status": status}}) for status in "abb"]
    order = in_order(entries, steps)
    assert order.met
    assert [each.id for each in order.found] == [1, 3, 5]


def test_a_step_that_came_too_early_is_named():
    entries = [entry(number, fields={"status": status}) for number, status in enumerate("ba", start=1)]
    order = in_order(entries, [match({"fields": {"status": status}}) for status in "ab"])
    assert not order.met
    assert order.sentence == (
        "Step 2 of 2 is missing: no request fits it after request 2; request 1 fits it, but came earlier."
    )


def test_an_expression_that_takes_too_long_is_no_match_and_is_told():
    found = match({"body": {"matches": "(a|aa)+$"}})
    slow = entry(body=b"a" * 60 + b"!")
    assert not found.fits(slow)
    assert "(which took " in found.words
    for _ in range(10):
        (difference,) = found.differences(slow)
    assert "so it is given up and matches nothing" in difference.sentence
    assert not match({"body": {"matches": "^(a+)+$"}}).fits(slow)


def test_an_expression_that_would_fill_the_memory_is_refused(subtests: pytest.Subtests):
    for pattern in ["a{999999999}", "(?:a{1000}){1000}", "(?x)a{99999 9999}", "((a{100}){100}){100}"]:
        with subtests.test(pattern=pattern):
            assert "repeats together" in str(read(Match, {"body": {"matches": pattern}}))
