"""A mock RMM or any other WSGI program on a port of its own, in this process."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic

import requests
from werkzeug.serving import WSGIRequestHandler, make_server

from mock_rmm.app import create_app
from mock_rmm.rmm import EXTENSION, Rmm
from mock_rmm.settings import Settings

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


class _Quiet(WSGIRequestHandler):
    def log(self, *_details: object) -> None:
        pass


def _whole(app: Callable) -> Callable:
    """Read each answer to its end before it is sent: the server does not close one whose client hangs up.

    Not one that has no end.
    """

    def serve(environ: dict, start_response: Callable) -> Iterable[bytes]:
        answer = app(environ, start_response)
        if environ["PATH_INFO"] == "/events":
            return answer
        try:
            return list(answer)
        finally:
            getattr(answer, "close", lambda: None)()

    return serve


@contextmanager
def serving(app: Callable, port: int = 0) -> Iterator[str]:
    server = make_server("127.0.0.1", port, _whole(app), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Mock:
    """A running mock RMM, and what a test asks of it most."""

    def __init__(self, url: str, rmm: Rmm) -> None:
        self.url = url
        self.rmm = rmm
        self.session = requests.Session()
        self.session.trust_env = False

    def door(self, name: str) -> str:
        path = "name-value" if name.startswith("name-value") else name
        return f"{self.url}/callouts/{path}"

    def api(self, method: str, path: str, **keywords: object) -> requests.Response:
        return self.session.request(method, f"{self.url}/api{path}", timeout=30, **keywords)

    def journal(self) -> list[dict]:
        return self.api("GET", "/requests").json()["requests"]

    def last(self) -> dict:
        return self.journal()[-1]

    def fault(self, **rule: object) -> None:
        answer = self.api("PUT", "/faults", json=rule)
        assert answer.status_code == 200, answer.text

    def form(self, values: dict[str, str] | None = None, **keywords: object) -> requests.Response:
        """Send a callout by the simplest door."""
        keywords = {"auth": BASIC, "timeout": 30, **keywords}
        return self.session.post(self.door("name-value-post"), data=values or CALLOUT, **keywords)


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


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    """Wait for a condition, looking often."""
    end = monotonic() + seconds
    pause = threading.Event()
    while not true():
        assert monotonic() < end, "it didn't come true in time"
        pause.wait(0.01)
