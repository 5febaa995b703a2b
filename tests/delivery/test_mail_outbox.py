"""What becomes of a mail, with a real mail server at the other end."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import select, update

from portal import clock
from portal.db.engine import db
from portal.db.services import services
from portal.models import Message
from portal.notify import messages as outbox
from tests.certificates import self_signed, server_context
from tests.conftest import BOTH
from tests.servers import free_port

SECRET = "mail-secret-7"


@dataclass
class Server:
    """A mail server's handler: answers RCPT and DATA as it is told to, and keeps what it took."""

    at_recipient: dict[str, str] = field(default_factory=dict)
    at_data: list[str] = field(default_factory=list)
    took: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server, session, envelope, address, options
    ) -> str:
        answer = self.at_recipient.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, server, session, envelope
    ) -> str:
        if self.at_data:
            return self.at_data.pop(0)
        self.took.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@contextlib.contextmanager
def serving(handler: Server, port: int, **options: object) -> Iterator[None]:
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def scheme() -> str:
    """Of SMTP_URL, with the user if there is one."""
    return "smtp://"


@pytest.fixture
def environ(environ: dict[str, str], port: int, scheme: str) -> dict[str, str]:
    return environ | {
        "SMTP_URL": f"{scheme}127.0.0.1:{port}",
        "PORTAL_MAIL_FROM": "Portal <portal@desk.example>",
    }


@pytest.fixture
def server(port: int) -> Iterator[Server]:
    handler = Server()
    with serving(handler, port):
        yield handler


@pytest.fixture
def send(app) -> Callable[[], int]:
    """Do what the worker's job does."""

    def run() -> int:
        db.session.commit()
        return outbox.send_due(db.engine, services().settings, lambda: False)

    return run


def write(session, to: str = "ada@example.com", **values: object) -> int:
    moment = clock.now()
    mail = Message(
        **{
            "to_address": to,
            "subject": "Callout failed",
            "body": "It failed.\n",
            "state": "waiting",
            "due_at": int(moment.timestamp()),
            "created_at": moment,
        }
        | values
    )
    session.add(mail)
    session.flush()
    mail_id = mail.id
    session.commit()
    return mail_id


def read(session, mail_id: int) -> Message:
    session.expire_all()
    found = session.get(Message, mail_id)
    session.commit()
    return found


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_mail_that_waits_reaches_its_address(session, server, send):
    mail_id = write(session)
    assert send() == 1
    (message,) = server.took
    assert message["to"] == "ada@example.com"
    assert message["from"] == "Portal <portal@desk.example>"
    assert message["auto-submitted"] == "auto-generated"
    assert message.get_content() == "It failed.\r\n"
    mail = read(session, mail_id)
    assert (mail.state, mail.attempts, mail.error, mail.claim) == ("sent", 1, "", None)
    assert abs(mail.sent_at - clock.now()) < timedelta(minutes=1)
    assert send() == 0, "sent twice"


def test_subject_and_text_may_hold_any_language(session, server, send):
    subject, body = "Rückmeldung: 磁盘已满 – Диск 💾", "Größe: 5 TB\n磁盘已满 💾\n"
    write(session, subject=subject, body=body)
    send()
    (message,) = server.took
    assert message["subject"] == subject
    assert message.get_content().splitlines() == body.splitlines()


def test_a_refused_address_fails_at_once_and_says_what_the_server_said(session, server, send):
    server.at_recipient["gone@example.com"] = "550 5.1.1 No such mailbox"
    mail_id = write(session, to="gone@example.com")
    assert send() == 0
    mail = read(session, mail_id)
    assert (mail.state, mail.attempts) == ("failed", 1)
    assert mail.error == "The mail server refused the address: 550 5.1.1 No such mailbox"


def test_one_refused_mail_does_not_hold_up_the_others(session, server, send):
    server.at_recipient["gone@example.com"] = "550 No such mailbox"
    write(session, to="a@example.com")
    write(session, to="gone@example.com")
    write(session, to="nobody")
    write(session, to="b@example.com")
    assert send() == 2
    assert [message["to"] for message in server.took] == ["a@example.com", "b@example.com"]


def test_an_address_that_none_can_write_fails_at_once(subtests, session, server, send):
    for address in ["nobody", "a@", "@example.com", "a@@example.com", "", "ä@example.com"]:
        with subtests.test(address=address):
            mail_id = write(session, to=address)
            later = write(session)
            assert send() == 1
            mail = read(session, mail_id)
            assert mail.state == "failed"
            assert mail.error.startswith(f"No mail can be sent to “{address}”. ")
            assert read(session, later).state == "sent"


@pytest.mark.parametrize("when", ["at the address", "at the text"])
def test_a_mail_that_is_put_off_is_sent_later(session, server, send, moved_clock, when):
    if when == "at the address":
        server.at_recipient["ada@example.com"] = "451 4.7.1 Greylisted, come back"
    else:
        server.at_data = ["451 4.3.0 Disk full, come back"]
    mail_id = write(session)
    assert send() == 0
    mail = read(session, mail_id)
    assert mail.state == "waiting"
    assert "451" in mail.error
    assert "come back" in mail.error
    assert send() == 0, "it must wait"
    server.at_recipient.clear()
    moved_clock.forward(61)
    assert send() == 1
    mail = read(session, mail_id)
    assert (mail.state, mail.attempts, mail.error) == ("sent", 2, "")


def test_a_server_that_is_down_is_asked_again_at_growing_intervals(session, send, moved_clock, port):
    mail_id = write(session)
    waits, meant = [], iter([60, 120, 240, 480])
    while (mail := read(session, mail_id)).state == "waiting":
        before, begun = mail.attempts, int(clock.now().timestamp())
        assert send() == 0
        mail = read(session, mail_id)
        assert mail.attempts == before + 1
        ended = int(clock.now().timestamp())
        wait = next(meant, mail.due_at - ended)
        assert begun + wait <= mail.due_at <= ended + wait
        waits.append(wait)
        moved_clock.forward(waits[-1] + 1)
    assert max(waits) <= 3600
    assert len(waits) == outbox.TRIES
    assert mail.state == "failed"
    assert mail.error == "The mail server could not be reached: Connection refused"


def test_when_the_server_is_back_the_mail_goes_out(session, send, moved_clock, port):
    mail_id = write(session)
    send()
    moved_clock.forward(61)
    handler = Server()
    with serving(handler, port):
        assert send() == 1
    assert read(session, mail_id).state == "sent"
    assert len(handler.took) == 1


def test_each_try_bears_the_same_message_id(session, server, send, moved_clock):
    mail_id = write(session)
    send()
    # the worker died after the server had taken it
    session.execute(
        update(Message)
        .where(Message.id == mail_id)
        .values(state="sending", claim="dead", due_at=int(clock.now().timestamp()))
    )
    session.commit()
    assert send() == 1
    first, second = server.took
    assert first["message-id"] == second["message-id"]


def test_a_mail_of_a_dead_worker_is_sent_once_its_lease_is_over(session, server, send, moved_clock):
    due_at = int(clock.now().timestamp()) + 600
    mail_id = write(session, state="sending", claim="dead", attempts=1, due_at=due_at)
    assert send() == 0
    moved_clock.forward(601)
    assert send() == 1
    assert read(session, mail_id).state == "sent"


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_two_workers_send_each_mail_once(app, session, server):
    wanted = [f"user{number}@example.com" for number in range(60)]
    for address in wanted:
        write(session, to=address)
    settings, engine = services().settings, db.engine
    workers = [
        threading.Thread(target=outbox.send_due, args=(engine, settings, lambda: False)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(message["to"] for message in server.took) == sorted(wanted)
    assert set(session.scalars(select(Message.state))) == {"sent"}


def test_without_a_server_nothing_is_sent(app, session, send, monkeypatch):
    from dataclasses import replace

    mail_id = write(session)
    settings = replace(services().settings, smtp=None)
    session.commit()
    assert outbox.send_due(db.engine, settings, lambda: False) == 0
    assert read(session, mail_id).state == "waiting"


def test_only_a_failed_or_kept_mail_can_be_sent_again(subtests, session, server, send):
    for state, started in [
        ("failed", True),
        ("kept", True),
        ("sent", False),
        ("waiting", False),
        ("sending", False),
    ]:
        with subtests.test(state=state, started=started):
            later = int(clock.now().timestamp()) + 3600
            mail_id = write(session, state=state, attempts=20, error="Once refused.", due_at=later)
            assert outbox.send_again(session(), mail_id, clock.now()) is started
            session.commit()
            assert send() == int(started)
            mail = read(session, mail_id)
            assert (mail.state, mail.attempts) == (("sent", 1) if started else (state, 20))


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
class TestSignIn:
    @pytest.fixture
    def scheme(self) -> str:
        return f"smtp://desk:{SECRET}@"

    @pytest.fixture
    def authenticate(self, port) -> Iterator[Callable[[bool], contextlib.AbstractContextManager[None]]]:
        def start(right: bool) -> contextlib.AbstractContextManager[None]:
            seen: list[tuple[bytes, bytes]] = []

            def check(server, session, envelope, mechanism, data) -> AuthResult:
                seen.append((data.login, data.password))
                return AuthResult(success=right and seen[-1] == (b"desk", SECRET.encode()), handled=False)

            return serving(
                self.handler, port, authenticator=check, auth_required=True, auth_require_tls=False
            )

        self.handler = Server()
        return start

    def test_the_user_of_smtp_url_signs_in(self, session, send, authenticate):
        write(session)
        with authenticate(True):
            assert send() == 1
        assert len(self.handler.took) == 1

    def test_a_refused_password_is_told_in_words_and_stands_in_no_log(
        self, session, send, authenticate, capfd, caplog
    ):
        mail_id = write(session)
        with structlog.testing.capture_logs() as logged, authenticate(False):
            assert send() == 0
        mail = read(session, mail_id)
        assert mail.error == "The mail server refused the user name or password in SMTP_URL."
        assert mail.state == "waiting", "an administrator may mend it"
        written = "".join(capfd.readouterr())
        assert logged
        assert SECRET not in f"{logged} {written} {caplog.text} {mail.error}"


class TestTls:
    @pytest.fixture
    def scheme(self) -> str:
        return "smtps://"

    def test_an_untrusted_certificate_is_told_in_words_and_tried_again(self, session, send, port, tmp_path):
        mail_id = write(session)
        context = server_context(self_signed(tmp_path))
        # the server's side of the broken handshake is not what is looked at
        with serving(Server(), port, ssl_context=context):
            assert send() == 0
        mail = read(session, mail_id)
        assert mail.state == "waiting"
        assert mail.error.startswith("The mail server's certificate is not trusted: ")


class TestStartTls:
    @pytest.fixture
    def scheme(self) -> str:
        return "smtp+starttls://"

    def test_a_server_without_starttls_gets_no_mail(self, session, server, send):
        mail_id = write(session)
        assert send() == 0
        assert server.took == []
        mail = read(session, mail_id)
        assert mail.error == (
            "The mail server can't do what SMTP_URL asks for: STARTTLS extension not supported by server."
        )
