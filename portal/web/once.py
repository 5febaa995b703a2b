"""A form is accepted once: a second submission is redirected to what the first one made, and makes nothing.

Its page carries a token. ``take`` stores the token first, and ``commit`` commits it together with what the form made:
of two submissions at the same time, one waits for the other. A refused form is rolled back with its token, which can
then be used again.
"""

import hashlib
import hmac
import json
import re
import secrets
from datetime import timedelta

from flask import Flask, current_app, flash, g, redirect, request
from markupsafe import Markup
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from portal.clock import now
from portal.core.problems import Invalid
from portal.db.engine import db
from portal.models import FormSubmission
from portal.web.access import signed_in

_TOKEN = re.compile(r"[\w-]{20,64}", re.ASCII)
# fields of the page itself, and which button was pressed
_NOT_ENTERED = frozenset({"csrf_token", "once", "shown", "seen", "zone", "then"})
_KEPT = timedelta(days=7)


class SentBefore(Exception):  # noqa: N818 - an answer, not an error
    """The form was accepted before, with the same entries. ``leads_to`` is where it led."""

    def __init__(self, leads_to: str) -> None:
        super().__init__(leads_to)
        self.leads_to = leads_to


def init_app(app: Flask) -> None:
    app.register_error_handler(SentBefore, _redirect)
    app.jinja_env.globals["form_token"] = form_token


def form_token() -> str:
    """Return the token for a page's form; a form with refused entries keeps its token."""
    sent = _sent_token()
    return sent if sent and not g.get("form_was_taken") else secrets.token_urlsafe(16)


def take(*, edits: bool = False) -> None:
    """Accept the submitted form, unless it was accepted before. A form without a token, as programs send, is accepted.

    Raises SentBefore for the same entries. With other entries an edit is accepted; what would make a second thing
    raises Invalid once, and is accepted after that.
    """
    token = _sent_token()
    if not token:
        return
    who, entries = signed_in().id, _entries()
    row = {"resource_id": who, "token": token, "entries": entries, "leads_to": "", "created_at": now()}
    try:
        with db.session.begin_nested():
            db.session.execute(insert(FormSubmission).values(row))
    except IntegrityError:
        g.form_was_taken = True
    else:
        g.form_taken = (who, token)
        return
    first = db.session.get_one(FormSubmission, (who, token), populate_existing=True)
    if hmac.compare_digest(first.entries, entries):
        raise SentBefore(first.leads_to)
    if not edits:
        raise Invalid({"": _made_before(first.leads_to)})


def commit(leads_to: str) -> None:
    """Commit what the form made. ``leads_to`` is where its second submission is sent."""
    taken: tuple[int, str] | None = g.pop("form_taken", None)
    if taken is not None:
        of_theirs = FormSubmission.resource_id == taken[0]
        this = update(FormSubmission).where(of_theirs, FormSubmission.token == taken[1])
        db.session.execute(this.values(leads_to=leads_to))
        old = FormSubmission.created_at < now() - _KEPT
        db.session.execute(delete(FormSubmission).where(of_theirs, old))
    db.session.commit()


def _sent_token() -> str:
    token = request.form.get("once", "") if request.method == "POST" else ""
    return token if _TOKEN.fullmatch(token) else ""


def _entries() -> str:
    """Return a digest of the entries. Keyed, since a password may be among them."""
    fields = sorted(item for item in request.form.items(multi=True) if item[0] not in _NOT_ENTERED)
    whole = json.dumps([request.path, fields]).encode()
    return hmac.digest(str(current_app.secret_key).encode(), whole, hashlib.sha256).hex()


def _made_before(leads_to: str) -> Markup:
    return Markup(
        'This form was sent before, and <a href="{}">what it made</a> is there. Nothing was made now. To make '
        "another with what is entered below, save again."
    ).format(leads_to)


def _redirect(sent: SentBefore) -> Response:
    db.session.rollback()
    flash("This form was sent before, so nothing was done a second time. Here is what it led to.", "info")
    return redirect(sent.leads_to)
