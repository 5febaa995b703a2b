"""Wrong settings stop the start, each with one sentence that names the setting."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from portal.cli import portal
from portal.settings import Settings, SettingsError
from tests.processes.running import PORTAL, ROOT, environment

WRONG = {
    "PORTAL_ENV": "staging",
    "PORTAL_INSTANCE": "/dev/null/instance",
    "DATABASE_URL": "mysql://portal@db/portal",
    "REDIS_URL": "localhost:6379",
    "PORTAL_PORT": "80000",
    "PORTAL_BASE_URL": "portal.example",
    "PORTAL_ALLOWED_HOSTS": "https://portal.example",
    "PORTAL_TRUSTED_PROXIES": "all",
    "PORTAL_SECRET_KEY": "short",
    "PORTAL_CREDENTIAL_KEYS": "not a key",
    "PORTAL_RESEND_SECONDS": "0",
    "PORTAL_RESEND_LIMIT": "-1",
    "PORTAL_SEND_TIMEOUT": "half a minute",
    "PORTAL_CONNECT_TIMEOUT": "1e3",
    "PORTAL_LEASE_SECONDS": "1",
    "PORTAL_SWEEP_SECONDS": "3600",
    "PORTAL_SENDERS": "0",
    "PORTAL_WORKERS": "many",
    "PORTAL_WEB_WORKERS": "0",
    "PORTAL_WEB_THREADS": "²",
    "PORTAL_REQUEST_SECONDS": "0",
    "PORTAL_ALLOWED_NETWORKS": "10.0.0.0/8, the office",
    "PORTAL_HTTP_PROXY": "socks5://user:hidden@proxy:1080",
    "SMTP_URL": "mail.example:25",
    "PORTAL_MAIL_FROM": "Roundtrip",
    "PORTAL_MOCK_RMM": "maybe",
    "MOCK_RMM_PORT": "0",
    "MOCK_RMM_URL": "http://:8001",
    "PORTAL_DEMO": "perhaps",
    "PORTAL_ADMIN_PASSWORD": "short",
    "PORTAL_LOG_FORMAT": "xml",
    "PORTAL_METRICS_TOKEN": "short",
    "PORTAL_KEEP_DAYS": "for ever",
    "PORTAL_SESSION_HOURS": "0",
    "PORTAL_SESSION_IDLE_MINUTES": "half an hour",
}
FURTHER = [
    ("DATABASE_URL", "postgresql://portal@db:port/portal"),
    ("DATABASE_URL", "postgres"),
    ("REDIS_URL", "redis://localhost:port/0"),
    ("REDIS_URL", "redis+sentinel://one,two:26379"),
    ("REDIS_URL", "redis+sentinel://one,two:port/mymaster"),
    ("REDIS_URL", "redis+sentinel://,two/mymaster"),
    ("REDIS_URL", "redis+sentinel://one/mymaster/first"),
    ("REDIS_URL", "redis+sentinel://one/mymaster?password=hidden"),
    ("PORTAL_BASE_URL", "https://portal.example:port"),
    ("PORTAL_INSTANCE", "/proc/nowhere"),
    ("SMTP_URL", "smtp://mail.example:port"),
    ("PORTAL_MAIL_FROM", "Roundtrip <roundtrip@>"),
    ("PORTAL_HTTP_PROXY", "https://user:hidden@proxy:3128"),
    ("MOCK_RMM_PORT", "8000"),
]
# any text will do: where it matters, it is tried when the programs start
FREE = {
    "PORTAL_HOST",
    "MOCK_RMM_HOST",
    "PORTAL_LOGIN_DOMAIN",
    "PORTAL_ADMIN_USERNAME",
    "MOCK_RMM_USERNAME",
    "MOCK_RMM_PASSWORD",
    "MOCK_RMM_API_PASSWORD",
}


class Asked(dict[str, str]):
    """An environment that remembers which names were asked for."""

    names: set[str]

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """No settings but an instance folder."""
    for name in (*WRONG, *FREE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORTAL_INSTANCE", str(tmp_path / "instance"))
    return {"PORTAL_INSTANCE": str(tmp_path / "instance")}


def test_every_setting_is_tried_here(clean: Mapping[str, str]):
    asked = Asked(clean)
    asked.names = set()
    Settings.from_env(asked)
    assert asked.names == set(WRONG) | FREE


def test_a_wrong_setting_is_told_in_one_sentence_that_names_it(clean):
    for name, value in [*WRONG.items(), *FURTHER]:
        done = CliRunner().invoke(portal, ["run"], env={name: value})
        assert done.exit_code == 1, (name, value)
        told = done.output.removeprefix("Error: ").splitlines()
        assert len(told) == 1, done.output
        assert told[0].startswith(name)
        assert "hidden" not in done.output


def test_in_production_what_must_be_set_is_told_all_at_once(clean: Mapping[str, str]):
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({**clean, "PORTAL_ENV": "production"})
    told = str(refused.value).splitlines()
    assert {line.split()[0] for line in told} == {
        "PORTAL_BASE_URL",
        "PORTAL_SECRET_KEY",
        "PORTAL_CREDENTIAL_KEYS",
    }


STRONG = {
    "PORTAL_ENV": "production",
    "PORTAL_BASE_URL": "https://portal.example",
    "PORTAL_SECRET_KEY": "fe0b3e1c5a1f0a4ff1d7a5b0f1f6c2d9",
    "PORTAL_CREDENTIAL_KEYS": "6Ff0dYyAqKTQ5Ll0i5sS5q0x5fJtzG2CwqVQW3pZr3M=",
    "PORTAL_ADMIN_PASSWORD": "5bd9c1a70e42f8d36a1b07ce",
}


def test_production_refuses_what_is_readable_or_can_be_guessed(clean):
    Settings.from_env({**clean, **STRONG})
    for name, value in (
        ("PORTAL_BASE_URL", "http://portal.example"),
        ("PORTAL_BASE_URL", "HTTP://localhost:8000"),
        ("PORTAL_SECRET_KEY", "a" * 32),
        ("PORTAL_SECRET_KEY", "0123456789abcdef" * 2),
        ("PORTAL_SECRET_KEY", "changeme" * 5),
        ("PORTAL_CREDENTIAL_KEYS", "A" * 43 + "="),
        ("PORTAL_ADMIN_PASSWORD", "password"),
        ("PORTAL_ADMIN_PASSWORD", "Portal2026!"),
        ("PORTAL_METRICS_TOKEN", "metricsmetricsmetrics"),
    ):
        with pytest.raises(SettingsError, match=f"^{name} [^\n]*$") as refused:
            Settings.from_env({**clean, **STRONG, name: value})
        assert value not in str(refused.value)


@pytest.mark.processes
@pytest.mark.parametrize("command", [[PORTAL, "run"], [sys.executable, "worker.py"], [PORTAL, "prepare"]])
def test_every_program_refuses_all_of_them_together_and_starts_nothing(command: list[str], tmp_path: Path):
    values = {name: value for name, value in WRONG.items() if name != "PORTAL_INSTANCE"}
    done = subprocess.run(
        command,
        env=environment(tmp_path / "instance", **values),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    told = done.stderr.removeprefix("Error: ").splitlines()
    assert sorted(line.split()[0].rstrip(":") for line in told) == sorted(values)
    assert "Traceback" not in done.stderr
