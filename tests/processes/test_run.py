"""`portal run`: one command starts everything, and its end is the end of everything."""

import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from portal.runtime.stack import WEB_VARIABLES, CannotStart, run
from portal.settings import Settings
from tests.processes.running import PORTAL, ROOT, Browser, Stack, environment, http, stack
from tests.receiver import Answer, listening
from tests.servers import free_port, wait_until

pytestmark = pytest.mark.processes
PARTS = ("gunicorn", "worker.py", "worker.py --pool", "mock_rmm", "valkey")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A first start from nothing, shared by the tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("first")
    with stack(folder / "instance", folder / "log") as running:
        yield running.wait_until_ready()


def printed_password(output: str) -> str:
    return re.search(r"Sign in    admin / (\S+)", output)[1]


def test_from_nothing_it_starts_both_programs_and_says_where_they_are(first: Stack):
    assert re.search(rf"^  Portal     {re.escape(first.url)}$", first.output, re.MULTILINE)
    assert re.search(rf"^  Mock RMM   {re.escape(first.mock_url)}$", first.output, re.MULTILINE)
    for url in (first.url, first.mock_url):
        assert http().get(f"{url}/healthz", timeout=10).status_code == 200
    assert "Traceback" not in first.output


def test_each_program_gets_the_secrets_that_it_needs_and_no_other_and_none_is_printed(tmp_path: Path):
    secrets = {
        "PORTAL_SECRET_KEY": "a secret key of this test, long enough",
        "PORTAL_CREDENTIAL_KEYS": Fernet.generate_key().decode(),
        "PORTAL_ADMIN_PASSWORD": "an administrator's password of this test",
        "PORTAL_METRICS_TOKEN": "a metrics token of this test, long enough",
        "MOCK_RMM_PASSWORD": "a mock's password of this test",
        "MOCK_RMM_API_PASSWORD": "an API user's password of this test",
        "MOCK_RMM_ADMIN_TOKEN": "a mock's token of this test, long enough",
    }
    with stack(
        tmp_path / "instance", tmp_path / "log", **secrets, NOBODYS="a secret of the shell's"
    ) as running:
        running.wait_until_ready()
        Browser(running.url, "admin", secrets["PORTAL_ADMIN_PASSWORD"])
        assert "Sign in    admin / the password in PORTAL_ADMIN_PASSWORD" in running.output
        assert not any(secret in running.output for secret in secrets.values())
        names = {"mock_rmm": "mock", "gunicorn": "portal", "worker.py": "worker", "valkey": "Valkey"}
        given: dict[str, set[str]] = {}
        for pid, command in running.processes().items():
            environ = Path(f"/proc/{pid}/environ").read_bytes().decode()
            for part, name in names.items():
                if part in command:
                    given.setdefault(name, set()).update(
                        key for key, value in secrets.items() if value in environ
                    )
                    assert "a secret of the shell's" not in environ
    keys = {"PORTAL_SECRET_KEY", "PORTAL_CREDENTIAL_KEYS"}
    mocks = {"MOCK_RMM_PASSWORD", "MOCK_RMM_API_PASSWORD", "MOCK_RMM_ADMIN_TOKEN"}
    assert given == {
        "portal": keys | {"PORTAL_METRICS_TOKEN"},
        "worker": keys,
        "mock": mocks,
        "Valkey": set(),
    }


def test_each_setting_reaches_the_web_server(tmp_path: Path):
    asked: set[str] = set()

    class Asked(dict[str, str]):
        def get(self, name: str, default: str = "") -> str:
            asked.add(name)
            return super().get(name, default)

    Settings.from_env(Asked(PORTAL_INSTANCE=str(tmp_path)))
    preparing = {"PORTAL_ADMIN_PASSWORD", "MOCK_RMM_PASSWORD", "MOCK_RMM_API_PASSWORD"}
    assert asked - set(WEB_VARIABLES) == preparing


def test_the_printed_password_opens_a_portal_with_the_demo_in_it(first: Stack):
    browser = Browser(first.url, "admin", printed_password(first.output))
    page = browser.text("/admin/callouts/")
    for pair in ("name value GET", "name value POST", "SOAP", "XML-RPC"):
        assert f"Mock RMM, {pair}" in page
    assert "Tell the mock RMM when complete, SOAP" in browser.text("/admin/rules/")


def test_everything_in_the_instance_folder_is_its_owners_alone(first: Stack):
    assert stat.S_IMODE(first.instance.stat().st_mode) == 0o700
    names = {"credentials.key", "secret.key", "mock-rmm.password", "mock-rmm-api.password", "portal.db"}
    assert {name: stat.S_IMODE((first.instance / name).stat().st_mode) for name in names} == dict.fromkeys(
        names, 0o600
    )


def test_a_second_start_on_the_same_instance_is_refused_with_a_sentence(first: Stack):
    done = run_once(environment(first.instance))
    assert done.returncode == 1
    assert done.stderr == (
        f"Error: A portal already runs on {first.instance}. End it first, or name another folder with "
        "PORTAL_INSTANCE.\n"
    )


@pytest.mark.parametrize("name", ["PORTAL_PORT", "MOCK_RMM_PORT"])
def test_a_port_that_is_taken_is_told_with_the_setting_that_changes_it(name: str, tmp_path: Path):
    ports = {"PORTAL_PORT": str(free_port()), "MOCK_RMM_PORT": str(free_port())}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(ports[name])))
        taken.listen()
        done = run_once(environment(tmp_path / "instance", **ports))
    assert done.returncode == 1
    said = (
        f"Port {ports[name]} on 127.0.0.1 can't be used (Address already in use). Set {name} to a free one."
    )
    assert done.stderr == f"Error: {said}\n"


def test_an_address_of_another_machine_is_told(tmp_path: Path):
    done = run_once(environment(tmp_path / "instance", PORTAL_HOST="192.0.2.1"))
    assert done.returncode == 1
    assert "Port 8000 on 192.0.2.1 can't be used" in done.stderr
    assert "Set PORTAL_HOST to an address of this machine." in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("REDIS_URL", "unix:///nowhere/valkey.sock", "No Redis answers at REDIS_URL."),
        ("DATABASE_URL", "postgresql://portal:hidden@127.0.0.1:1/x", "The database can't be opened"),
        ("DATABASE_URL", "sqlite:////nowhere/portal.db", "The database can't be opened"),
    ],
)
def test_a_server_that_is_not_there_stops_the_start_with_a_sentence(
    name: str, value: str, sentence: str, tmp_path: Path
):
    done = run_once(environment(tmp_path / "instance", **{name: value}))
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert sentence in said
    assert name in said
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr


def end_cleanly(running: Stack, number: signal.Signals) -> None:
    commands = " | ".join(running.processes().values())
    for part in PARTS:
        assert part in commands
    running.signal(number)
    assert running.wait() == 0
    assert running.processes() == {}
    assert "Traceback" not in running.output, running.output
    assert "killed" not in running.output, running.output


def test_a_signal_ends_every_process_cleanly_and_the_next_start_shows_no_password(tmp_path: Path):
    """Ctrl-C is shown below."""
    with stack(tmp_path / "instance", tmp_path / "first") as running:
        password = printed_password(running.wait_until_ready().output)
        end_cleanly(running, signal.SIGTERM)
    with stack(tmp_path / "instance", tmp_path / "second") as again:
        again.wait_until_ready()
        assert password not in again.output
        assert "Sign in    with the resources of this portal" in again.output
        Browser(again.url, "admin", password)
        end_cleanly(again, signal.SIGHUP)


def test_a_killed_supervisor_leaves_no_process(tmp_path: Path):
    with stack(tmp_path / "instance", tmp_path / "log") as running:
        running.wait_until_ready()
        running.signal(signal.SIGKILL)
        running.wait()
        wait_until(lambda: not running.processes(), what="every process has ended")


def test_a_program_that_dies_is_started_again(first: Stack):
    def pids(part: str) -> set[int]:
        return {pid for pid, command in first.processes().items() if part in command}

    before = {part: pids(part) for part in PARTS}
    killed = {min(each) for each in before.values()}
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    for part, old in before.items():
        wait_until(
            lambda part=part, old=old: not killed & (now := pids(part)) and len(now) >= len(old),
            what=f"{part} runs again",
        )
    for url in (first.url, first.mock_url):
        wait_until(lambda url=url: answers(url), what=f"{url} answers")


def test_control_c_ends_also_while_a_receiver_is_silent(tmp_path: Path):
    """A request in the air may finish, but not hold up the end for as long as it is allowed to take."""
    settings = {"PORTAL_ADMIN_PASSWORD": "given by hand", "PORTAL_SEND_TIMEOUT": "300"}
    with listening() as receiver, stack(tmp_path / "instance", tmp_path / "log", **settings) as running:
        receiver.answers = [Answer(delay=600)]
        running.wait_until_ready()
        browser = Browser(running.url, "admin", "given by hand")
        browser.make_callout(receiver.url, "basic")
        browser.make_ticket()
        wait_until(lambda: receiver.got, what="the callout is in the air")
        running.signal(signal.SIGINT)
        assert running.wait(60) == 0
        assert running.processes() == {}
        assert "killed" not in running.output, running.output


def answers(url: str) -> bool:
    try:
        return http().get(f"{url}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def run_once(environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PORTAL, "run"], env=environ, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_in_development_the_portal_reloads_and_debugs_and_all_of_it_ends(tmp_path: Path):
    with stack(tmp_path / "instance", tmp_path / "log", options=["--dev"]) as running:
        running.wait_until_ready()
        debugger = http().get(f"{running.url}/?__debugger__=yes&cmd=resource&f=debugger.js", timeout=10)
        assert "openShell" in debugger.text

        def servers() -> set[int]:
            return {pid for pid, command in running.processes().items() if "flask" in command}

        before = servers()
        (ROOT / "portal/wsgi.py").touch()
        wait_until(lambda: servers() - before, what="the changed portal is served by another process")
        running.signal(signal.SIGINT)
        assert running.wait() == 0
        assert running.processes() == {}


def test_there_is_no_debugger_in_production(tmp_path: Path):
    settings = replace(Settings.from_env({"PORTAL_INSTANCE": str(tmp_path)}), environment="production")
    with pytest.raises(CannotStart, match="--dev"):
        run(settings, print, dev=True)
