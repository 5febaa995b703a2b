"""The log of a real run: every line is JSON, names what it is about, and holds no secret and no payload."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.processes.running import ADMIN_PASSWORD, Browser, Stack, http, stack
from tests.receiver import Answer, listening
from tests.servers import wait_until

pytestmark = pytest.mark.processes

CALLOUT_PASSWORD = "a callout's own password"
TITLE = "Title that a customer wrote"
ANSWER = b"what a receiver answered"
METRICS_TOKEN = "a token for metrics only"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, dict[str, int]]]:
    """A round trip that is resent once, with what it made; and requests that are refused."""
    folder = tmp_path_factory.mktemp("logs")
    values = {"PORTAL_LOG_FORMAT": "json", "PORTAL_MOCK_RMM": "no", "PORTAL_DEMO": "no"}
    values |= {"PORTAL_ADMIN_PASSWORD": ADMIN_PASSWORD, "PORTAL_RESEND_SECONDS": "1"}
    values |= {"PORTAL_METRICS_TOKEN": METRICS_TOKEN}
    with stack(folder / "instance", folder / "log", **values) as running, listening() as receiver:
        running.wait_until_ready()
        receiver.answers = [Answer(503, ANSWER), Answer(200, ANSWER)]
        http().post(f"{running.url}/sign-in", data={"user_name": "x", "password": "y"}, timeout=30)
        browser = Browser(running.url, "admin", ADMIN_PASSWORD)
        browser.submit("/admin/companies/new", name="Northwind")
        browser.submit(
            "/admin/callouts/new",
            name="Acme RMM",
            url=receiver.url,
            username="portal",
            password=CALLOUT_PASSWORD,
        )
        option = browser.get("/admin/rules/new").xpath("//option[normalize-space()='Acme RMM']/@value")[0]
        browser.submit(f"/admin/rules/new?preset=recommended&callout={option}")
        ticket = browser.make_ticket(TITLE)
        browser.press(ticket, "Complete")
        wait_until(lambda: '"result": "Delivered"' in running.output, what="it was delivered")
        http().post(f"{running.url}/ATServices/1.6/atws.asmx", data=b"<x/>", timeout=30)
        http().get(f"{running.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}, timeout=30)
        yield running, {"ticket": int(ticket.rpartition("/")[2]), "callout": int(option), "delivery": 1}


def lines(running: Stack) -> list[dict]:
    said = running.output.splitlines()
    # the welcome is for whoever has typed the command, and no event
    return [json.loads(line) for line in said if line and not line.startswith("  ")]


def test_every_line_is_an_event_with_its_time_and_level(run):
    found = lines(run[0])
    assert found
    for each in found:
        assert {"event", "level", "timestamp", "logger"} <= set(each)
        assert re.fullmatch(r"[a-z_]+", each["event"]), each
        assert each["timestamp"].endswith("Z")


def test_a_delivery_is_followed_by_its_ids_from_the_change_to_its_end(run):
    running, ids = run
    found = [each for each in lines(running) if each.get("delivery") == ids["delivery"]]
    told = [(each["event"], each.get("attempt"), each.get("result")) for each in found]
    assert told == [
        ("delivery_enqueued", None, None),
        ("attempt", 1, "TryAgain"),
        ("attempt", 2, "Delivered"),
    ]
    for each in found:
        assert {name: each[name] for name in ids} == ids
    # who made it is found by the request
    made = found[0]
    (request,) = [
        each for each in lines(running) if each["event"] == "request" and each["request"] == made["request"]
    ]
    assert request["path"] == f"/tickets/{ids['ticket']}/complete"
    assert request["by"] == made["by"] == 1


def test_each_request_is_one_line_and_gunicorn_adds_none(run):
    found = [each for each in lines(run[0]) if each["event"] == "request"]
    assert {"/sign-in", "/admin/callouts/new", "/tickets/1/complete"} <= {each["path"] for each in found}
    assert len({each["request"] for each in found}) == len(found)
    assert any(each["path"].endswith("/atws.asmx") and each["status"] == 401 for each in found)


def test_what_a_person_or_a_machine_must_not_read_is_in_no_line(run):
    running, _ = run
    instance = running.instance
    secrets = [ADMIN_PASSWORD, CALLOUT_PASSWORD, TITLE, ANSWER.decode(), METRICS_TOKEN]
    secrets += [path.read_text().strip() for path in instance.glob("*.key")]
    secrets += [path.read_text().strip() for path in instance.glob("*.password")]
    assert len(secrets) >= 7
    for secret in secrets:
        assert secret not in running.output
