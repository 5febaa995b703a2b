"""SMTP: how messages of the e-mail channel leave, over one connection for a batch."""

import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import make_msgid, parseaddr

from portal.core.emails import email_problem
from portal.models import Message
from portal.notify.channels.channel import NotSent
from portal.settings.reader import Smtp

_TIMEOUT = 10
_PERMANENT = range(500, 600)


class SmtpTransport:
    """Connects when it is first needed, and again after each error."""

    def __init__(self, smtp: Smtp, mail_from: str) -> None:
        self._smtp, self._from = smtp, mail_from
        self._server: smtplib.SMTP | None = None

    def send(self, message: Message) -> NotSent | None:
        # the address may be older than what is asked of addresses today
        problem = email_problem(message.to_address)
        if problem is not None:
            return NotSent(f"No mail can be sent to “{message.to_address}”. {problem}", final=True)
        try:
            written = _email(message, self._from)
            self._server = self._server or _connect(self._smtp)
            self._server.send_message(written)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self.close()
            return NotSent(_words(error), _is_permanent(error))
        return None

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()


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


def _email(mail: Message, mail_from: str) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    name, address = parseaddr(mail_from)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=mail.to_address)
    message["Subject"] = mail.subject
    message["Date"] = mail.created_at
    # the same on each try, so that receivers recognise a repeat
    message["Message-ID"] = f"<roundtrip.{mail.id}.{int(mail.created_at.timestamp())}@{_domain(address)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message


def _domain(address: str) -> str:
    return address.rpartition("@")[2] or make_msgid().strip("<>").rpartition("@")[2]


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
        case OSError():
            return f"The mail server could not be reached: {error.strerror or error}"
        case _:
            return f"The mail could not be sent: {error}"


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
