"""Every setting, its default, and what is refused: read once from the environment, then passed on.

README.md lists them for admins. A wrong one stops the start with a sentence that says what to do.
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from portal.core.addresses import LOOPBACK, Allowed, parse_networks
from portal.core.verdicts import Policy, Resends, policy_of
from portal.embedded import socket_path
from portal.environment import Environment
from portal.logs import FORMATS
from portal.redis_server import check_url

DEVELOPMENT, PRODUCTION = "development", "production"
_MIN_SECRET = 32
_MIN_TOKEN = 16
# as powers of ten: out of reach for who has a signed cookie, and for who tries at the sign-in page
_MIN_SECRET_GUESSES, _MIN_PASSWORD_GUESSES = 20, 10
# an estimate takes time in proportion to the square of the length
_MAX_ESTIMATED = 72
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[?[0-9a-f:]+:[0-9a-f:.]*\]?")
_MAX_PORT = 65535


class SettingsError(Exception):
    """One or more settings are wrong; the text has a sentence for each."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server. ``security`` is "none", "starttls" or "tls"."""

    host: str
    port: int
    security: str = "none"
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    environment: str
    instance: Path
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    embedded_redis: bool
    host: str
    port: int
    base_url: str
    allowed_hosts: frozenset[str]
    trusted_proxies: int
    secret_key: str = field(repr=False)
    credential_keys: tuple[str, ...] = field(repr=False)
    resend_seconds: int
    resend_limit: int
    send_timeout: int
    connect_timeout: int
    lease_seconds: int
    sweep_seconds: int
    keep_days: int
    senders: int
    workers: int
    web_workers: int
    web_threads: int
    session_idle_minutes: int
    session_hours: int
    request_seconds: int
    login_domain: str
    allowed: Allowed
    http_proxy: str = field(repr=False)
    smtp: Smtp | None
    mail_from: str
    mock_rmm: bool
    mock_rmm_host: str
    mock_rmm_port: int
    mock_rmm_url: str
    mock_rmm_username: str
    mock_rmm_password: str = field(repr=False)
    mock_rmm_api_password: str = field(repr=False)
    demo: bool
    admin_username: str
    admin_password: str = field(repr=False)
    log_format: str
    metrics_token: str = field(repr=False)

    @property
    def production(self) -> bool:
        return self.environment == PRODUCTION

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    def policy(self, resends: Resends) -> Policy:
        """Give the policy of a callout: its own, or as the original with the numbers set here."""
        return policy_of(resends, Policy(self.resend_seconds, self.resend_limit))

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the environment; raises SettingsError that names everything that is wrong at once."""
        reader = _Reader(environ)
        environment = reader.choice("PORTAL_ENV", (DEVELOPMENT, PRODUCTION))
        production = environment == PRODUCTION
        instance = reader.folder("PORTAL_INSTANCE", "instance")
        host = reader.text("PORTAL_HOST", "127.0.0.1")
        port = reader.number("PORTAL_PORT", 8000, 1, _MAX_PORT)
        mock_host = reader.text("MOCK_RMM_HOST", "127.0.0.1")
        mock_port = reader.number("MOCK_RMM_PORT", 8001, 1, _MAX_PORT)
        redis_url = reader.redis_url()
        if mock_port == port:
            reader.problems.append(
                f"MOCK_RMM_PORT is {mock_port}, and so is PORTAL_PORT; give one of them another."
            )
        settings = cls(
            environment=environment,
            instance=instance,
            database_url=reader.database_url(instance),
            redis_url=redis_url or f"unix://{socket_path(instance)}?db=0",
            embedded_redis=not redis_url,
            host=host,
            port=port,
            base_url=reader.base_url(f"http://{host}:{port}", required=production),
            allowed_hosts=reader.hosts("PORTAL_ALLOWED_HOSTS"),
            trusted_proxies=reader.number("PORTAL_TRUSTED_PROXIES", 0, 0, 10),
            secret_key=reader.secret("PORTAL_SECRET_KEY", instance / "secret.key", required=production),
            credential_keys=reader.credential_keys(instance / "credentials.key", required=production),
            resend_seconds=reader.number("PORTAL_RESEND_SECONDS", 60, 1, 86_400),
            resend_limit=reader.number("PORTAL_RESEND_LIMIT", 10, 0, 1000),
            send_timeout=reader.number("PORTAL_SEND_TIMEOUT", 30, 1, 300),
            connect_timeout=reader.number("PORTAL_CONNECT_TIMEOUT", 5, 1, 60),
            lease_seconds=reader.number("PORTAL_LEASE_SECONDS", 15, 3, 600),
            sweep_seconds=reader.number("PORTAL_SWEEP_SECONDS", 5, 1, 20),
            keep_days=reader.number("PORTAL_KEEP_DAYS", 0, 0, 36_500),
            senders=reader.number("PORTAL_SENDERS", 64, 1, 500),
            workers=reader.number("PORTAL_WORKERS", 2, 1, 64),
            web_workers=reader.number("PORTAL_WEB_WORKERS", 1, 1, 64),
            web_threads=reader.number("PORTAL_WEB_THREADS", 8, 1, 200),
            session_idle_minutes=reader.number("PORTAL_SESSION_IDLE_MINUTES", 480, 5, 43_200),
            session_hours=reader.number("PORTAL_SESSION_HOURS", 24, 1, 8760),
            request_seconds=reader.number("PORTAL_REQUEST_SECONDS", 30, 1, 3600),
            login_domain=reader.text("PORTAL_LOGIN_DOMAIN", "PORTAL.LOCAL"),
            allowed=reader.allowed(loopback=not production),
            http_proxy=reader.proxy_url("PORTAL_HTTP_PROXY"),
            smtp=reader.smtp(),
            mail_from=reader.mail_from("Roundtrip <roundtrip@localhost>"),
            mock_rmm=reader.flag("PORTAL_MOCK_RMM", default=not production),
            mock_rmm_host=mock_host,
            mock_rmm_port=mock_port,
            mock_rmm_url=reader.http_url("MOCK_RMM_URL", f"http://{mock_host}:{mock_port}"),
            mock_rmm_username=reader.text("MOCK_RMM_USERNAME", "rmm"),
            mock_rmm_password=reader.kept("MOCK_RMM_PASSWORD", instance / "mock-rmm.password"),
            mock_rmm_api_password=reader.kept("MOCK_RMM_API_PASSWORD", instance / "mock-rmm-api.password"),
            demo=reader.flag("PORTAL_DEMO", default=not production),
            admin_username=reader.text("PORTAL_ADMIN_USERNAME", "admin"),
            admin_password=reader.admin_password(strong=production),
            log_format=reader.choice("PORTAL_LOG_FORMAT", FORMATS),
            metrics_token=reader.metrics_token(strong=production),
        )
        if reader.problems:
            raise SettingsError("\n".join(reader.problems))
        return settings


class _Reader(Environment):
    """Reads what is peculiar to one setting."""

    def proxy_url(self, name: str) -> str:
        url = self.http_url(name)
        if url.lower().startswith("https:"):
            self.problems.append(
                f"{name} must start with http://: the proxy itself is spoken to without TLS, and what goes to an "
                "https:// receiver through it is encrypted all the same."
            )
        return url

    def database_url(self, instance: Path) -> str:
        url = self.text("DATABASE_URL")
        if not url:
            return f"sqlite:///{instance / 'portal.db'}"
        url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
        try:
            backend = make_url(url).get_backend_name()
        except (ArgumentError, ValueError):
            backend = ""
        if backend not in {"sqlite", "postgresql"}:
            self.problems.append(
                "DATABASE_URL must look like postgresql://user:password@host/name or sqlite:////path/file.db; "
                "unset it to use SQLite in the instance folder."
            )
        return url

    def redis_url(self) -> str:
        url = self.text("REDIS_URL")
        try:
            if url:
                check_url(url)
        except ValueError:
            self.problems.append(
                "REDIS_URL must look like redis://host:6379/0, rediss://host:6379/0, unix:///path/socket or "
                "redis+sentinel://host,host:26379/master/0; unset it to use the embedded server."
            )
        return url

    def base_url(self, default: str, *, required: bool) -> str:
        if required and not self.text("PORTAL_BASE_URL"):
            self.problems.append(
                "PORTAL_BASE_URL is missing: in production, set it to the address that users type, "
                "for example https://portal.example."
            )
        url = self.http_url("PORTAL_BASE_URL", default)
        if required and url.lower().startswith("http:") and self.text("PORTAL_BASE_URL"):
            self.problems.append(
                "PORTAL_BASE_URL must start with https:// in production: passwords and tickets would cross the "
                "network readable. Put a proxy with TLS in front, and see README.md under Production."
            )
        return url

    def hosts(self, name: str) -> frozenset[str]:
        """Read host names divided by commas or spaces."""
        names = self.text(name).lower().replace(",", " ").split()
        for each in names:
            if not _HOST.fullmatch(each):
                self.problems.append(
                    f"{name} holds {each[:60]!r}; write host names without scheme and port, divided by commas."
                )
        return frozenset(each.strip("[]").rstrip(".") for each in names)

    def secret(self, name: str, path: Path, *, required: bool) -> str:
        value = self.text(name)
        if not value:
            if required:
                self.problems.append(
                    f"{name} is missing: in production, set it to a random text of at least {_MIN_SECRET} "
                    "characters, the same for every process, for example from: openssl rand -hex 32"
                )
                return ""
            return self.in_file(path, lambda: secrets.token_hex(32))
        if len(value) < _MIN_SECRET:
            self.problems.append(f"{name} is too short: use at least {_MIN_SECRET} random characters.")
        elif required and _guesses(value) < _MIN_SECRET_GUESSES:
            self.problems.append(
                f"{name} can be guessed: it repeats itself or is made of words. Use random characters, for example "
                "from: openssl rand -hex 32"
            )
        return value

    def credential_keys(self, path: Path, *, required: bool) -> tuple[str, ...]:
        value = self.text("PORTAL_CREDENTIAL_KEYS")
        advice = (
            "make one with: python -c 'from cryptography.fernet import Fernet; "
            "print(Fernet.generate_key().decode())'"
        )
        if not value:
            if required:
                self.problems.append(f"PORTAL_CREDENTIAL_KEYS is missing: in production, {advice}")
                return ()
            value = self.in_file(path, lambda: Fernet.generate_key().decode())
        keys = tuple(value.replace(",", " ").split())
        try:
            for key in keys:
                Fernet(key)
        except ValueError:
            self.problems.append(
                f"PORTAL_CREDENTIAL_KEYS holds something that is no key: {advice}. "
                "Several are divided by commas, the newest first."
            )
        else:
            if required and any(_guesses(key) < _MIN_SECRET_GUESSES for key in keys):
                self.problems.append(f"PORTAL_CREDENTIAL_KEYS holds a key that can be guessed: {advice}.")
        return keys

    def allowed(self, *, loopback: bool) -> Allowed:
        text = self.text("PORTAL_ALLOWED_NETWORKS")
        try:
            networks = parse_networks(text)
        except ValueError as error:
            self.problems.append(
                f"PORTAL_ALLOWED_NETWORKS: {error}. Write networks like 10.1.0.0/16, fd00::/8, divided by commas."
            )
            networks = ()
        return Allowed(networks + (LOOPBACK if loopback else ()))

    def smtp(self) -> Smtp | None:
        url = self.text("SMTP_URL")
        if not url:
            return None
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        security = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}.get(parts.scheme)
        if security is None or not parts.hostname:
            self.problems.append(
                "SMTP_URL must look like smtp://host:25, smtp+starttls://user:password@host:587 or "
                "smtps://user:password@host:465; unset it to keep mails in the portal."
            )
            return None
        default = {"none": 25, "starttls": 587, "tls": 465}[security]
        return Smtp(
            parts.hostname,
            port or default,
            security,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )

    def mail_from(self, default: str) -> str:
        value = self.text("PORTAL_MAIL_FROM", default)
        try:
            Address(addr_spec=parseaddr(value)[1])
        except (MessageError, ValueError, IndexError):
            self.problems.append(
                f"PORTAL_MAIL_FROM is {value!r}; write an address like Roundtrip <roundtrip@example.com>."
            )
        return value

    def metrics_token(self, *, strong: bool) -> str:
        value = self.text("PORTAL_METRICS_TOKEN")
        if value and not (len(value) >= _MIN_TOKEN and value.isascii() and value.isprintable()):
            self.problems.append(
                f"PORTAL_METRICS_TOKEN must be at least {_MIN_TOKEN} printable ASCII characters, for example "
                "from: openssl rand -hex 24"
            )
        elif value and strong and _guesses(value) < _MIN_PASSWORD_GUESSES:
            self.problems.append("PORTAL_METRICS_TOKEN can be guessed. Make one with: openssl rand -hex 24")
        return value

    def admin_password(self, *, strong: bool) -> str:
        value = self._environ.get("PORTAL_ADMIN_PASSWORD", "")
        if value and len(value) < 8:  # noqa: PLR2004 - said in the sentence below
            self.problems.append("PORTAL_ADMIN_PASSWORD is too short: use at least 8 characters.")
        elif value and strong and _guesses(value, self.text("PORTAL_ADMIN_USERNAME")) < _MIN_PASSWORD_GUESSES:
            self.problems.append(
                "PORTAL_ADMIN_PASSWORD is easy to guess. Use several words or random characters, for example from: "
                "openssl rand -hex 12"
            )
        return value


def _guesses(value: str, *known: str) -> float:
    """Estimate how many guesses a secret takes, as a power of ten. Words, names, dates and repetitions take few."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists are large, and only production asks

    return float(zxcvbn(value[:_MAX_ESTIMATED], user_inputs=["roundtrip", "portal", *known])["guesses_log10"])
