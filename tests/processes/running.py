"""Real processes of the portal, and what is left of them: found by the folder they were told to work in."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from lxml import html
from requests.adapters import HTTPAdapter

from tests.servers import free_port, stop, wait_until

ROOT = Path(__file__).resolve().parents[2]
PORTAL = str(Path(sys.executable).parent / "portal")
ADMIN_PASSWORD = "a password of this test"


def processes_of(folder: Path) -> dict[int, str]:
    """Find every process that was told of a folder, whoever its parent is now: pid and command line."""
    found = {}
    for each in Path("/proc").iterdir():
        if not each.name.isdigit() or int(each.name) == os.getpid():
            continue
        try:
            told = f"={folder}".encode() in (each / "environ").read_bytes()
            # Valkey writes its title over its environment, and works in the instance folder
            if told or (each / "cwd").readlink().is_relative_to(folder):
                command = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found[int(each.name)] = command.strip()
        except OSError:
            continue  # it ended meanwhile, or is another user's
    return found


def parent_of(pid: int) -> int:
    return int(re.search(r"^PPid:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[1])


def environment(instance: Path, **values: str) -> dict[str, str]:
    """As little as a shell would give, and the instance."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {"PORTAL_INSTANCE": str(instance)} | values


class Program:
    """A process of ours with its output in a file."""

    def __init__(self, command: list[str], environ: Mapping[str, str], log: Path, cwd: Path = ROOT) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                env=environ,
                cwd=cwd,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # a shell's background job, such as a CI's, ignores Ctrl-C, and so would its children
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
            )

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 120) -> int:
        return self.process.wait(seconds)


class Stack(Program):
    """`portal run` on free ports."""

    def __init__(self, instance: Path, log: Path, options: Sequence[str] = (), **values: str) -> None:
        self.instance = instance
        self.port, self.mock_port = free_port(), free_port()
        self.url, self.mock_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.mock_port}"
        ports = {"PORTAL_PORT": str(self.port), "MOCK_RMM_PORT": str(self.mock_port)}
        super().__init__([PORTAL, "run", *options], environment(instance, **ports | values), log)

    def wait_until_ready(self) -> "Stack":
        def ready() -> bool:
            assert self.process.poll() is None, self.output
            return "Stop       Ctrl-C" in self.output

        wait_until(ready, what="`portal run` says that it is ready")
        return self

    def processes(self) -> dict[int, str]:
        return processes_of(self.instance)


@contextmanager
def stack(instance: Path, log: Path, options: Sequence[str] = (), **values: str) -> Iterator[Stack]:
    running = Stack(instance, log, options, **values)
    try:
        yield running
    finally:
        end_all(running, instance)


def end_all(program: Program, instance: Path) -> None:
    """Leave nothing behind, also when a test failed half-way."""
    if program.process.poll() is None:
        program.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(40)
    for pid in processes_of(instance):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    stop(program.process)


def http() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


class _Proxy(HTTPAdapter):
    """Passes on in plain what a browser sent by TLS."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        plain = request.copy()
        plain.url = (request.url or "").replace("https:", "http:", 1)
        return super().send(plain, *args, **options)


class Browser:
    """Whoever is signed in, without the browser: it fills forms in as they are on the page, and presses."""

    def __init__(self, url: str, user_name: str, password: str, *, through_tls: bool = False) -> None:
        """``through_tls`` makes its requests look as those that a proxy with TLS passes on."""
        self.url = url
        self.session = http()
        if through_tls:
            self.url = url.replace("http:", "https:")
            self.session.mount(self.url, _Proxy())
            self.session.headers.update({"X-Forwarded-Proto": "https", "Referer": f"{self.url}/"})
        self.submit("/sign-in", user_name=user_name, password=password)

    def get(self, path: str) -> html.HtmlElement:
        answer = self.session.get(self.url + path, timeout=30)
        assert answer.status_code == 200, f"{path}: HTTP {answer.status_code}"
        return html.fromstring(answer.text)

    def text(self, path: str) -> str:
        return " ".join(self.get(path).text_content().split())

    def submit(self, path: str, **values: str) -> str:
        """Send the main form of a page; give the path of the page that it leads to."""
        form = self.get(path).xpath("//main//form[@method='post']")[0]
        fields = [(name, value) for name, value in form.form_values() if name not in values]
        return self.post(form.get("action") or path, fields + list(values.items()))

    def press(self, path: str, label: str) -> str:
        """Press the button of that name, which is a small form of its own."""
        page = self.get(path)
        button = page.xpath("//main//form[.//button[normalize-space()=$label]]", label=label)[0]
        return self.post(button.get("action"), button.form_values())

    def post(self, path: str, fields: list[tuple[str, str]]) -> str:
        answer = self.session.post(self.url + path, data=fields, timeout=30, allow_redirects=False)
        assert answer.status_code == 302, html.fromstring(answer.text).text_content()
        return urlsplit(answer.headers["Location"]).path

    def make_callout(self, url: str, preset: str, name: str = "Acme RMM") -> None:
        """Make a callout to a receiver, and the rule that sends it."""
        self.submit("/admin/callouts/new", name=name, url=url)
        option = self.get("/admin/rules/new?preset=basic").xpath(
            "//option[normalize-space()=$name]/@value", name=name
        )[0]
        self.submit(f"/admin/rules/new?preset={preset}&callout={option}")

    def make_ticket(self, title: str = "Disk full on SRV1") -> str:
        """Make a ticket for the demo's company; give its page's path."""
        company = self.get("/tickets/new").xpath("//select[@name='company_id']/option[@value!='']/@value")[0]
        return self.submit("/tickets/new", title=title, company_id=company)
