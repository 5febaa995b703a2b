"""/metrics: what is counted, and who may read it."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from portal import clock, create_app
from portal.db import counters
from portal.db.engine import db
from portal.db.services import services
from portal.delivery import heartbeat, outbox
from portal.models import Callout
from portal.settings import Settings
from portal.web import metrics
from tests.conftest import BOTH, make_ticket
from tests.delivery.conftest import make_callout
from tests.receiver import Answer
from tests.servers import wait_until
from tests.web.delivering import complete

TOKEN = "a token of sixteen characters"


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Counts that an earlier test's process has not yet added to Redis would come with the next."""
    counters._counts.clear()
    yield
    counters._counts.clear()


@pytest.fixture
def worker(app: Flask) -> None:
    heartbeat.beat(services().doorbell.redis, ["host:1:abc", "host:2:def"], 60)


def families(answer) -> dict[str, dict[tuple, float]]:
    """Read the metrics as Prometheus would: by sample's name, then by labels."""
    assert answer.status_code == 200, answer.text
    found: dict[str, dict[tuple, float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def labelled(**labels: str) -> tuple:
    return tuple(sorted(labels.items()))


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_each_ending_and_each_attempt_is_counted(
    client, session, company, callout, receiver, drain, moved_clock, worker
):
    receiver.answers = [Answer(503), Answer(200)]
    complete(session, make_ticket(session, company))
    drain()
    moved_clock.forward(61)
    drain()
    cancelled = complete(session, make_ticket(session, company))
    outbox.cancel(session(), cancelled, "Ada", clock.now())
    session.commit()
    complete(session, make_ticket(session, company))
    session.execute(update(Callout).values(active=False))
    session.commit()
    complete(session, make_ticket(session, company))
    found = families(client.get("/metrics"))
    outcomes = found["roundtrip_deliveries_total"]
    assert {dict(labels)["outcome"]: value for labels, value in outcomes.items()} == {
        "delivered": 1,
        "failed": 0,
        "cancelled": 1,
        "skipped": 1,
    }
    assert found["roundtrip_attempts_total"] == {
        labelled(status_class="5xx", error="http"): 1,
        labelled(status_class="2xx", error=""): 1,
    }
    name = callout.name
    assert found["roundtrip_callout_deliveries_total"][labelled(callout=name, outcome="delivered")] == 1
    assert found["roundtrip_callout_attempts_total"][labelled(callout=name, status_class="5xx")] == 1
    assert found["roundtrip_attempt_duration_seconds_count"][()] == 2
    assert found["roundtrip_attempt_duration_seconds_bucket"][labelled(le="+Inf")] == 2
    # one first attempt: the resend is none
    assert found["roundtrip_queue_age_seconds_count"][()] == 1
    assert found["roundtrip_queue_age_seconds_bucket"][labelled(le="60.0")] == 1
    assert found["roundtrip_deliveries_waiting"][()] == 1
    assert found["roundtrip_callout_waiting"][labelled(callout=name)] == 1
    assert found["roundtrip_workers"][()] == 2
    assert found["roundtrip_ready"][labelled(check="database")] == 1


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_what_was_given_up_and_what_a_dead_worker_lost_is_counted(
    client, session, company, callout, receiver, drain, moved_clock
):
    session.execute(update(Callout).values(resend_after="passing"))
    session.commit()
    receiver.answers = [Answer(404)]
    complete(session, make_ticket(session, company))
    drain()
    complete(session, make_ticket(session, company))
    lease = {"now": int(clock.now().timestamp()), "lease_seconds": 15}
    outbox.claim(session(), callout.id, 1, "dead", **lease)
    session.commit()
    moved_clock.forward(20)
    receiver.answers = [Answer(200)]
    drain()
    found = families(client.get("/metrics"))
    assert found["roundtrip_deliveries_total"][labelled(outcome="failed")] == 1
    assert found["roundtrip_attempts_total"] == {
        labelled(status_class="4xx", error="http"): 1,
        labelled(status_class="none", error="lost"): 1,
        labelled(status_class="2xx", error=""): 1,
    }
    # nobody knows how long the lost one took
    assert found["roundtrip_attempt_duration_seconds_count"][()] == 2


def test_a_rolled_back_change_is_not_counted(client, session, ticket, callout, app):
    cancelled = complete(session, ticket)
    assert outbox.cancel(session(), cancelled, "Ada", clock.now())
    session.rollback()
    session.commit()
    assert families(client.get("/metrics"))["roundtrip_deliveries_total"][labelled(outcome="cancelled")] == 0


def test_counts_of_all_processes_are_added_up(client, app):
    bell = services().doorbell
    for _ in range(2):  # two processes, one after the other
        counters.ended("delivered", 7)
        counters.attempted(7, 200, "", 0.3)
        counters.flush(bell)
    found = families(client.get("/metrics"))
    assert found["roundtrip_deliveries_total"][labelled(outcome="delivered")] == 2
    assert found["roundtrip_attempt_duration_seconds_sum"][()] == 0.6
    buckets = found["roundtrip_attempt_duration_seconds_bucket"]
    assert (buckets[labelled(le="0.25")], buckets[labelled(le="0.5")]) == (0, 2)


def test_what_is_counted_while_redis_is_away_is_added_afterwards(client, app, valkey):
    bell = services().doorbell
    counters.ended("delivered", 7)
    valkey.stop()
    try:
        counters.flush(bell)
        lost = client.get("/metrics")
    finally:
        valkey.start()
    assert lost.status_code == 200
    assert "roundtrip_deliveries_total" not in lost.text
    assert families(lost)["roundtrip_ready"][labelled(check="redis")] == 0

    def counted() -> float:
        found = families(client.get("/metrics"))
        return found.get("roundtrip_deliveries_total", {}).get(labelled(outcome="delivered"), 0)

    wait_until(lambda: counted() == 1, what="Redis is asked again")


def test_a_failing_callout_shows(client, session, callout, app):
    session.execute(update(Callout).values(failing_since=clock.now(), failures_in_row=5))
    session.commit()
    found = families(client.get("/metrics"))
    assert found["roundtrip_callouts_failing"][()] == 1
    assert found["roundtrip_callout_failing"][labelled(callout=callout.name)] == 1


def test_series_by_callout_are_bounded_and_totals_count_all(client, session, app, monkeypatch):
    monkeypatch.setattr(metrics, "MOST_CALLOUTS", 2)
    made = [make_callout(session, "http://127.0.0.1:1/", name=f"RMM {number}") for number in range(3)]
    for each in made:
        counters.ended("delivered", each.id)
    found = families(client.get("/metrics"))
    assert found["roundtrip_deliveries_total"][labelled(outcome="delivered")] == 3
    shown = {dict(labels)["callout"] for labels in found["roundtrip_callout_deliveries_total"]}
    assert shown == {"RMM 0", "RMM 1"}


def test_a_callouts_name_may_hold_anything(client, session, app):
    name = 'quo"te, back\\slash\nline, ümlaut'
    make_callout(session, "http://127.0.0.1:1/", name=name)
    assert families(client.get("/metrics"))["roundtrip_callout_waiting"] == {labelled(callout=name): 0}


def test_without_a_token_metrics_are_for_this_machine_only(client, app, subtests):
    for peer in ["192.0.2.7", "::ffff:192.0.2.7", ""]:
        with subtests.test(peer=peer):
            answer = client.get("/metrics", environ_overrides={"REMOTE_ADDR": peer})
            assert answer.status_code == 403
            assert "PORTAL_METRICS_TOKEN" in answer.text
            assert "roundtrip_" not in answer.text
            assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "::1"}).status_code == 200


def test_a_proxy_on_this_machine_does_not_open_them_to_the_world(client, app, subtests):
    for header in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"]:
        with subtests.test(header=header):
            assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


@pytest.fixture
def with_settings(app: Flask, environ: dict[str, str]) -> Iterator[Callable[..., FlaskClient]]:
    made: list[Flask] = []

    def make(**values: str) -> FlaskClient:
        made.append(create_app(Settings.from_env(environ | values)))
        return made[-1].test_client()

    yield make
    for each in made:
        with each.app_context():
            db.engine.dispose()  # its connections are nobody else's


def test_whom_a_trusted_proxy_calls_this_machine_is_not(with_settings):
    client = with_settings(PORTAL_TRUSTED_PROXIES="1")
    answer = client.get(
        "/metrics",
        headers={"X-Forwarded-For": "127.0.0.1"},
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    )
    assert answer.status_code == 403


def test_with_a_token_only_who_has_it_reads_them(with_settings):
    client = with_settings(PORTAL_METRICS_TOKEN=TOKEN)
    for given in ("", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer \xff"):
        answer = client.get("/metrics", headers={"Authorization": given} if given else {})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert TOKEN not in answer.text
    far = {"REMOTE_ADDR": "192.0.2.7"}
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, environ_overrides=far)
    assert "roundtrip_deliveries_total" in families(answer)


def test_both_forms_of_the_text_are_given_as_the_reader_asks(client, app):
    plain = client.get("/metrics")
    assert plain.content_type.startswith("text/plain")
    newer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert newer.content_type.startswith("application/openmetrics-text")
    assert newer.text.endswith("# EOF\n")
