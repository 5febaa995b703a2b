"""Every setting of the mock RMM, its default, and what stops the start."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from mock_rmm.api.receiver_input import read_receiver
from mock_rmm.endpoints.receiver import KINDS, Receiver
from mock_rmm.journal.store import IN_MEMORY

EXAMPLE = '{"receivers": [{"name": "acme", "door": "soap"}]}'


def read_config(path: Path) -> tuple[Receiver, ...] | list[str]:
    """The receivers, or what is wrong with the file, one sentence each."""
    try:
        given = json.loads(path.read_text("utf-8"))
    except OSError as error:
        return [f"MOCK_RMM_CONFIG is {str(path)!r}, which can't be read ({error.strerror})."]
    except (ValueError, RecursionError) as error:
        return [f"MOCK_RMM_CONFIG is {str(path)!r}, which isn't JSON ({error})."]
    match given:
        case {"receivers": [*wanted], **others} if not others:
            return _receivers(wanted)
        case _:
            return [f"MOCK_RMM_CONFIG is {str(path)!r}, which must hold an object such as {EXAMPLE}."]


def _receivers(wanted: list[Any]) -> tuple[Receiver, ...] | list[str]:
    problems: list[str] = []
    receivers: dict[str, Receiver] = {}
    places = {(kind.path, kind.method): name for name, kind in KINDS.items()}
    for number, given in enumerate(wanted, 1):
        here = f"MOCK_RMM_CONFIG, receiver {number}"
        found = read_receiver(given) if isinstance(given, dict) else {"receiver": "Make it an object."}
        if isinstance(found, dict):
            problems += [f"{here}, {key}: {problem}" for key, problem in found.items()]
            continue
        if found.name in receivers:
            problems.append(f"{here}, name: {found.name} is there already: give each a name of its own.")
        place = (found.path, found.kind.method)
        if place in places:
            problems.append(f"{here}, path: {places[place]} has it already: give each a path of its own.")
        receivers[found.name] = found
        places[place] = found.name
    return problems or tuple(receivers.values())


DEFAULT_PASSWORD = "rmm-secret"  # noqa: S105 (the documented default of a test double, refused off loopback)
LONGEST_PORT = 65535
SHORTEST_TOKEN = 16

_UDF_SUFFIXES = {"name-value-get": "name value GET", "name-value-post": "name value POST", "soap": "SOAP"}
DEFAULT_UDF_NAMES: Mapping[str, str] = MappingProxyType(
    {name: f"Mock RMM Alert ID, {_UDF_SUFFIXES.get(name, kind.label)}" for name, kind in KINDS.items()}
)


class WrongSettings(Exception):  # noqa: N818 (a person reads it, who has settings, not errors)
    """What is wrong with the environment, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    host: str = "127.0.0.1"
    port: int = 8001
    threads: int = 64
    """A delayed answer keeps its thread as long as it takes."""
    request_seconds: float = 30.0
    """In which a request must be there, and its answer be taken."""
    username: str = "rmm"
    password: str = field(default=DEFAULT_PASSWORD, repr=False)
    admin_token: str = field(default="", repr=False)
    portal_api_url: str = "http://127.0.0.1:8000/ATServices/1.6/atws.wsdl"
    portal_api_username: str = ""
    portal_api_password: str = field(default="", repr=False)
    portal_api_integration_code: str = "MOCK-RMM"
    portal_api_timeout: float = 15.0
    company_id: int = 1
    queue_id: int = 8
    udf_names: Mapping[str, str] = field(default_factory=lambda: DEFAULT_UDF_NAMES)
    note_attempts: int = 10
    note_pause: float = 3.0
    journal: str = IN_MEMORY
    """The file it is kept in, if any."""
    longest_silence: float = 300.0
    """After so many seconds even a connection that is never answered ends."""
    journal_entries: int = 10_000
    journal_mib: int = 64
    receivers: tuple[Receiver, ...] = ()
    """Those that are there from the start, besides the built-in ones."""
    one_core: bool = True
    """Whether the process stays on one core: threads of one interpreter that wander are slower there than alone."""
    log_level: str = "info"
    access_log: bool = False

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment; raise WrongSettings with everything that is wrong, at once."""
        env = _Environment(environ)
        default = cls()
        settings = cls(
            host=env.text("MOCK_RMM_HOST", default.host),
            port=env.whole("MOCK_RMM_PORT", default.port, 1, LONGEST_PORT),
            threads=env.whole("MOCK_RMM_THREADS", default.threads, 2, 256),
            request_seconds=env.number("MOCK_RMM_REQUEST_SECONDS", default.request_seconds, 1, 3600),
            username=env.text("MOCK_RMM_USERNAME", default.username),
            password=env.text("MOCK_RMM_PASSWORD", default.password),
            admin_token=env.text("MOCK_RMM_ADMIN_TOKEN", ""),
            portal_api_url=env.url("PORTAL_API_URL", default.portal_api_url),
            portal_api_username=env.text("PORTAL_API_USERNAME", ""),
            portal_api_password=env.text("PORTAL_API_PASSWORD", ""),
            portal_api_integration_code=env.text(
                "PORTAL_API_INTEGRATION_CODE", default.portal_api_integration_code
            ),
            portal_api_timeout=env.number("PORTAL_API_TIMEOUT", default.portal_api_timeout, 0.1, 300),
            company_id=env.whole("MOCK_RMM_COMPANY_ID", default.company_id, 0, 2**31),
            queue_id=env.whole("MOCK_RMM_QUEUE_ID", default.queue_id, 0, 2**31),
            udf_names={each: env.text(udf_variable(each), name) for each, name in default.udf_names.items()},
            note_attempts=env.whole("MOCK_RMM_NOTE_ATTEMPTS", default.note_attempts, 1, 1000),
            note_pause=env.number("MOCK_RMM_NOTE_PAUSE", default.note_pause, 0, 3600),
            journal=_journal(env),
            longest_silence=env.number("MOCK_RMM_LONGEST_SILENCE", default.longest_silence, 0.1, 3600),
            journal_entries=env.whole("MOCK_RMM_JOURNAL_ENTRIES", default.journal_entries, 1, 1_000_000),
            journal_mib=env.whole("MOCK_RMM_JOURNAL_MIB", default.journal_mib, 1, 4096),
            receivers=env.receivers("MOCK_RMM_CONFIG"),
            one_core=env.choice("MOCK_RMM_ONE_CORE", "on", ("on", "off")) == "on",
            log_level=env.choice(
                "MOCK_RMM_LOG_LEVEL", default.log_level, ("debug", "info", "warning", "error")
            ),
            access_log=env.choice("MOCK_RMM_ACCESS_LOG", "off", ("on", "off")) == "on",
        )
        problems = env.problems + settings.exposure_problems()
        if problems:
            raise WrongSettings(problems)
        return settings

    @property
    def on_loopback(self) -> bool:
        return is_loopback(self.host)

    def exposure_problems(self) -> list[str]:
        """What must not be left at its default where others can reach it."""
        problems = []
        if self.admin_token and len(self.admin_token) < SHORTEST_TOKEN:
            problems.append(
                f"MOCK_RMM_ADMIN_TOKEN is too short: give it at least {SHORTEST_TOKEN} random characters, "
                "for example from `python -c 'import secrets; print(secrets.token_urlsafe(24))'`."
            )
        if self.on_loopback:
            return problems
        if not self.admin_token:
            problems.append(
                f"MOCK_RMM_HOST is {self.host}, so others can reach the mock RMM: set MOCK_RMM_ADMIN_TOKEN to "
                "a long random text that protects its pages and JSON API, or set MOCK_RMM_HOST to 127.0.0.1."
            )
        if self.password == DEFAULT_PASSWORD:
            problems.append(
                f"MOCK_RMM_HOST is {self.host}, so others can reach the mock RMM: set MOCK_RMM_PASSWORD to "
                "one that isn't printed in its manual, or set MOCK_RMM_HOST to 127.0.0.1."
            )
        return problems


def _journal(env: "_Environment") -> str:
    """By default a file for each port in the user's folder for such things, if there is one."""
    if given := env.text("MOCK_RMM_JOURNAL", ""):
        return IN_MEMORY if given == "memory" else given
    home = env.text("HOME", "")
    state = env.text("XDG_STATE_HOME", str(Path(home) / ".local" / "state") if home else "")
    port = env.text("MOCK_RMM_PORT", str(Settings.port))
    return str(Path(state) / "mock-rmm" / f"journal-{port}.sqlite3") if state else IN_MEMORY


def udf_variable(endpoint: str) -> str:
    return "MOCK_RMM_UDF_" + endpoint.upper().replace("-", "_")


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class _Environment:
    """Reads variables one by one and gathers what is wrong with them. An empty one counts as not set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name, "").strip() or default

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        value = self.number(name, default, least, most)
        if value != int(value):
            self.problems.append(f"{name} is {value}: make it a whole number.")
            return default
        return int(value)

    def number(self, name: str, default: float, least: float, most: float) -> float:
        text = self.text(name, str(default))
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            self.problems.append(f"{name} is {text!r}: make it a number from {least} to {most}.")
            return default
        return value

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        text = self.text(name, default).lower()
        if text not in choices:
            self.problems.append(f"{name} is {text!r}: make it one of {', '.join(choices)}.")
            return default
        return text

    def receivers(self, name: str) -> tuple[Receiver, ...]:
        path = self.text(name, "")
        found = read_config(Path(path)) if path else ()
        if isinstance(found, list):
            self.problems += found
            return ()
        return found

    def url(self, name: str, default: str) -> str:
        text = self.text(name, default)
        try:
            parts = urlsplit(text)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            self.problems.append(f"{name} is {text!r}: make it a full address such as {default}.")
            return default
        return text
