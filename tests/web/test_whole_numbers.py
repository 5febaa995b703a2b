"""Times beyond 2038 and ids beyond two thousand million, from one end to the other."""

import itertools
import json
from collections.abc import Callable, Iterator

import flask_migrate
import pytest
from click.testing import CliRunner
from sqlalchemy import event, text, update
from werkzeug.test import TestResponse

from portal import clock
from portal.cli import portal as command
from portal.db.engine import db
from portal.db.sessions import reading
from portal.delivery import due
from portal.models import Base, Delivery, Message
from portal.models.base import MAX_ID
from portal.notify import messages
from tests.api import raw
from tests.api.conftest import term
from tests.conftest import BOTH, make_resource, make_ticket, sign_in
from tests.delivery.conftest import make_callout
from tests.web.delivering import complete

BEYOND_32_BITS = 2**31 + 7
Y2040 = 2_208_988_800
both_databases = pytest.mark.parametrize("app", BOTH, indirect=True)


@pytest.fixture
def many_came_before(app) -> Iterator[None]:
    """Each row gets an id as if two thousand million had been there before."""
    numbers = itertools.count(BEYOND_32_BITS)

    def number(_mapper, _connection, row) -> None:
        if "id" in type(row).__table__.columns:
            row.id = next(numbers)

    event.listen(Base, "before_insert", number, propagate=True)
    yield
    event.remove(Base, "before_insert", number)


@pytest.fixture
def run(app, environ) -> Callable[..., str]:
    """Give what `portal deliveries` says, as another process would."""

    def invoke(*arguments: object) -> str:
        db.session.commit()  # its own transaction would hold SQLite's write lock
        return CliRunner().invoke(command, ["deliveries", *map(str, arguments)], env=environ).output

    return invoke


@pytest.fixture
def ask(client, api_user) -> Callable[[str, object], TestResponse]:
    """Ask the API for the tickets with a field of this number."""
    who = raw.basic(api_user)

    def ask(field: str, number: object) -> TestResponse:
        query = f"<queryxml><entity>Ticket</entity><query>{term(field, 'Equals', number)}</query></queryxml>"
        return raw.post(client, raw.query(query), who)

    return ask


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_postgresql_has_no_whole_number_of_32_bits_and_keeps_what_it_had(app, session):
    flask_migrate.check()
    columns = "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'integer'"
    counters = "SELECT sequencename FROM pg_sequences WHERE data_type <> 'bigint'::regtype"
    own = " AND table_schema = 'public'"
    assert session.execute(text(columns + own)).all() == []
    assert session.execute(text(counters)).all() == []
    callout = make_callout(session, "http://127.0.0.1:9/", probe_at=2**31 - 1)
    session.commit()
    number = callout.id
    session.remove()
    flask_migrate.downgrade(revision="0007")
    assert len(session.execute(text(columns + own)).all()) > 40
    session.remove()
    flask_migrate.upgrade()
    assert session.execute(text("SELECT id, probe_at FROM callout")).all() == [(number, 2**31 - 1)]


@both_databases
def test_a_time_beyond_2038_is_kept_and_is_due_when_it_comes(app, session, company):
    callout = make_callout(session, "http://127.0.0.1:9/", failing_since=clock.now(), probe_at=Y2040)
    delivery_id = complete(session, make_ticket(session, company))
    session.execute(update(Delivery).values(due_at=Y2040, attempt_count=1))
    words = {"to_address": "ada@example.com", "subject": "", "body": "", "state": "waiting"}
    session.add(Message(**words, due_at=Y2040, created_at=clock.now()))
    session.commit()
    number = callout.id
    with reading(db.engine) as own:
        assert due.due_callouts(own, Y2040 - 1) == []
        assert due.next_due(own, Y2040 - 1) == messages.next_due(own, ["email"]) == Y2040
        assert due.due_callouts(own, Y2040) == [number]
        assert own.get(Delivery, delivery_id).due_at == Y2040


@both_databases
def test_ids_beyond_32_bits_go_through_pages_the_api_and_the_command(
    app, session, many_came_before, client, company, receiver, drain, ask, run
):
    callout_id = make_callout(session, receiver.url).id
    ticket = make_ticket(session, company)
    number, company_id, ticket_id = ticket.number, company.id, ticket.id
    delivery_id = complete(session, ticket)
    drain()
    assert min(callout_id, company_id, ticket_id, delivery_id) >= BEYOND_32_BITS
    found = ask("id", ticket_id)
    assert raw.return_code(found) == "1"
    assert f'xsi:type="xs:long">{company_id}</' in found.text
    shown = json.loads(run("show", delivery_id, "--json"))
    assert (shown["id"], shown["ticket"]["id"], shown["callout"]["id"]) == (
        delivery_id,
        ticket_id,
        callout_id,
    )
    assert shown["state"] == "delivered"
    sign_in(client, make_resource(session, "administrator"))
    for address in (
        f"/tickets/{ticket_id}",
        f"/tickets?company={company_id}&status=all",
        f"/deliveries/{delivery_id}",
        f"/deliveries?ticket={ticket_id}&callout={callout_id}",
        f"/deliveries?before={delivery_id + 1}",
    ):
        assert number in client.get(address).text, address
    assert client.get(f"/admin/callouts/{callout_id}").status_code == 200


@both_databases
def test_a_number_beyond_its_column_finds_nothing_or_is_refused_and_is_no_error(
    app, session, client, ticket, ask, run
):
    sign_in(client, make_resource(session, "administrator"))
    for number in (2**31, MAX_ID, MAX_ID + 1, 10**30):
        for address in ("/tickets?status={}", "/tickets?queue={}&company={}", "/deliveries?callout={}"):
            assert client.get(address.replace("{}", str(number))).status_code == 200, (address, number)
        for address in ("/deliveries?ticket={}", "/deliveries?before={}", "/admin/rules/new?callout={}"):
            assert client.get(address.format(number)).status_code == 200, (address, number)
        assert client.get(f"/deliveries/{number}").status_code == 404
        assert f"There is no delivery {number}." in run("show", number)
        assert "There is no ticket" in run("list", "--ticket", number)
        for field in ("id", "Status", "AccountID"):
            assert (raw.return_code(ask(field, number)) == "1") is (number <= MAX_ID), (field, number)
