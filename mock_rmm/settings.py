"""Every setting of the mock RMM, its default, its bounds, and what stops the start."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, get_origin, get_type_hints
from urllib.parse import urlsplit

from msgspec import Meta, ValidationError, convert, inspect

from mock_rmm.api.reading import Info, one_of, sentence_for
from mock_rmm.api.receiver_input import read_receiver
from mock_rmm.endpoints.receiver import KINDS, Receiver
from mock_rmm.journal.store import IN_MEMORY

DEFAULT_PASSWORD = "rmm-secret"  # noqa: S105 (the documented default of a test double, refused off loopback)
SHORTEST_TOKEN = 16

_UDF_SUFFIXES = {"name-value-get": "name value GET", "name-value-post": "name value POST", "soap": "SOAP"}
DEFAULT_UDF_NAMES: Mapping[str, str] = MappingProxyType(
    {name: f"Mock RMM Alert ID, {_UDF_SUFFIXES.get(name, kind.label)}" for name, kind in KINDS.items()}
)
EXAMPLE = '{"receivers": [{"name": "acme", "door": "soap"}]}'


def _wanted(path: Path) -> list[Any] | str:
    """The receivers as they stand in the file, or what is wrong with it."""
    try:
        given = json.loads(path.read_text("utf-8"))
    except OSError as error:
        return f"can't be read ({error.strerror})"
    except (ValueError, RecursionError) as error:
        return f"isn't JSON ({error})"
    match given:
        case {"receivers": [*wanted], **others} if not others:
            return wanted
        case _:
            return f"must hold an object such as {EXAMPLE}"


def _receivers(path: Path, problems: list[str]) -> tuple[Receiver, ...]:
    """The receivers in the file; what is wrong with it is added to the problems, one sentence each."""
    wanted = _wanted(path)
    if isinstance(wanted, str):
        problems.append(f"MOCK_RMM_CONFIG is {str(path)!r}, which {wanted}.")
        return ()
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
    return tuple(receivers.values())


class WrongSettings(Exception):  # noqa: N818 (a person reads it, who has settings, not errors)
    """What is wrong with the environment, a sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def env(name: str, **bounds: Any) -> Meta:
    """The variable that a setting is read from."""
    return Meta(extra={"env": name}, **bounds)


def _secret(default: str = "") -> Any:
    return field(default=default, repr=False)


@dataclass(frozen=True)
class Settings:
    host: Annotated[str, env("MOCK_RMM_HOST")] = "127.0.0.1"
    port: Annotated[int, env("MOCK_RMM_PORT", ge=1, le=65535)] = 8001
    threads: Annotated[int, env("MOCK_RMM_THREADS", ge=2, le=256)] = 64
    """A delayed answer keeps its thread as long as it takes."""
    request_seconds: Annotated[float, env("MOCK_RMM_REQUEST_SECONDS", ge=1, le=3600)] = 30.0
    """In which a request must be there, and its answer be taken."""
    username: Annotated[str, env("MOCK_RMM_USERNAME")] = "rmm"
    password: Annotated[str, env("MOCK_RMM_PASSWORD")] = _secret(DEFAULT_PASSWORD)
    admin_token: Annotated[str, env("MOCK_RMM_ADMIN_TOKEN")] = _secret()
    portal_api_url: Annotated[str, env("PORTAL_API_URL")] = "http://127.0.0.1:8000/ATServices/1.6/atws.wsdl"
    portal_api_username: Annotated[str, env("PORTAL_API_USERNAME")] = ""
    portal_api_password: Annotated[str, env("PORTAL_API_PASSWORD")] = _secret()
    portal_api_integration_code: Annotated[str, env("PORTAL_API_INTEGRATION_CODE")] = "MOCK-RMM"
    portal_api_timeout: Annotated[float, env("PORTAL_API_TIMEOUT", ge=0.1, le=300)] = 15.0
    company_id: Annotated[int, env("MOCK_RMM_COMPANY_ID", ge=0, le=2**31)] = 1
    queue_id: Annotated[int, env("MOCK_RMM_QUEUE_ID", ge=0, le=2**31)] = 8
    udf_names: Mapping[str, str] = field(default_factory=lambda: DEFAULT_UDF_NAMES)
    note_attempts: Annotated[int, env("MOCK_RMM_NOTE_ATTEMPTS", ge=1, le=1000)] = 10
    note_pause: Annotated[float, env("MOCK_RMM_NOTE_PAUSE", ge=0, le=3600)] = 3.0
    journal: str = IN_MEMORY  # the file it is kept in, if any
    longest_silence: Annotated[float, env("MOCK_RMM_LONGEST_SILENCE", ge=0.1, le=3600)] = 300.0
    """After so many seconds even a connection that is never answered ends."""
    journal_entries: Annotated[int, env("MOCK_RMM_JOURNAL_ENTRIES", ge=1, le=1_000_000)] = 10_000
    journal_mib: Annotated[int, env("MOCK_RMM_JOURNAL_MIB", ge=1, le=4096)] = 64
    receivers: tuple[Receiver, ...] = ()  # those that are there from the start, besides the built-in ones
    one_core: Annotated[bool, env("MOCK_RMM_ONE_CORE")] = True
    """Whether the process stays on one core: threads of one interpreter that wander are slower there than alone."""
    log_level: Annotated[str, env("MOCK_RMM_LOG_LEVEL"), one_of(("debug", "info", "warning", "error"))] = (
        "info"
    )
    access_log: Annotated[bool, env("MOCK_RMM_ACCESS_LOG")] = False

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment; raise WrongSettings with everything that is wrong, at once. Empty is not set."""
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, kind in get_type_hints(cls, include_extras=True).items():
            variable = Info.of(kind).extra.get("env") if get_origin(kind) is Annotated else None
            if variable in given:
                value, must = _value(kind, given[variable])
                if value is None:
                    problems.append(f"{variable} is {given[variable]!r}: {must}.")
                else:
                    values[name] = value
        config = given.get("MOCK_RMM_CONFIG")
        receivers = _receivers(Path(config), problems) if config else ()
        udf_names = {each: given.get(udf_variable(each), name) for each, name in DEFAULT_UDF_NAMES.items()}
        settings = cls(**values, udf_names=udf_names, journal=_journal(given), receivers=receivers)
        if problems := problems + settings.problems():
            raise WrongSettings(problems)
        return settings

    @property
    def on_loopback(self) -> bool:
        return is_loopback(self.host)

    def problems(self) -> list[str]:
        """What is wrong with values, and what must not be left at its default where others can reach it."""
        problems = []
        if not _is_url(self.portal_api_url):
            problems.append(
                f"PORTAL_API_URL is {self.portal_api_url!r}: make it a full address such as {Settings.portal_api_url}."
            )
        if self.admin_token and len(self.admin_token) < SHORTEST_TOKEN:
            problems.append(
                f"MOCK_RMM_ADMIN_TOKEN is too short: give it at least {SHORTEST_TOKEN} random characters, "
                "for example from `python -c 'import secrets; print(secrets.token_urlsafe(24))'`."
            )
        if self.on_loopback:
            return problems
        unsafe = []
        if not self.admin_token:
            unsafe.append("MOCK_RMM_ADMIN_TOKEN to a long random text that protects its pages and JSON API")
        if self.password == DEFAULT_PASSWORD:
            unsafe.append("MOCK_RMM_PASSWORD to one that isn't printed in its manual")
        return problems + [
            f"MOCK_RMM_HOST is {self.host}, so others can reach the mock RMM: set {each}, or set MOCK_RMM_HOST to "
            "127.0.0.1."
            for each in unsafe
        ]


def _journal(given: Mapping[str, str]) -> str:
    """By default a file for each port in the user's folder for such things, if there is one."""
    if path := given.get("MOCK_RMM_JOURNAL", ""):
        return IN_MEMORY if path == "memory" else path
    home = given.get("HOME", "")
    state = given.get("XDG_STATE_HOME", str(Path(home) / ".local" / "state") if home else "")
    port = given.get("MOCK_RMM_PORT", str(Settings.port))
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


def _value(kind: Any, text: str) -> tuple[Any, str]:
    """What the text of a variable stands for, None if it is wrong; and what it must be."""
    info = Info.of(kind)
    if isinstance(info.type, inspect.BoolType):
        return {"on": True, "off": False}.get(text.lower()), "make it one of on, off"
    if info.choices:
        value = text.lower() if text.lower() in info.choices else None
        return value, f"make it one of {', '.join(info.choices)}"
    must = sentence_for(kind).removesuffix(".").replace("Give ", "make it ")
    try:
        return convert(text, kind, strict=False), must
    except ValidationError:
        return None, must


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
