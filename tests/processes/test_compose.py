"""docker-compose.yml, without containers: its programs, with its environment, on a real PostgreSQL and Valkey."""

import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet

from tests.processes.running import PORTAL, ROOT, Browser, Program, end_all, environment, http
from tests.servers import Postgres, Valkey, free_port, wait_until

pytestmark = pytest.mark.processes

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")
SECRETS = {
    name for name, kind, _ in _VARIABLE.findall((ROOT / "docker-compose.yml").read_text()) if kind == ":?"
}


def filled(value: str, given: dict[str, str]) -> str:
    """Interpolate as Compose does: ${NAME}, ${NAME:-default} and ${NAME:?why}."""

    def value_of(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if name in given:
            return given[name]
        assert kind == ":-", f"{name} is not given"
        return rest

    return _VARIABLE.sub(value_of, value)


def command_of(service: str) -> list[str]:
    """The command, run from the virtual environment instead of the image."""
    words = (SERVICES[service].get("command") or "portal serve").split()
    programs = {
        "portal": PORTAL,
        "python": sys.executable,
        "mock-rmm": str(Path(PORTAL).with_name("mock-rmm")),
    }
    return [programs[words[0]], *words[1:]]


def test_every_secret_is_asked_for_and_none_is_written_down():
    assert {
        "PORTAL_SECRET_KEY",
        "PORTAL_CREDENTIAL_KEYS",
        "PORTAL_BASE_URL",
        "PORTAL_ADMIN_PASSWORD",
        "POSTGRES_PASSWORD",
        "VALKEY_PASSWORD",
        "MOCK_RMM_PASSWORD",
        "MOCK_RMM_API_PASSWORD",
        "MOCK_RMM_ADMIN_TOKEN",
    } == SECRETS
    readme = (ROOT / "README.md").read_text()
    for name in SECRETS:
        assert re.search(rf"^{name}=(\$\(openssl |https://)", readme, re.MULTILINE), (
            f"README.md makes no {name}"
        )


def test_each_container_has_the_secrets_that_it_needs_and_no_other():
    everybodys = {
        "PORTAL_BASE_URL",
        "PORTAL_SECRET_KEY",
        "PORTAL_CREDENTIAL_KEYS",
        "POSTGRES_PASSWORD",
        "VALKEY_PASSWORD",
    }
    mocks = {"MOCK_RMM_PASSWORD", "MOCK_RMM_API_PASSWORD"}
    wanted = {
        "prepare": everybodys | mocks | {"PORTAL_ADMIN_PASSWORD"},
        "portal": everybodys,
        "worker": everybodys,
        "mock-rmm": mocks | {"MOCK_RMM_ADMIN_TOKEN"},
        "postgres": {"POSTGRES_PASSWORD"},
        "valkey": {"VALKEY_PASSWORD"},
        "mailpit": set(),
    }
    named = {
        name: {each for each, _, _ in _VARIABLE.findall(str(service.get("environment", "")))} & SECRETS
        for name, service in SERVICES.items()
    }
    assert named == wanted


def test_nothing_is_published_beyond_this_machine_unless_told():
    for name, service in SERVICES.items():
        for port in service.get("ports", ()):
            assert filled(port, {}).startswith("127.0.0.1:"), name


@pytest.fixture
def composed(tmp_path: Path, postgres: Postgres, valkey: Valkey) -> Iterator[Callable[[str], dict[str, str]]]:
    """Give each service's environment, with the names of containers as addresses of this machine."""
    given = {name: secrets.token_hex(16) for name in SECRETS}
    given |= {
        "PORTAL_CREDENTIAL_KEYS": Fernet.generate_key().decode(),
        "PORTAL_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    portal, mock = free_port(), free_port()
    # the browser below says of itself that it came through a proxy with TLS
    given |= {"PORTAL_BASE_URL": f"https://127.0.0.1:{portal}", "PORTAL_TRUSTED_PROXIES": "1"}
    given |= {"PORTAL_RESEND_SECONDS": "1", "PORTAL_DEMO": "yes"}
    with postgres.database(f"compose_{os.getpid()}") as database:
        elsewhere = {
            f"postgresql://portal:{given['POSTGRES_PASSWORD']}@postgres/portal": database,
            f"redis://:{given['VALKEY_PASSWORD']}@valkey:6379/0": valkey.url,
            "mailpit:1025": f"127.0.0.1:{free_port()}",
            "mock-rmm:8001": f"127.0.0.1:{mock}",
            "portal:8000": f"127.0.0.1:{portal}",
        }

        def environ(service: str) -> dict[str, str]:
            values = {
                name: filled(str(value), given) for name, value in SERVICES[service]["environment"].items()
            }
            for container, here in elsewhere.items():
                values = {name: value.replace(container, here) for name, value in values.items()}
            ports = {"PORTAL_PORT": str(portal), "MOCK_RMM_PORT": str(mock), "PORTAL_HOST": "127.0.0.1"}
            return environment(tmp_path / "instance", **values | ports)

        yield environ


def test_the_services_make_the_round_trip_on_postgresql(composed, tmp_path: Path):
    environ = composed("prepare")
    portal_url = environ["PORTAL_BASE_URL"].replace("https:", "http:")
    mock_url = environ["MOCK_RMM_URL"]
    token = {"Authorization": f"Bearer {composed('mock-rmm')['MOCK_RMM_ADMIN_TOKEN']}"}
    with ExitStack() as stack:

        def start(service: str) -> Program:
            program = Program(command_of(service), composed(service), tmp_path / f"{service}.log")
            stack.callback(end_all, program, tmp_path / "instance")
            return program

        prepare = start("prepare")
        assert prepare.wait() == 0, prepare.output
        assert environ["PORTAL_ADMIN_PASSWORD"] not in prepare.output
        running = [start(service) for service in ("portal", "worker", "worker", "mock-rmm")]

        def up(url: str) -> bool:
            for program in running:
                assert program.process.poll() is None, program.output
            try:
                return bool(http().get(f"{url}/healthz", timeout=5).ok)
            except OSError:
                return False

        for url in (portal_url, mock_url):
            wait_until(lambda url=url: up(url), what=f"{url} answers")
        alert = raised(mock_url, token)
        browser = Browser(portal_url, "admin", environ["PORTAL_ADMIN_PASSWORD"], through_tls=True)
        browser.press(f"/tickets/{alert['ticket_id']}", "Complete")
        address = f"{mock_url}/api/alerts/{alert['id']}"
        wait_until(
            lambda: http().get(address, headers=token, timeout=10).json()["state"] == "cleared",
            what="the alert is cleared",
        )
        wait_until(
            lambda: "Alert cleared" in browser.text(f"/tickets/{alert['ticket_id']}"), what="the note is back"
        )
        for program in running:
            assert "Traceback" not in program.output
            for secret in ("PORTAL_SECRET_KEY", "PORTAL_CREDENTIAL_KEYS", "MOCK_RMM_PASSWORD"):
                assert environ[secret] not in program.output


def raised(mock_url: str, token: dict[str, str]) -> dict[str, object]:
    wanted = {"device": "SRV-DB-01", "message": "Disk C: is full", "door": "soap"}
    answer = http().post(f"{mock_url}/api/alerts", json=wanted, headers=token, timeout=30)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found
