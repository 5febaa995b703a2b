"""Every setting, its default and its checks: read once from the environment, then passed on.

README.md lists them for admins. A wrong one stops the start with a sentence that says what to do.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from portal.core.addresses import Allowed
from portal.core.verdicts import Policy, Resends, policy_of
from portal.logs import FORMATS
from portal.settings.reader import Reader, Smtp
from portal.settings.redis_server import socket_path

DEVELOPMENT, PRODUCTION = "development", "production"
_MAX_PORT = 65535


class SettingsError(Exception):
    """One or more settings are wrong; the text has a sentence for each."""


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
        """Return a callout's resend policy: its own schedule, or the default one with the numbers set here."""
        return policy_of(resends, Policy(self.resend_seconds, self.resend_limit))

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the environment; raises SettingsError that names everything that is wrong at once."""
        reader = Reader(environ)
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
