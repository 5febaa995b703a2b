"""A rule is applied to the requests that it matches, when it is their turn, and to no others."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mock_rmm.api.inputs import WantedRule
from mock_rmm.api.reading import read
from mock_rmm.endpoints.receiver import KINDS
from mock_rmm.journal import Entry
from mock_rmm.rules.faults import FAULTS
from mock_rmm.rules.rule import Rule
from mock_rmm.rules.rules import Rules
from mock_rmm.rules.scenarios import SCENARIOS
from mock_rmm.settings import Settings, WrongSettings
from tests.mock_rmm.running import CALLOUT, Mock, running_mock
from tests.mock_rmm.senders import SENDERS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ENDPOINT = KINDS["name-value-post"]
ENTRY = Entry(
    id=1,
    received_at=NOW,
    endpoint=ENDPOINT.name,
    method="POST",
    path=ENDPOINT.path,
    query="",
    headers=(("webhook-id", "msg_1"),),
    body=b"",
    fields=CALLOUT,
    operation="",
    problem="",
    authorised=True,
    receiver=ENDPOINT.name,
)


def put(mock: Mock, **rule: object) -> dict:
    answer = mock.api("POST", "/rules", json={"fault": "status", **rule})
    assert answer.status_code == 201, answer.text
    return answer.json()


def book(*wanted: dict) -> Rules:
    rules = Rules()
    for given in wanted:
        rule = rule_of({"fault": "status", **given}, NOW)
        assert not isinstance(rule, dict), rule
        rules.add(rule)
    return rules


def rule_of(given: dict, now: datetime) -> Rule | dict:
    wanted = read(WantedRule, given)
    return wanted if isinstance(wanted, dict) else wanted.rule(now)


def applied(rules: Rules, requests: int, now: datetime = NOW) -> list[str]:
    """Which rule was applied to each of so many requests."""
    taken = [rules.take(ENTRY, ENDPOINT, now) for _ in range(requests)]
    return ["" if each is None else each[0].name for each in taken]


def test_a_rule_is_applied_to_those_whose_turn_it_is(subtests: pytest.Subtests):
    for turns, expected in [
        ({}, "aaaaaa"),
        ({"times": 2}, "aa    "),
        ({"from_nth": 3}, "  aaaa"),
        ({"from_nth": 3, "times": 1}, "  a   "),
        ({"every": 2}, "a a a "),
        ({"from_nth": 2, "every": 3}, " a  a "),
        ({"every": 2, "times": 2}, "a a   "),
        ({"rate": 0}, "      "),
        ({"rate": 1}, "aaaaaa"),
    ]:
        with subtests.test(turns=turns, expected=expected):
            rules = book({"name": "a", **turns})
            assert "".join(name or " " for name in applied(rules, 6)) == expected


def test_a_rule_for_a_while_ends_with_it():
    rules = book({"name": "a", "for_seconds": 180})
    assert applied(rules, 1, NOW + timedelta(seconds=179)) == ["a"]
    assert applied(rules, 1, NOW + timedelta(seconds=180)) == [""]
    assert rules.all(NOW + timedelta(seconds=180)) == []


def test_chance_falls_the_same_way_with_the_same_seed_and_about_as_often_as_ordered():
    first, second = (applied(book({"name": "a", "rate": 0.3, "seed": 7}), 1000) for _ in range(2))
    other = applied(book({"name": "a", "rate": 0.3, "seed": 8}), 1000)
    assert first == second != other
    assert 240 < first.count("a") < 360


def test_the_lowest_priority_is_asked_first_and_of_equals_the_newest():
    rules = book(
        {"name": "old", "times": 1},
        {"name": "first", "times": 1, "priority": 1},
        {"name": "new", "times": 1},
        {"name": "last", "times": 1, "priority": 9},
    )
    assert [each.rule.name for each in rules.all(NOW)] == ["first", "new", "old", "last"]
    assert applied(rules, 5) == ["first", "new", "old", "last", ""]


def test_one_that_lets_a_request_pass_leaves_it_to_the_next():
    rules = book({"name": "each"}, {"name": "second", "every": 2, "from_nth": 2})
    assert applied(rules, 4) == ["each", "second", "each", "second"]
    assert [(each.rule.name, each.seen, each.applied) for each in rules.all(NOW)] == [
        ("second", 4, 2),
        ("each", 2, 2),
    ]


def test_a_changed_rule_counts_anew_and_keeps_its_id():
    rules = book({"name": "a", "times": 2})
    applied(rules, 1)
    changed = rule_of({"fault": "reset", "name": "b", "times": 1}, NOW)
    assert not isinstance(changed, dict)
    kept = rules.change(1, changed)
    assert kept is not None
    assert kept.id == 1
    assert applied(rules, 2) == ["b", ""]
    assert rules.change(1, changed) is None


def test_a_rule_is_for_the_requests_that_fit(subtests: pytest.Subtests):
    for match, fits in [
        ({}, True),
        ({"receiver": "name-value-post"}, True),
        ({"receiver": "acme"}, False),
        ({"door": "soap"}, False),
        ({"fields": {"status": "In Progress"}}, True),
        ({"fields": {"status": {"contains": "Prog"}}}, True),
        ({"fields": {"number": {"matches": r"^T\d{8}\.\d{4}$"}}}, True),
        ({"fields": {"status": "Complete"}}, False),
        ({"fields": {"udf": None}}, False),
        ({"headers": {"Webhook-Id": "msg_1"}}, True),
        ({"headers": {"Webhook-Id": {"missing": True}}}, False),
    ]:
        with subtests.test(match=match, fits=fits):
            rules = book({"name": "a", "match": match})
            assert applied(rules, 1) == ["a" if fits else ""]


def test_only_the_named_receiver_is_affected(mock: Mock):
    receiver = {"name": "acme", "door": "name-value-post"}
    assert mock.api("PUT", "/receivers", json=receiver).status_code == 200
    put(mock, match={"receiver": "acme"}, status=418)
    acme = mock.session.post(
        f"{mock.url}/callouts/acme", data=CALLOUT, auth=("rmm", "rmm-secret"), timeout=30
    )
    assert (acme.status_code, mock.form().status_code) == (418, 200)


def test_only_the_ticket_with_the_value_is_affected(mock: Mock):
    put(mock, match={"fields": {"number": "T1"}}, status=503)
    for door, send in SENDERS.items():
        assert send(mock, {**CALLOUT, "number": "T1"}).status_code == 503, door
        assert send(mock, {**CALLOUT, "number": "T2"}).status_code == 200, door


def test_an_answer_has_the_ordered_headers(mock: Mock):
    headers = {"X-Node": "3", "Set-Cookie": ["a=1", "b=2"], "content-type": "application/problem+json"}
    put(mock, status=500, body="{}", headers=headers, seconds=2)
    answer = mock.form()
    assert answer.headers["X-Node"] == "3"
    assert answer.raw.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"
    assert mock.last()["answer_headers"]["X-Node"] == "3"


def test_a_redirect_may_point_where_it_is_ordered(mock: Mock):
    put(mock, status=302, headers={"Location": "https://elsewhere.example/"})
    assert mock.form(allow_redirects=False).headers["Location"] == "https://elsewhere.example/"


def test_a_rule_is_told_with_how_far_it_has_come(mock: Mock):
    made = put(mock, name="Two fail", times=3, match={"door": "soap"}, for_seconds=60)
    SENDERS["soap"](mock, CALLOUT)
    mock.form()
    told = mock.api("GET", f"/rules/{made['id']}").json()
    assert (told["name"], told["seen"], told["befallen"], told["left"]) == ("Two fail", 1, 1, 2)
    assert told["match"] == {"door": "soap"}
    assert told["until"] > mock.last()["received_at"]
    assert mock.api("GET", "/rules").json() == {"rules": [told]}


def test_rules_are_changed_and_removed_by_their_ids(mock: Mock):
    first, second = put(mock, status=500), put(mock, status=501)
    assert mock.form().status_code == 501
    assert (
        mock.api("PUT", f"/rules/{second['id']}", json={"fault": "status", "status": 502}).status_code == 200
    )
    assert mock.form().status_code == 502
    assert mock.api("DELETE", f"/rules/{second['id']}").status_code == 204
    assert mock.form().status_code == 500
    assert mock.api("DELETE", f"/rules/{second['id']}").status_code == 404
    assert mock.api("PUT", f"/rules/{second['id']}", json={"fault": "reset"}).status_code == 404
    assert mock.api("DELETE", "/rules").status_code == 204
    assert mock.api("GET", f"/rules/{first['id']}").status_code == 404
    assert mock.form().status_code == 200


def test_the_short_form_and_the_rules_live_together(mock: Mock):
    mock.fault(door="*", fault="status", status=500)
    rule = put(mock, status=418, times=1)
    assert [row["status"] for row in mock.api("GET", "/rules").json()["rules"]] == [418, 500]
    assert [mock.form().status_code for _ in range(2)] == [418, 500]
    put(mock, status=418, priority=9)
    assert mock.form().status_code == 500
    assert mock.api("DELETE", "/faults").status_code == 204
    assert mock.form().status_code == 418
    assert rule["id"] not in [row["id"] for row in mock.api("GET", "/rules").json()["rules"]]


def test_a_wrong_rule_is_refused_field_by_field(mock: Mock, subtests: pytest.Subtests):
    for rule, field in [
        ({}, "fault"),
        ({"fault": ["status"]}, "fault"),
        ({"fault": "status", "colour": "red"}, "colour"),
        ({"fault": "fault", "match": {"door": "name-value-post"}}, "fault"),
        ({"fault": "reset", "match": {"colour": "red"}}, "match.colour"),
        ({"fault": "reset", "match": {"answer_status": "200"}}, "match.answer_status"),
        ({"fault": "reset", "match": {"fields": {"status": {"matches": "("}}}}, "match.fields.status"),
        ({"fault": "delay"}, "seconds"),
        ({"fault": "delay", "seconds": 3, "most_seconds": 2}, "most_seconds"),
        ({"fault": "status", "most_seconds": 2}, "most_seconds"),
        ({"fault": "status", "headers": "X: 1"}, "headers"),
        ({"fault": "status", "headers": {"X-A": "a\r\nX-B: b"}}, "headers"),
        ({"fault": "status", "headers": {"X A": "a"}}, "headers"),
        ({"fault": "status", "headers": {"X-A": "\u20ac"}}, "headers"),
        ({"fault": "status", "headers": {"Content-Length": "3"}}, "headers"),
        ({"fault": "reset", "headers": {"X-A": "a"}}, "headers"),
        ({"fault": "reset", "from_nth": 0}, "from_nth"),
        ({"fault": "reset", "every": 0}, "every"),
        ({"fault": "reset", "rate": 1.5}, "rate"),
        ({"fault": "reset", "rate": True}, "rate"),
        ({"fault": "reset", "for_seconds": 0}, "for_seconds"),
        ({"fault": "reset", "for_seconds": 1e9}, "for_seconds"),
        ({"fault": "reset", "seed": "x"}, "seed"),
        ({"fault": "reset", "priority": 0}, "priority"),
        ({"fault": "reset", "name": "a\nb"}, "name"),
    ]:
        with subtests.test(rule=rule, field=field):
            mock.reset()
            answer = mock.api("POST", "/rules", json=rule)
            assert answer.status_code == 400
            assert field in answer.json()["fields"]
            assert mock.api("GET", "/rules").json() == {"rules": []}


def test_each_fault_says_what_it_does(subtests: pytest.Subtests):
    for name in FAULTS:
        with subtests.test(name=name):
            settings = dict.fromkeys(FAULTS[name].needs, 2)
            rule = rule_of({"fault": name, **settings}, NOW)
            assert not isinstance(rule, dict), rule
            words = FAULTS[name].words(rule)
            assert words[0].isupper()
            assert not words.endswith(".")


def test_what_befell_a_request_stands_in_its_row(mock: Mock):
    put(mock, fault="maintenance", for_seconds=100)
    answer = mock.form()
    assert answer.status_code == 503
    assert 95 <= int(answer.headers["Retry-After"]) <= 100
    assert mock.last()["fault"] == "maintenance"


def test_rules_end_with_their_mock():
    with running_mock() as one:
        put(one, status=503)
    with running_mock() as other:
        assert other.api("GET", "/rules").json() == {"rules": []}


def test_the_manual_tells_every_fault_and_scenario():
    manual = (Path(__file__).parents[2] / "docs" / "mock-rmm.md").read_text("utf-8")
    section = manual.partition("## Rules and scenarios")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE))
    assert told == {*FAULTS, *SCENARIOS}


def test_the_longest_silence_is_a_setting():
    assert Settings.from_env({"MOCK_RMM_LONGEST_SILENCE": "2.5"}).longest_silence == 2.5
    with pytest.raises(WrongSettings, match="MOCK_RMM_LONGEST_SILENCE"):
        Settings.from_env({"MOCK_RMM_LONGEST_SILENCE": "0"})
