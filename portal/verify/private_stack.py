"""A private portal: `portal run` on free ports, with temporary data, stopped in any case."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from portal.runtime.supervisor import die_with_parent
from portal.verify.pages import Pages
from portal.verify.ports import free_port
from portal.verify.rmm import Rmm

ADMIN = "admin"
RESEND_SECONDS, RESEND_LIMIT, SEND_TIMEOUT = 1, 10, 2
# settings of the user's own portal must not reach this one
_NOT_OURS = ("PORTAL_", "MOCK_RMM_", "DATABASE_URL", "REDIS_URL", "SMTP_URL")
_READY_SECONDS, _STOP_SECONDS = 60.0, 45.0


class StackEnded(Exception):  # noqa: N818 - reads so where it is caught
    """The portal did not start, or ended by itself; the text says which."""


class PrivateStack:
    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="portal-verify-")
        folder = Path(self._folder.name)
        self._log = folder / "log"
        self._password = secrets.token_urlsafe(12)
        port, mock_port = free_port(), free_port()
        self._portal_url = f"http://127.0.0.1:{port}"
        self._rmm_url = f"http://127.0.0.1:{mock_port}"
        ours = {
            "PORTAL_INSTANCE": str(folder / "instance"),
            "PORTAL_PORT": str(port),
            "MOCK_RMM_PORT": str(mock_port),
            "PORTAL_ADMIN_USERNAME": ADMIN,
            "PORTAL_ADMIN_PASSWORD": self._password,
            "PORTAL_RESEND_SECONDS": str(RESEND_SECONDS),
            "PORTAL_RESEND_LIMIT": str(RESEND_LIMIT),
            "PORTAL_SEND_TIMEOUT": str(SEND_TIMEOUT),
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from portal.cli import main; main()", "run"],
                env=kept | ours,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches only this process, which stops the stack; if it is killed, the stack ends by itself
                start_new_session=True,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509 - no thread is running yet
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._folder.cleanup()

    def wait_until_ready(self) -> None:
        end = time.monotonic() + _READY_SECONDS
        pages, rmm = self.pages(), self.rmm()
        while not (pages.answers() and rmm.answers()):
            if self._process.poll() is not None:
                raise StackEnded("The portal ended instead of getting ready.")
            if time.monotonic() > end:
                raise StackEnded(f"The portal was not ready within {_READY_SECONDS:g} s.")
            time.sleep(0.1)

    def pages(self) -> Pages:
        """Return a new browser session, not signed in yet."""
        return Pages(self._portal_url)

    def signed_in(self) -> Pages:
        pages = self.pages()
        pages.sign_in(ADMIN, self._password)
        return pages

    def rmm(self) -> Rmm:
        return Rmm(self._rmm_url)

    def tail(self, lines: int) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])
