"""Message pages ("Mail"): what was written to whom, whether it was sent, and, without a mail server, its text."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import defer
from werkzeug.wrappers import Response

from portal.clock import now
from portal.db.engine import db
from portal.db.services import services
from portal.models import Message
from portal.models.delivery import (
    MESSAGE_FAILED,
    MESSAGE_KEPT,
    MESSAGE_SENDING,
    MESSAGE_SENT,
    MESSAGE_STATES,
    MESSAGE_WAITING,
)
from portal.notify.messages import TRIES, ready_channels, send_again
from portal.queries.keyset import Stream
from portal.web import once
from portal.web.access import require_admin
from portal.web.finding import find
from portal.web.paging import keyset_page
from portal.web.presenting import from_epoch

blueprint = Blueprint("mail", __name__, url_prefix="/admin/mail")
blueprint.before_request(require_admin)

LOOKS: dict[str, tuple[str, str]] = {
    MESSAGE_WAITING: ("busy", "clock"),
    MESSAGE_SENDING: ("busy", "send"),
    MESSAGE_SENT: ("good", "check-circle-fill"),
    MESSAGE_FAILED: ("bad", "x-circle-fill"),
    MESSAGE_KEPT: ("quiet", "archive"),
}


@blueprint.get("")
def index() -> str:
    state = request.args.get("state", "")
    query = select(Message)
    if state in MESSAGE_STATES:
        query = query.filter_by(state=state)
    page = keyset_page(db.session(), [Stream(query, Message.id)], _mails)
    return render_template(
        "mail/index.html",
        page=page,
        state=state if state in MESSAGE_STATES else "",
        states=MESSAGE_STATES,
        looks=LOOKS,
        smtp=services().settings.smtp,
    )


@blueprint.get("/<int:mail_id>")
def show(mail_id: int) -> str:
    mail = find(Message, mail_id)
    return render_template(
        "mail/show.html",
        mail=mail,
        states=MESSAGE_STATES,
        looks=LOOKS,
        smtp=services().settings.smtp,
        mail_from=services().settings.mail_from,
        tries=TRIES,
        next_at=from_epoch(mail.due_at) if mail.state == MESSAGE_WAITING and mail.attempts else None,
    )


@blueprint.post("/<int:mail_id>/send")
def send(mail_id: int) -> Response:
    """Send a mail that failed, or that was kept while there was no server."""
    mail = find(Message, mail_id)
    if mail.channel not in ready_channels(services().settings):
        flash(
            "There is no mail server to send it through. Set SMTP_URL and start the portal again, then send it.",
            "error",
        )
        return redirect(url_for(".show", mail_id=mail_id))
    once.take(edits=True)
    started = send_again(db.session(), mail_id, now())
    once.commit(url_for(".show", mail_id=mail_id))
    if started:
        services().doorbell.ring_mail()
        flash("The mail is being sent. Reload the page to see the result.", "success")
    else:
        flash("This mail is on its way or was sent already, so it was not sent a second time.", "info")
    return redirect(url_for(".show", mail_id=mail_id))


def _mails(ids: Sequence[int]) -> list[Message]:
    query = select(Message).where(Message.id.in_(ids)).options(defer(Message.body))
    return list(db.session.scalars(query.order_by(Message.id.desc())))
