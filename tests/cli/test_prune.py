"""`portal prune`: what is old is counted first, and then deleted."""

from datetime import timedelta

import pytest

from portal import clock
from portal.db.engine import db
from portal.desk.volume import fill
from portal.models import Delivery
from tests.conftest import BOTH


@pytest.fixture
def filled(session) -> None:
    session.commit()
    fill(db.engine, 400, now=clock.now())
    session.commit()


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_what_would_be_deleted_is_what_is_deleted(app, session, run, filled):
    counted = run("prune", "--days", 100, "--dry-run")
    assert counted.exit_code == 0, counted.output
    assert session.query(Delivery).count() == 400
    deleted = run("prune", "--days", 100)
    assert deleted.exit_code == 0, deleted.output
    assert counted.output.replace("Would be deleted", "Deleted") == deleted.output
    kept = session.query(Delivery).count()
    assert f": {400 - kept} deliveries with " in deleted.output
    assert 0 < kept < 400
    assert all(each.ended_at > clock.now() - timedelta(days=100) for each in session.query(Delivery))


def test_the_setting_says_how_many_days_unless_the_command_does(session, run, filled, environ):
    environ["PORTAL_KEEP_DAYS"] = "200"
    assert "of more than 200 days ago" in run("prune", "--dry-run").output
    assert "of more than 7 days ago" in run("prune", "--dry-run", "--days", "7").output


def test_where_all_is_kept_the_command_says_what_to_do(session, run, filled):
    done = run("prune")
    assert done.exit_code == 1
    assert "Use --days 365" in done.output
    assert session.query(Delivery).count() == 400
