"""A portal with one of everything in it, for tests that look at every page."""

import json
from datetime import timedelta

from flask import Flask
from sqlalchemy.orm import Session

from portal.callouts.signing import make_secret
from portal.clock import now
from portal.db.services import services
from portal.delivery.selection import Selection
from portal.desk.demo import MockRmm, make_demo
from portal.models import (
    Attempt,
    AttemptRemark,
    BulkJob,
    Callout,
    Company,
    Delivery,
    Message,
    Resource,
    Ticket,
)
from portal.models.bulk import BULK_OPEN, BULK_STATES, BULK_STOPPED, CANCEL, SEND_AGAIN
from portal.models.delivery import MESSAGE_STATES, OPEN_STATES, SKIPPED, STATES, WAITING
from tests.conftest import make_ticket

FIELDS = {
    "id": "8176",
    "number": "T20211120.0001",
    "status": "Complete",
    "created_datetime": "2021-11-20T10:43:34.9030000-05:00",
    "last_activity_datetime": "2022-03-25T11:23:58.6100000-04:00",
    "domain": "DEV3.COM",
    "udf": "ALERT-1",
}


def fill(app: Flask, session: Session, admin: Resource) -> None:
    """Make the demo, tickets, and a delivery and a mail in each of their states."""
    mock = MockRmm("http://127.0.0.1:8001", "rmm", services().credentials.encrypt("rmm-secret"), "api-secret")
    make_demo(session, mock, to=admin, now=now())
    session.flush()
    callout = session.query(Callout).order_by(Callout.id).first()
    company = session.query(Company).first()
    assert callout is not None
    assert company is not None
    ticket = make_ticket(session, company, description="<b>& more", udfs={callout.udf_id: "ALERT-1"})
    make_ticket(session, company, title="Completed", status=5, assigned_resource_id=admin.id)
    for state in STATES:
        _delivery(session, state, callout, ticket)
    _set_back(session, ticket)
    for state in MESSAGE_STATES:
        session.add(
            Message(
                to_address="ada@example.com",
                subject=f"Callout {state}",
                body="Body",
                state=state,
                due_at=int(now().timestamp()),
                error="The mail server said no." if state == "failed" else "",
                created_at=now(),
            )
        )
    for state in BULK_STATES:
        _bulk_job(session, state, callout, admin)
    session.commit()


def _bulk_job(session: Session, state: str, callout: Callout, admin: Resource) -> None:
    session.add(
        BulkJob(
            action=CANCEL if state == BULK_STOPPED else SEND_AGAIN,
            state=state,
            selection=Selection(callout_id=callout.id, since=now()).as_json(),
            until=now(),
            total=1200,
            changed=300,
            created_at=now(),
            created_by=admin.name,
            created_by_id=admin.id,
            ended_at=None if state == BULK_OPEN else now(),
            stopped_by=admin.name if state == BULK_STOPPED else "",
        )
    )


def _set_back(session: Session, ticket: Ticket) -> None:
    """Make a callout that is paused, one that is failing, and one of which everything is set."""
    names = ("Paused", "Failing", "Inactive")
    paused, failing, inactive = (Callout(name=each, url="https://rmm.example/callouts") for each in names)
    paused.paused = True
    failing.failing_since, failing.failures_in_row = now() - timedelta(hours=30), 7
    failing.failing_reason = "HTTP 503 Service Unavailable from rmm.example: the receiver is in trouble."
    inactive.active = False
    inactive.resend_preset, inactive.resend_seconds, inactive.resend_limit = "custom", 30, 3
    inactive.max_per_second, inactive.max_parallel, inactive.timeout_seconds = 5, 2, 10
    inactive.signing_secret_encrypted = services().credentials.encrypt(make_secret())
    inactive.signing_secret_old_encrypted = services().credentials.encrypt(make_secret())
    session.add_all((paused, failing, inactive))
    session.flush()
    for callout, state in ((paused, WAITING), (failing, WAITING), (inactive, WAITING), (inactive, SKIPPED)):
        session.add(
            Delivery(
                uid=f"msg_{callout.name}_{state}",
                callout_id=callout.id,
                callout_name=callout.name,
                ticket_id=ticket.id,
                state=state,
                fields=json.dumps(FIELDS),
                due_at=int(now().timestamp()),
                created_at=now(),
                ended_at=None if state == WAITING else now(),
            )
        )


def _delivery(session: Session, state: str, callout: Callout, ticket: Ticket) -> None:
    delivery = Delivery(
        uid=f"msg_{state}",
        callout_id=callout.id,
        callout_name=callout.name,
        ticket_id=ticket.id,
        rule_name="Tell the mock RMM",
        state=state,
        reason="The callout was inactive when the rule fired." if state == "skipped" else "",
        fields=json.dumps(FIELDS),
        due_at=int(now().timestamp()) + 3600,
        attempt_count=2,
        created_at=now(),
        ended_at=None if state in OPEN_STATES else now(),
    )
    session.add(delivery)
    session.flush()
    for number, (status, body) in enumerate(((503, b"<p>busy</p>"), (None, b"")), 1):
        session.add(
            Attempt(
                delivery_id=delivery.id,
                number=number,
                started_at=now(),
                duration_ms=120,
                method="POST",
                url=f"{callout.url}?key=1",
                request_headers="Content-Type: text/xml\nAuthorization: •••",
                request_body="<a><b>1</b></a>",
                status=status,
                status_reason="Service Unavailable" if status else "",
                answer_headers="Content-Type: text/html" if status else "",
                answer_body=body,
                error_kind="http" if status else "timeout",
                error="HTTP 503 Service Unavailable from 127.0.0.1."
                if status
                else "No whole answer came within 30 s.",
            )
        )
    session.flush()
    remark = "The answer is an HTML page. The URL may lead to a site's page. Check it on the General tab."
    session.add(AttemptRemark(delivery_id=delivery.id, number=2, place=0, code="body.html-page", text=remark))
