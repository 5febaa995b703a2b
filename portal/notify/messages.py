"""The mail outbox: sends what waits through SMTP, with its own retries.

waiting -> sending -> sent | waiting (again, later) | failed
   ^----- "send again" ---------------------------------|
   `----- "send now" ----- kept      (there was no server when it was written)
"""

import smtplib
import ssl
import uuid
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import make_msgid, parseaddr
from typing import cast

import structlog
from sqlalchemy import CursorResult, Engine, Update, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.core.emails import email_problem
from portal.db.sessions import reading, writing
from portal.models import Mail
from portal.models.delivery import MAIL_FAILED, MAIL_KEPT, MAIL_SENDING, MAIL_SENT, MAIL_WAITING, is_open
from portal.settings import Settings
from portal.settings.reader import Smtp

_BATCH = 20
_TIMEOUT = 10
# longer than a batch can take: a lease ends only for a dead worker
_LEASE = _BATCH * _TIMEOUT * 6
# after 1, 2, 4 ... minutes, up to an hour apart: a mail server may be down over a night
TRIES, _FIRST_WAIT, _LONGEST_WAIT = 20, 60, 3600
_PERMANENT = range(500, 600)

log = structlog.get_logger("mail")


class _BadAddress(ValueError):  # noqa: N818 - a verdict on an address
    """Nobody can be written to at this address."""


def send_due(engine: Engine, settings: Settings, stopping: Callable[[], bool]) -> int:
    """Send the mails that are due, until there are none; give how many were sent."""
    sent = 0
    while settings.smtp is not None and not stopping():
        mails = _claim(engine)
        if not mails:
            break
        sent += _send_batch(engine, mails, settings.smtp, settings.mail_from)
    return sent


def send_again(session: Session, mail_id: int, now: datetime) -> bool:
    """Let a mail that failed or was kept be sent, with all its tries. False if it is neither.

    The caller commits, and then rings.
    """
    statement = (
        update(Mail)
        .where(Mail.id == mail_id, Mail.state.in_((MAIL_FAILED, MAIL_KEPT)))
        .values(state=MAIL_WAITING, due_at=int(now.timestamp()), attempts=0, error="")
    )
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[tuple[int]]", result).rowcount == 1


def next_due(session: Session) -> int | None:
    query = select(Mail.due_at).where(is_open(Mail))
    return session.scalar(query.order_by(Mail.due_at).limit(1))


def mail_is_due(engine: Engine) -> bool:
    with reading(engine) as session:
        due = next_due(session)
    return due is not None and due <= int(clock.now().timestamp())


def brought_forward(now: int) -> list[Update]:
    """Write what makes due again the mails that a clock which was ahead has put off."""
    later = [
        update(Mail).where(is_open(Mail), Mail.state == state, Mail.due_at > now + longest)
        for state, longest in ((MAIL_WAITING, _LONGEST_WAIT), (MAIL_SENDING, _LEASE))
    ]
    untried = update(Mail).where(
        is_open(Mail), Mail.state == MAIL_WAITING, Mail.attempts == 0, Mail.due_at > now
    )
    return [untried.values(due_at=now), later[0].values(due_at=now), later[1].values(due_at=now + _LEASE)]


def _claim(engine: Engine) -> list[Mail]:
    now, token = int(clock.now().timestamp()), uuid.uuid4().hex
    open_states = is_open(Mail)
    picked = (
        select(Mail.id)
        .where(open_states, Mail.due_at <= now)
        .order_by(Mail.due_at, Mail.id)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    statement = (
        update(Mail)
        .where(Mail.id == picked.c.id)
        .values(state=MAIL_SENDING, claim=token, due_at=now + _LEASE, attempts=Mail.attempts + 1)
    )
    with writing(engine) as session:
        session.execute(statement, execution_options={"synchronize_session": False})
        return list(
            session.scalars(select(Mail).filter_by(claim=token, state=MAIL_SENDING).order_by(Mail.id))
        )


def _send_batch(engine: Engine, mails: list[Mail], smtp: Smtp, mail_from: str) -> int:
    server: smtplib.SMTP | None = None
    sent = 0
    for mail in mails:
        try:
            message = _message(mail, mail_from)
            server = server or _connect(smtp)
            server.send_message(message)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            _close(server)
            server = None
            _record(engine, mail, error)
        else:
            sent += 1
            _record(engine, mail, None)
    _close(server)
    return sent


def _connect(smtp: Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if smtp.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, timeout=_TIMEOUT)
    try:
        if smtp.security == "starttls":
            server.starttls(context=context)
        if smtp.username:
            server.login(smtp.username, smtp.password)
    except BaseException:
        server.close()
        raise
    return server


def _close(server: smtplib.SMTP | None) -> None:
    if server is not None:
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            server.close()


def _message(mail: Mail, mail_from: str) -> EmailMessage:
    """Raises _BadAddress: the address may be older than what is asked of addresses today."""
    problem = email_problem(mail.to_address)
    if problem is not None:
        raise _BadAddress(f"No mail can be sent to “{mail.to_address}”. {problem}")
    message = EmailMessage(policy=POLICY)
    name, address = parseaddr(mail_from)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=mail.to_address)
    message["Subject"] = mail.subject
    message["Date"] = mail.created_at
    # the same on each try, so that a repeat can be told from a second mail
    message["Message-ID"] = f"<roundtrip.{mail.id}.{int(mail.created_at.timestamp())}@{_domain(address)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message


def _domain(address: str) -> str:
    return address.rpartition("@")[2] or make_msgid().strip("<>").rpartition("@")[2]


def _record(engine: Engine, mail: Mail, error: Exception | None) -> None:
    now = clock.now()
    if error is None:
        values: dict[str, object] = {"state": MAIL_SENT, "sent_at": now, "error": ""}
    else:
        last = mail.attempts >= TRIES or _is_permanent(error)
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (mail.attempts - 1))
        values = {
            "state": MAIL_FAILED if last else MAIL_WAITING,
            "due_at": int(now.timestamp()) + wait,
            "error": _words(error),
        }
    statement = (
        update(Mail)
        .where(Mail.id == mail.id, Mail.claim == mail.claim, Mail.state == MAIL_SENDING)
        .values(claim=None, **values)
    )
    with writing(engine) as session:
        session.execute(statement, execution_options={"synchronize_session": False})
    log.info("mail", mail=mail.id, delivery=mail.delivery_id, state=values["state"], attempt=mail.attempts)


def _is_permanent(error: Exception) -> bool:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(code in _PERMANENT for code, _ in error.recipients.values())
        case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError():
            return error.smtp_code in _PERMANENT
        case ssl.SSLError():
            return False  # one of them is a ValueError too, and an expired certificate is soon renewed
        case ValueError():
            return True
        case _:
            return False


def _words(error: Exception) -> str:
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()))
            return f"The mail server refused the address: {code} {_text(said)}"
        case smtplib.SMTPAuthenticationError():
            return "The mail server refused the user name or password in SMTP_URL."
        case smtplib.SMTPResponseException():
            return f"The mail server answered {error.smtp_code} {_text(error.smtp_error)}"
        case smtplib.SMTPNotSupportedError():
            return f"The mail server can't do what SMTP_URL asks for: {error}"
        case smtplib.SMTPServerDisconnected():
            return f"The mail server ended the connection: {error}"
        case ssl.SSLCertVerificationError():
            return f"The mail server's certificate is not trusted: {error.verify_message}"
        case _BadAddress():
            return str(error)
        case OSError():
            return f"The mail server could not be reached: {error.strerror or error}"
        case _:
            return f"The mail could not be sent: {error}"


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
