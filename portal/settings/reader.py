"""Reads settings that are more than a text or a number: addresses, keys, and secrets, whose strength is checked."""

import re
import secrets
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from portal.core.addresses import LOOPBACK, Allowed, parse_networks
from portal.settings.environment import Environment
from portal.settings.redis_server import check_url

_MIN_SECRET = 32
_MIN_TOKEN = 16
# as powers of ten: safe against offline attacks on a signed cookie, and against attempts at the sign-in page
_MIN_SECRET_GUESSES, _MIN_PASSWORD_GUESSES = 20, 10
# an estimate takes time in proportion to the square of the length
_MAX_ESTIMATED = 72
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[?[0-9a-f:]+:[0-9a-f:.]*\]?")


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server. ``security`` is "none", "starttls" or "tls"."""

    host: str
    port: int
    security: str = "none"
    username: str = ""
    password: str = field(default="", repr=False)


class Reader(Environment):
    """One method for each setting with a format of its own."""

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
