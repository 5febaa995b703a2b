"""A mock RMM or any other WSGI program on a port of its own, in this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

from mock_rmm.app import create_app
from mock_rmm.rmm import EXTENSION, Rmm
from mock_rmm.settings import Settings
from mock_rmm.thread_server import ThreadServer

BASIC = ("rmm", "rmm-secret")
CALLOUT = {
    "id": "8176",
    "number": "T20211120.0001",
    "status": "In Progress",
    "created_datetime": "2021-11-20T10:43:34.9030000-05:00",
    "last_activity_datetime": "2022-03-25T11:23:58.6100000-04:00",
    "domain": "DEV3.COM",
    "udf": "MY & <UDF> ü",
}


@contextmanager
def serving(app: Callable, port: int = 0) -> Iterator[str]:
    server = ThreadServer(app, port)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


class Mock:
    """A running mock RMM, and what a test asks of it most."""

    def __init__(self, url: str, rmm: Rmm) -> None:
        self.url = url
        self.rmm = rmm
        self.session = requests.Session()
        self.session.trust_env = False

    def address(self, name: str) -> str:
        path = "name-value" if name.startswith("name-value") else name
        return f"{self.url}/callouts/{path}"

    def api(self, method: str, path: str, **keywords: object) -> requests.Response:
        return self.session.request(method, f"{self.url}/api{path}", timeout=30, **keywords)

    def reset(self) -> None:
        """As at the start, but for the numbers of requests and rules."""
        self.rmm.journal.clear()
        self.rmm.answer_as_usual()
        self.rmm.receivers.reset()
        self.rmm.credentials.reset()

    def journal(self) -> list[dict]:
        return self.api("GET", "/requests").json()["requests"]

    def last(self) -> dict:
        return self.journal()[-1]

    def fault(self, **rule: object) -> None:
        answer = self.api("PUT", "/faults", json=rule)
        assert answer.status_code == 200, answer.text

    def form(self, values: dict[str, str] | None = None, **keywords: object) -> requests.Response:
        """Send a callout to the simplest endpoint."""
        keywords = {"auth": BASIC, "timeout": 30, **keywords}
        return self.session.post(self.address("name-value-post"), data=values or CALLOUT, **keywords)


@contextmanager
def running_mock(settings: Settings | None = None, port: int = 0) -> Iterator[Mock]:
    app = create_app(settings or Settings())
    rmm: Rmm = app.extensions[EXTENSION]
    with serving(app, port) as url:
        mock = Mock(url, rmm)
        try:
            yield mock
        finally:
            rmm.stop()
            mock.session.close()
