"""The demo of a new portal: made once, and each alert fires just the callout whose field it fills."""

import pytest
from sqlalchemy import func, select

from portal.callouts.formats import FORMATS
from portal.clock import now
from portal.core.actors import Actor, ActorKind, Context
from portal.core.callouts import soap_namespace
from portal.desk.demo import API_USER_NAME, MockRmm, make_demo
from portal.desk.seed import make_first_admin
from portal.desk.ticket_work import complete_ticket, create_ticket, edit_ticket
from portal.http.urls import url_problem
from portal.models import Base, Callout, Company, Delivery, Resource, Rule, Udf
from tests.conftest import BOTH, authenticate
from tests.transactions import quick_hash

MOCK = MockRmm("http://127.0.0.1:8001", "rmm", "encrypted", quick_hash("api password"))
PAIRS = [(each.name, transport) for each in FORMATS.values() for transport in each.transports]


@pytest.fixture
def admin(session) -> Resource:
    made = make_first_admin(session(), "admin", quick_hash("correct horse"))
    session.commit()
    return made


@pytest.fixture
def demo(session, admin) -> None:
    assert make_demo(session(), MOCK, to=admin, now=now())
    session.commit()


def counts(session) -> dict[str, int]:
    tables = Base.metadata.sorted_tables
    return {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_the_demo_is_made_once(session, admin, demo):
    before = counts(session)
    assert before["company"] == 1
    assert (before["callout"], before["rule"], before["udf"]) == (len(PAIRS),) * 3
    assert not make_demo(session(), MOCK, to=admin, now=now())
    session.commit()
    assert counts(session) == before


def test_a_portal_that_has_companies_gets_no_demo(session, admin, company):
    before = counts(session)
    assert not make_demo(session(), MOCK, to=admin, now=now())
    assert counts(session) == before


def test_there_is_one_callout_for_every_valid_transport_and_format_and_each_could_be_saved(session, demo):
    callouts = session.scalars(select(Callout)).all()
    assert sorted((each.data_format, each.transport) for each in callouts) == sorted(PAIRS)
    for each in callouts:
        data_format = FORMATS[each.data_format]
        settings = {own.name for own in data_format.settings}
        assert url_problem(each.url) is None
        assert all(
            getattr(each, name) == "" for name in ("method_name", "soap_action") if name not in settings
        )
        assert [own.problem(getattr(each, own.name)) for own in data_format.settings] == [None] * len(
            settings
        )
        assert not each.soap_action or soap_namespace(each.method_name, each.soap_action).endswith("/")
        assert (each.username, each.password_encrypted) == ("rmm", "encrypted")


def test_the_administrator_is_told_and_the_mock_rmm_can_sign_in_to_the_api(session, admin, demo):
    told = [each.recipients for each in session.scalars(select(Callout))]
    assert [(each.resource_id, each.slot) for recipients in told for each in recipients] == [
        (admin.id, 1)
    ] * len(PAIRS)
    found = authenticate(session(), API_USER_NAME, "api password")
    assert found is not None
    assert found.security_level == "api"


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_an_alert_fires_just_the_callout_whose_field_it_fills_and_only_when_complete(session, demo, subtests):
    company = session.scalars(select(Company)).one()
    rmm = Context(Actor(ActorKind.API, "Mock RMM"), now(), "DEV3.COM")
    tess = Context(Actor(ActorKind.RESOURCE, "Tess"), now(), "DEV3.COM")
    values = {"title": "Disk full", "company_id": company.id, "source": 8}
    for data_format, transport in PAIRS:
        with subtests.test(data_format=data_format, transport=transport):
            of_pair = select(Callout).filter_by(data_format=data_format, transport=transport)
            callout = session.scalars(of_pair).one()
            ticket, _ = create_ticket(session(), rmm, values, {callout.udf_id: "A-1"})
            edit_ticket(session(), rmm, ticket.id, {"status": 8}, {})
            session.commit()
            of_ticket = select(Delivery).filter_by(ticket_id=ticket.id)
            assert session.scalars(of_ticket).all() == []
            complete_ticket(session(), tess, ticket.id)
            edit_ticket(session(), rmm, ticket.id, {"resolution": "Freed"}, {})
            session.commit()
            (delivery,) = session.scalars(of_ticket)
            assert (delivery.callout_id, delivery.state) == (callout.id, "waiting")
            assert '"udf": "A-1"' in delivery.fields
            assert delivery.rule_name in session.scalars(select(Rule.name)).all()


def test_a_ticket_without_an_alert_fires_nothing(session, demo):
    company = session.scalars(select(Company)).one()
    tess = Context(Actor(ActorKind.RESOURCE, "Tess"), now(), "DEV3.COM")
    ticket, _ = create_ticket(session(), tess, {"title": "Printer", "company_id": company.id}, {})
    complete_ticket(session(), tess, ticket.id)
    session.commit()
    assert session.scalars(select(Delivery)).all() == []


def test_the_fields_of_the_alerts_are_texts_of_their_own(session, demo):
    udfs = session.scalars(select(Udf)).all()
    assert {each.type for each in udfs} == {"text"}
    assert all(each.name.startswith("Mock RMM Alert ID, ") for each in udfs)
    assert len({each.udf_id for each in session.scalars(select(Callout))}) == len(PAIRS)
