"""A scenario is started and stopped as one, and shows what is left of it."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from mock_rmm.rules.rules import Rules
from mock_rmm.rules.scenarios import SCENARIOS, Options, Stage
from tests.mock_rmm.running import BASIC, CALLOUT, Mock
from tests.mock_rmm.senders import DROPPED, SENDERS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def start(mock: Mock, scenario: str, **options: object) -> dict:
    answer = mock.api("POST", "/scenarios", json={"scenario": scenario, **options})
    assert answer.status_code == 200, answer.text
    return answer.json()


def running(mock: Mock) -> list[str]:
    return [each["scenario"] for each in mock.api("GET", "/scenarios").json()["running"]]


def outcomes(mock: Mock, requests: int) -> list[int | str]:
    found: list[int | str] = []
    for _ in range(requests):
        try:
            found.append(mock.form().status_code)
        except DROPPED:
            found.append("dropped")
    return found


def test_each_scenario_starts_is_shown_and_leaves_nothing_behind(mock: Mock, subtests: pytest.Subtests):
    for name in SCENARIOS:
        with subtests.test(name=name):
            mock.reset()
            told = start(mock, name, receiver="soap", minutes=5)
            assert told["until"] > told["since"]
            assert running(mock) == [name]
            assert all(rule["match"] == {"receiver": "soap"} for rule in told["rules"])
            assert mock.form().status_code == 200
            assert mock.api("DELETE", f"/scenarios/{name}").status_code == 204
            assert running(mock) == []
            assert mock.api("GET", "/rules").json() == {"rules": []}
            assert SENDERS["soap"](mock, CALLOUT).status_code == 200


def test_each_scenario_is_over_when_its_time_is_up(subtests: pytest.Subtests):
    for name in SCENARIOS:
        with subtests.test(name=name):
            rules = Rules()
            stage = Stage(rules)
            stage.start(SCENARIOS[name], Options(minutes=2), NOW)
            assert [each.scenario.name for each in stage.running(NOW + timedelta(seconds=119))] == [name]
            over = NOW + timedelta(seconds=120)
            assert stage.running(over) == []
            assert rules.all(over) == []
            assert stage.password_of("soap", over) is None


def test_a_maintenance_window_lasts_three_minutes_and_says_when_to_come_back(mock: Mock):
    told = start(mock, "maintenance")
    since, until = (datetime.fromisoformat(told[key]) for key in ("since", "until"))
    assert until - since == timedelta(minutes=3)
    answer = mock.form()
    assert answer.status_code == 503
    assert 170 <= int(answer.headers["Retry-After"]) <= 180


def test_a_receiver_that_restarts_is_up_again_at_the_sixth_attempt(mock: Mock):
    start(mock, "restarting")
    assert outcomes(mock, 6) == ["dropped", "dropped", 503, 503, 503, 200]
    assert running(mock) == []


def test_a_flaky_receiver_fails_in_all_its_ways_and_the_same_way_with_the_same_seed(mock: Mock):
    start(mock, "flaky", seed=1)
    first = outcomes(mock, 40)
    start(mock, "flaky", seed=1)
    assert outcomes(mock, 40) == first
    assert set(first) == {200, 503, "dropped"}


def test_a_rate_limit_lets_five_pass(mock: Mock):
    start(mock, "rate-limited")
    assert outcomes(mock, 7) == [200] * 5 + [429] * 2
    assert mock.form().headers["Retry-After"] == "30"


def test_a_changed_password_refuses_the_old_one_and_takes_the_new(mock: Mock):
    told = start(mock, "password-changed", password="another secret")
    assert "another secret" not in str(told)
    assert "another secret" not in mock.api("GET", "/scenarios").text
    assert mock.form().status_code == 401
    assert any("password" in each["sentence"] for each in mock.last()["findings"])
    assert mock.form(auth=(BASIC[0], "another secret")).status_code == 200
    mock.api("DELETE", "/scenarios/password-changed")
    assert mock.form().status_code == 200


def test_a_password_that_nobody_knows_is_wanted_of_one_receiver_only(mock: Mock):
    start(mock, "password-changed", receiver="soap")
    assert SENDERS["soap"](mock, CALLOUT).status_code == 401
    assert mock.form().status_code == 200


def test_a_changed_password_is_wanted_by_a_receiver_with_one_of_its_own(mock: Mock):
    own = {"name": "acme", "door": "name-value-post", "username": "u", "password": "p"}
    assert mock.api("PUT", "/receivers", json=own).status_code == 200
    start(mock, "password-changed", password="new")

    def send(password: str) -> int:
        where = f"{mock.url}/callouts/acme"
        return mock.session.post(where, data=CALLOUT, auth=("u", password), timeout=30).status_code

    assert (send("p"), send("new")) == (401, 200)


def test_faults_hidden_in_200_pass_by_formats_that_have_none(mock: Mock):
    start(mock, "hidden-faults")
    answer = SENDERS["soap"](mock, CALLOUT)
    assert (answer.status_code, b"Fault" in answer.content) == (200, True)
    assert mock.form().text.startswith("Received.")


def test_all_scenarios_are_stopped_at_once(mock: Mock, subtests: pytest.Subtests):
    for path in ["/scenarios", "/rules"]:
        with subtests.test(path=path):
            mock.reset()
            start(mock, "slow")
            start(mock, "password-changed")
            assert set(running(mock)) == {"slow", "password-changed"}
            assert mock.api("DELETE", path).status_code == 204
            assert running(mock) == []
            assert outcomes(mock, 1) == [200]


def test_resetting_the_rules_stops_the_scenarios_too(mock: Mock):
    start(mock, "password-changed")
    mock.api("POST", "/reset", json={"rules": True})
    assert outcomes(mock, 1) == [200]


def test_a_scenario_without_rules_left_is_over(mock: Mock):
    told = start(mock, "maintenance")
    mock.api("DELETE", f"/rules/{told['rules'][0]['id']}")
    assert running(mock) == []


def test_a_rule_that_is_changed_stays_a_part_of_its_scenario(mock: Mock):
    told = start(mock, "maintenance")
    changed = mock.api("PUT", f"/rules/{told['rules'][0]['id']}", json={"fault": "status", "status": 500})
    assert changed.json()["scenario"] == "maintenance"
    assert outcomes(mock, 1) == [500]
    mock.api("DELETE", "/scenarios/maintenance")
    assert outcomes(mock, 1) == [200]


def test_a_wrong_start_is_refused_field_by_field(mock: Mock, subtests: pytest.Subtests):
    for given, field in [
        ({}, "scenario"),
        ({"scenario": ["flaky"]}, "scenario"),
        ({"scenario": "flaky", "receiver": "nobody"}, "receiver"),
        ({"scenario": "flaky", "minutes": 0}, "minutes"),
        ({"scenario": "flaky", "minutes": True}, "minutes"),
        ({"scenario": "flaky", "seed": 1.5}, "seed"),
        ({"scenario": "flaky", "password": "x"}, "password"),
        ({"scenario": "password-changed", "password": 3}, "password"),
        ({"scenario": "flaky", "colour": "red"}, "colour"),
    ]:
        with subtests.test(given=given, field=field):
            mock.reset()
            answer = mock.api("POST", "/scenarios", json=given)
            assert answer.status_code == 400
            assert field in answer.json()["fields"]
            assert running(mock) == []


def test_an_unknown_scenario_can_not_be_stopped(mock: Mock):
    assert mock.api("DELETE", "/scenarios/nope").status_code == 404


@pytest.mark.browser
def test_a_scenario_is_started_and_stopped_on_its_page(mock: Mock, page: Page):
    page.goto(f"{mock.url}/scenarios")
    page.get_by_role("button", name="Start Maintenance window").click()
    row = page.locator("#running-maintenance")
    expect(row).to_contain_text("Maintenance window")
    expect(row).to_contain_text("applied to 0 of 0")
    assert mock.form().status_code == 503
    expect(row).to_contain_text("applied to 1 of 1")
    page.get_by_role("button", name="Stop Maintenance window").click()
    expect(page.locator("#running .empty")).to_be_visible()
    page.get_by_label("Scenario").select_option("Password changed")
    page.get_by_label("New password").fill("another secret")
    page.get_by_label("Minutes").fill("-1")
    page.get_by_role("button", name="Start scenario").click()
    expect(page.locator("#minutes-error")).to_contain_text("above 0")
    page.get_by_label("Minutes").fill("2")
    page.get_by_label("New password").fill("another secret")
    page.get_by_role("button", name="Start scenario").click()
    expect(page.locator("#running-password-changed")).to_contain_text("want the new password")
    assert "another secret" not in page.content()
    assert mock.form(auth=(BASIC[0], "another secret")).status_code == 200
