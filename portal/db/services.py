"""The services of an app beside its database: settings, doorbell, credentials and rate limiter."""

from dataclasses import dataclass

from flask import current_app

from portal.db.doorbell import Doorbell
from portal.db.encryption import Credentials
from portal.db.rate_limit import RateLimiter
from portal.settings import Settings
from portal.settings.redis_server import connect

_KEY = "portal"


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    doorbell: Doorbell
    credentials: Credentials
    rate_limiter: RateLimiter

    @classmethod
    def make(cls, settings: Settings) -> "Services":
        # short: the doorbell is rung inside a request, which a silent Redis must not hold up
        redis = connect(settings.redis_url, socket_connect_timeout=1.0, socket_timeout=2.0)
        return cls(settings, Doorbell(redis), Credentials(settings.credential_keys), RateLimiter(redis))


def services() -> Services:
    """Return the current app's services; needs an app context."""
    found: Services = current_app.extensions[_KEY]
    return found
