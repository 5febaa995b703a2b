"""Mail: what was written to whom, whether it left, and, without a mail server, the place to read it."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import defer
from werkzeug.wrappers import Response

from portal.clock import now
from portal.db.engine import db
from portal.db.services import services
from portal.models import Mail
from portal.models.delivery import MAIL_FAILED, MAIL_KEPT, MAIL_SENDING, MAIL_SENT, MAIL_STATES, MAIL_WAITING
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
    MAIL_WAITING: ("busy", "clock"),
    MAIL_SENDING: ("busy", "send"),
    MAIL_SENT: ("good", "check-circle-fill"),
    MAIL_FAILED: ("bad", "x-circle-fill"),
    MAIL_KEPT: ("quiet", "archive"),
}


@blueprint.get("")
def index() -> str:
    state = request.args.get("state", "")
    query = select(Mail)
    if state in MAIL_STATES:
        query = query.filter_by(state=state)
    page = keyset_page(db.session(), [Stream(query, Mail.id)], _mails)
    return render_template(
        "mail/index.html",
        page=page,
        state=state if state in MAIL_STATES else "",
        states=MAIL_STATES,
        looks=LOOKS,
        smtp=services().settings.smtp,
    )


@blueprint.get("/<int:mail_id>")
def show(mail_id: int) -> str:
    mail = find(Mail, mail_id)
    return render_template(
        "mail/show.html",
        mail=mail,
        states=MAIL_STATES,
        looks=LOOKS,
        smtp=services().settings.smtp,
        mail_from=services().settings.mail_from,
        tries=TRIES,
        next_at=from_epoch(mail.due_at) if mail.state == MAIL_WAITING and mail.attempts else None,
    )


@blueprint.post("/<int:mail_id>/send")
def send(mail_id: int) -> Response:
    """Send a mail that failed, or that was kept while there was no server."""
    mail = find(Mail, mail_id)
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
        flash("The mail is being sent. Reload the page to see what came of it.", "success")
    else:
        flash("This mail is on its way or was sent already, so it was not sent a second time.", "info")
    return redirect(url_for(".show", mail_id=mail_id))


def _mails(ids: Sequence[int]) -> list[Mail]:
    query = select(Mail).where(Mail.id.in_(ids)).options(defer(Mail.body))
    return list(db.session.scalars(query.order_by(Mail.id.desc())))
