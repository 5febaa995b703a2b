"""The mails' pages: the list, one mail, and what can be done about one that was not sent."""

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Keeps
from playwright.sync_api import Page
from sqlalchemy import select

from portal.clock import now
from portal.db.engine import db
from portal.db.services import services
from portal.models import CalloutRecipient, Message
from portal.models.delivery import MESSAGE_STATES
from portal.notify import messages as outbox
from tests.servers import free_port
from tests.web.browser import enter, look_over
from tests.web.delivering import complete
from tests.web.reading import message, rows, said, tree_of


@pytest.fixture
def mails(session) -> dict[str, int]:
    """A mail in each state, by state."""
    made = {}
    for state in MESSAGE_STATES:
        mail = Message(
            to_address=f"{state}@example.com",
            subject=f"Callout failed: it is {state} <b>",
            body="Line one\n<script>alert(1)</script>\n",
            state=state,
            due_at=int(now().timestamp()) + 3600,
            attempts=2,
            error="The mail server refused the address: 550 No such mailbox" if state == "failed" else "",
            created_at=now(),
        )
        session.add(mail)
        session.flush()
        made[state] = mail.id
    session.commit()
    return made


def state_of(session, mail_id: int) -> str:
    session.expire_all()
    state = session.get(Message, mail_id).state
    session.commit()
    return state


def buttons(answer) -> list[str]:
    return [
        each.text_content().strip() for each in tree_of(answer).xpath('//div[@class="page-actions"]//button')
    ]


def test_without_mails_the_page_says_who_writes_them(as_admin):
    text = said(as_admin.get("/admin/mail"))
    assert "No mail yet" in text
    assert "Notification tab" in text


def test_without_a_server_the_pages_say_that_mails_are_kept_and_how_to_send_them(as_admin, mails, subtests):
    for path in ["/admin/mail", "/admin/mail/1"]:
        with subtests.test(path=path):
            text = said(as_admin.get(path))
            assert "No mail server is configured, so mails are kept here and can be read here" in text
            assert "SMTP_URL" in text


def test_the_list_shows_the_newest_first(as_admin, mails):
    found = rows(as_admin.get("/admin/mail"))
    assert [row[1] for row in found] == [f"{state}@example.com" for state in reversed(MESSAGE_STATES)]
    failed = next(row for row in found if row[2] == "Failed")
    assert "550 No such mailbox" in failed[0]


def test_the_list_is_filtered_by_state(as_admin, mails, subtests):
    for state in MESSAGE_STATES:
        with subtests.test(state=state):
            assert [row[1] for row in rows(as_admin.get(f"/admin/mail?state={state}"))] == [
                f"{state}@example.com"
            ]


def test_a_state_that_is_none_shows_all(as_admin, mails):
    assert len(rows(as_admin.get("/admin/mail?state=x"))) == len(MESSAGE_STATES)


def test_a_state_without_mails_says_so(as_admin, session, mails):
    session.delete(session.get(Message, mails["kept"]))
    session.commit()
    assert "No mail is in this state" in said(as_admin.get("/admin/mail?state=kept"))


def test_what_a_callout_wrote_can_be_read_with_a_link_to_its_delivery(
    as_admin, admin, session, ticket, callout, receiver, drain
):
    session.add(CalloutRecipient(callout_id=callout.id, resource_id=admin.id, slot=1))
    session.commit()
    delivery_id = complete(session, ticket)
    drain()
    mail = session.scalars(select(Message)).one()
    answer = as_admin.get(f"/admin/mail/{mail.id}")
    text = said(answer)
    assert "Kept" in text
    assert ticket.number in text
    assert f"Extension callout '{callout.name}' delivered on attempt 1 (HTTP 200)." in text
    assert tree_of(answer).xpath(f'//main//a[@href="/deliveries/{delivery_id}"]')


def test_a_mail_can_put_nothing_into_the_page(as_admin, mails):
    answer = as_admin.get(f"/admin/mail/{mails['sent']}")
    assert "<script>alert(1)</script>" in said(answer)
    assert not tree_of(answer).xpath("//main//script")


def test_without_a_server_no_mail_can_be_sent(as_admin, session, mails, subtests):
    for state in MESSAGE_STATES:
        with subtests.test(state=state):
            assert buttons(as_admin.get(f"/admin/mail/{mails[state]}")) == []
            answer = as_admin.post(f"/admin/mail/{mails[state]}/send", follow_redirects=True)
            assert "There is no mail server to send it through. Set SMTP_URL" in message(answer)
            assert state_of(session, mails[state]) == state


class TestWithAServer:
    @pytest.fixture
    def port(self) -> int:
        return free_port()

    @pytest.fixture
    def environ(self, environ, port):
        return environ | {"SMTP_URL": f"smtp://desk:mail-secret-7@127.0.0.1:{port}"}

    def test_the_pages_name_it_without_its_password(self, as_admin, mails):
        for path in ("/admin/mail", f"/admin/mail/{mails['kept']}"):
            answer = as_admin.get(path)
            assert "No mail server is configured" not in answer.text
            assert "mail-secret-7" not in answer.text
        assert "sent through 127.0.0.1" in said(as_admin.get("/admin/mail"))

    def test_what_was_not_sent_can_be_sent(self, as_admin, session, mails, subtests):
        for state, offered in [
            ("failed", ["Send again"]),
            ("kept", ["Send now"]),
            ("sent", []),
            ("waiting", []),
            ("sending", []),
        ]:
            with subtests.test(state=state, offered=offered):
                assert buttons(as_admin.get(f"/admin/mail/{mails[state]}")) == offered
                answer = as_admin.post(f"/admin/mail/{mails[state]}/send", follow_redirects=True)
                if offered:
                    assert "The mail is being sent." in message(answer)
                    assert state_of(session, mails[state]) == "waiting"
                    assert services().doorbell.queue.count == 1, "a worker is told"
                else:
                    assert "was not sent a second time" in message(answer)
                    assert state_of(session, mails[state]) == state

    def test_a_kept_mail_reaches_its_address(self, as_admin, session, mails, port):
        took = []

        class Handler(Keeps):
            def handle_message(self, message) -> None:
                took.append(message)

        as_admin.post(f"/admin/mail/{mails['kept']}/send")
        settings = services().settings
        from dataclasses import replace

        open_door = replace(settings, smtp=replace(settings.smtp, username="", password=""))
        controller = Controller(Handler(), hostname="127.0.0.1", port=port)
        controller.start()
        try:
            assert outbox.send_due(db.engine, open_door, lambda: False) == 1
        finally:
            controller.stop()
        assert [each["to"] for each in took] == ["kept@example.com"]
        assert "Sent" in said(as_admin.get(f"/admin/mail/{mails['kept']}"))


def test_in_a_browser_the_pages_of_mail_fit_and_are_accessible(page: Page, admin, mails):
    enter(page, admin)
    for path in ("/admin/mail", f"/admin/mail/{mails['failed']}", f"/admin/mail/{mails['waiting']}"):
        page.goto(path)
        look_over(page)
