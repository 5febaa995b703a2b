"""The web services API when the database will not: a proper fault that says why, and nothing half-done."""

import pytest
from sqlalchemy import func, select

from portal.db.engine import db
from portal.models import Delivery, TicketHistory
from tests.api.raw import ANY, basic, envelope, fault, post, return_code
from tests.conftest import make_ticket
from tests.delivery.conftest import make_callout
from tests.storage import away, full, locked, read_only


def completing(*ticket_ids: int) -> bytes:
    entities = "".join(
        f'<a:Entity xsi:type="a:Ticket"><a:id>{each}</a:id><a:Status>5</a:Status></a:Entity>'
        for each in ticket_ids
    )
    return envelope(f"<a:update><a:Entities>{entities}</a:Entities></a:update>")


def counts() -> list[int]:
    db.session.remove()
    found = [db.session.scalar(select(func.count()).select_from(each)) for each in (TicketHistory, Delivery)]
    db.session.remove()
    return found


@pytest.fixture
def batch(session, company) -> bytes:
    """Enough tickets that a full database has no room for all of their deliveries."""
    make_callout(session, "http://127.0.0.1:9/")
    return completing(*(make_ticket(session, company).id for _ in range(60)))


@pytest.mark.parametrize(
    ("app", "way", "said"),
    [
        ("sqlite", full, "disk is full"),
        ("sqlite", read_only, "can only be read"),
        ("postgres", read_only, "can only be read"),
    ],
    indirect=["app"],
)
def test_a_batch_that_cannot_be_kept_is_a_fault_and_none_of_it_is_kept(client, api_user, batch, way, said):
    who, before = basic(api_user), counts()
    with way():
        answer = post(client, batch, who)
        code, sentence = fault(answer)
        assert (code, said in sentence, "nothing was saved" in sentence) == ("Server", True, True)
        assert return_code(post(client, ANY, who)) == "1"
    assert counts() == before
    assert return_code(post(client, batch, who)) == "1"
    assert counts() == [before[0] + 60, before[1] + 60]


def test_a_lock_that_is_not_let_go_of_is_a_fault(app, client, api_user, batch):
    who, before = basic(api_user), counts()
    with locked(app):
        assert "busy for too long" in fault(post(client, batch, who))[1]
    assert counts() == before


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_while_postgresql_is_away_calls_get_a_fault_and_afterwards_an_answer(
    client, api_user, batch, postgres
):
    who, before = basic(api_user), counts()
    with away(postgres):
        for call in (batch, ANY):
            code, sentence = fault(post(client, call, who))
            assert (code, sentence.startswith("The database does not answer.")) == ("Server", True)
    assert counts() == before
    assert return_code(post(client, batch, who)) == "1"
