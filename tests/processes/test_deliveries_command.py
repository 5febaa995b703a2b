"""`portal deliveries` as a process of its own, beside workers that send."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.models import Delivery
from tests.conftest import make_ticket
from tests.delivery.conftest import make_callout
from tests.processes.ledger import delivered, states
from tests.processes.running import PORTAL, ROOT, Program, environment
from tests.receiver import Answer, Receiver
from tests.servers import wait_until
from tests.web.delivering import complete

pytestmark = pytest.mark.processes


def test_what_failed_is_found_and_sent_again_from_a_shell_while_workers_run(
    session, company, app, receiver: Receiver, start_worker: Callable[..., Program], environ
):
    make_callout(session, receiver.url, resend_after="passing")
    receiver.answers = [*[Answer(404)] * 3, Answer(200)]
    start_worker(PORTAL_SWEEP_SECONDS="1")
    made = [complete(session, make_ticket(session, company)) for _ in range(3)]
    wait_until(lambda: states() == {"failed": 3}, what="all were given up")

    def portal(*arguments: object) -> "subprocess.CompletedProcess[str]":
        values = {name: value for name, value in environ.items() if name != "PORTAL_INSTANCE"}
        return subprocess.run(
            [PORTAL, "deliveries", *(str(each) for each in arguments)],
            env=environment(Path(environ["PORTAL_INSTANCE"]), **values),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    listed = portal("list", "--state", "failed", "--json")
    assert listed.returncode == 0, listed.stderr
    found = [row["id"] for row in json.loads(listed.stdout)]
    assert sorted(found) == made
    again = portal("retry", *found, 999_999)
    assert again.returncode == 1
    assert again.stderr == "There is no delivery 999999.\n"
    delivered(3)
    shown = portal("show", made[0])
    assert "State:                  Delivered" in shown.stdout
    assert session.query(Delivery).filter_by(attempt_count=2).count() == 3
