"""The demo of a new portal: a company, people, and a callout with its rule for each transport and format.

Each callout has a UDF of its own, so that an alert of the mock RMM fires only the callout whose UDF it fills.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.callouts import GET, POST
from portal.core.tickets import COMPLETE
from portal.models import (
    Callout,
    CalloutRecipient,
    Company,
    Resource,
    Rule,
    RuleAction,
    RuleCondition,
    RuleEvent,
    Udf,
)
from portal.models.people import API_USER, SERVICE_DESK
from portal.models.udf import TEXT

COMPANY = "Northwind Traders"
API_USER_NAME = "mock-rmm"
NAMESPACE = "http://mock-rmm.example/callouts/"


@dataclass(frozen=True, slots=True)
class Pair:
    """A transport with a data format, and its endpoint at the mock RMM."""

    label: str
    path: str
    transport: str
    data_format: str
    method_name: str = ""
    soap_action: str = ""


PAIRS = (
    Pair("name value GET", "name-value", GET, "name_value"),
    Pair("name value POST", "name-value", POST, "name_value"),
    Pair("SOAP", "soap", POST, "soap", "TicketChanged", f"{NAMESPACE}TicketChanged"),
    Pair("XML-RPC", "xml-rpc", POST, "xml_rpc", "rmm.ticketChanged"),
)


@dataclass(frozen=True, slots=True)
class MockRmm:
    """Where the mock RMM is and its credentials: its password encrypted, its API user's hashed."""

    url: str
    username: str
    password_encrypted: str
    api_password_hash: str


def make_demo(session: Session, mock: MockRmm, *, to: Resource, now: datetime) -> bool:
    """Make the demo unless this portal has companies already; ``to`` is notified. The caller commits."""
    if session.scalar(select(Company.id).limit(1)) is not None:
        return False
    session.add(Company(name=COMPANY))
    technician = Resource(
        first_name="Tess",
        last_name="Technician",
        user_name="tess",
        security_level=SERVICE_DESK,
        email1="tess@portal.example",
    )
    api_user = Resource(
        first_name="Mock",
        last_name="RMM",
        user_name=API_USER_NAME,
        security_level=API_USER,
        password_hash=mock.api_password_hash,
    )
    session.add_all((technician, api_user))
    session.flush()
    for pair in PAIRS:
        _make_pair(session, pair, mock, to, now)
    return True


def is_demo(session: Session) -> bool:
    """Return whether the demo's company and API user are there, and no other company."""
    companies = session.scalars(select(Company.name).limit(2)).all()
    api_user = session.scalar(select(Resource.id).where(Resource.user_name == API_USER_NAME))
    return companies == [COMPANY] and api_user is not None


def _make_pair(session: Session, pair: Pair, mock: MockRmm, to: Resource, now: datetime) -> None:
    udf = Udf(name=f"Mock RMM Alert ID, {pair.label}", type=TEXT)
    callout = Callout(
        name=f"Mock RMM, {pair.label}",
        url=f"{mock.url}/callouts/{pair.path}",
        username=mock.username,
        password_encrypted=mock.password_encrypted,
        udf=udf,
        transport=pair.transport,
        data_format=pair.data_format,
        method_name=pair.method_name,
        soap_action=pair.soap_action,
        updated_at=now,
    )
    session.add_all((udf, callout))
    session.flush()
    if to.email1:
        session.add(CalloutRecipient(callout_id=callout.id, resource_id=to.id, slot=1))
    session.add(
        Rule(
            name=f"Tell the mock RMM when complete, {pair.label}",
            created_at=now,
            events=[RuleEvent(kind="edited", actor="anyone")],
            conditions=[RuleCondition(field="status", operator="changed_to", operands=[str(COMPLETE)])],
            actions=[RuleAction(kind="execute_callout", callout_id=callout.id)],
        )
    )
