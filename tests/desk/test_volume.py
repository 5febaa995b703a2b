"""A filled database is one that the portal could have written itself."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.db.engine import db
from portal.desk import volume
from portal.desk.volume import fill
from portal.models import Attempt, Delivery, Ticket, TicketHistory, TicketNote, TicketUdf, Udf
from tests.conftest import BOTH
from tests.delivery.conftest import make_callout
from tests.web.delivering import complete

both = pytest.mark.parametrize("app", BOTH, indirect=True)


@both
def test_a_filled_database_holds_ended_deliveries_with_their_attempts(app, session, monkeypatch):
    monkeypatch.setattr(volume, "_CHUNK", 150)
    callouts = [make_callout(session, f"http://127.0.0.1:9/{number}").id for number in range(3)]
    session.add(Udf(name="Alert ID", type="text"))
    session.commit()
    fill(db.engine, 400, now=clock.now())
    counts = dict(session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all())
    assert counts == {"delivered": 384, "failed": 8, "cancelled": 4, "skipped": 4}
    assert session.scalar(select(func.count()).select_from(Ticket)) == 100
    assert session.scalar(select(func.count()).select_from(Attempt)) == 384 + 8 * 11
    for model, count in {TicketNote: 384 + 8, TicketHistory: 100 + 98, TicketUdf: 100}.items():
        assert session.scalar(select(func.count()).select_from(model)) == count
    assert {each.callout_id for each in session.scalars(select(Delivery))} == set(callouts)
    for delivery in session.scalars(select(Delivery)):
        assert [each.number for each in delivery.attempts] == list(range(1, delivery.attempt_count + 1))
        assert timedelta() < clock.now() - delivery.ended_at <= timedelta(days=366)


@both
def test_a_database_can_be_filled_twice_and_used_afterwards(app, session, ticket):
    session.commit()
    for _ in range(2):
        fill(db.engine, 50, now=clock.now())
    make_callout(session, "http://127.0.0.1:9/")
    assert complete(session, ticket) == 101


@both
def test_deliveries_are_filled_in_the_order_of_their_times(app, session):
    fill(db.engine, 60, now=clock.now())
    times = session.scalars(select(Delivery.ended_at).order_by(Delivery.id)).all()
    assert list(times) == sorted(set(times))
