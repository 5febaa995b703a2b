"""SQLite with the web server, the workers and the sweep writing at the same time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import make_ticket
from tests.delivery.conftest import make_callout
from tests.processes.ledger import delivered, ids
from tests.processes.running import ADMIN_PASSWORD, Browser, stack
from tests.receiver import Receiver

pytestmark = pytest.mark.processes
COUNT, PEOPLE = 200, 8


def test_while_web_and_workers_write_at_once_the_database_is_never_locked(
    session, company, environ, tmp_path: Path, receiver: Receiver
):
    """Eight people complete two hundred tickets through the pages, while the callouts go out."""
    make_callout(session, receiver.url)
    tickets = [make_ticket(session, company).id for _ in range(COUNT)]
    session.remove()
    values = {"PORTAL_ADMIN_PASSWORD": ADMIN_PASSWORD, "PORTAL_DEMO": "no", "PORTAL_MOCK_RMM": "no"}
    with stack(Path(environ["PORTAL_INSTANCE"]), tmp_path / "log", **values) as running:
        running.wait_until_ready()

        def complete(share: list[int]) -> None:
            browser = Browser(running.url, "admin", ADMIN_PASSWORD)
            token = browser.get("/tickets").xpath("//input[@name='csrf_token']/@value")[0]
            for ticket_id in share:
                browser.post(f"/tickets/{ticket_id}/complete", [("csrf_token", token)])

        with ThreadPoolExecutor(PEOPLE) as pool:
            list(pool.map(complete, [tickets[place::PEOPLE] for place in range(PEOPLE)]))
        delivered(COUNT)
        assert "database is locked" not in running.output
        assert "Traceback" not in running.output, running.output
    assert len(ids(receiver)) == COUNT
    assert set(ids(receiver).values()) == {1}
