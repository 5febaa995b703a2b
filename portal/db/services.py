"""What an app is given beside its database: settings, doorbell and credentials, found through the app."""

from dataclasses import dataclass

from flask import current_app

from portal.db.doorbell import Doorbell
from portal.db.encryption import Credentials
from portal.db.tries import Tries
from portal.settings import Settings
from portal.settings.redis_server import connect

_KEY = "portal"


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    doorbell: Doorbell
    credentials: Credentials
    tries: Tries

    @classmethod
    def make(cls, settings: Settings) -> "Services":
        # short: whoever rings does so inside a request, and a silent Redis must not hold it
        redis = connect(settings.redis_url, socket_connect_timeout=1.0, socket_timeout=2.0)
        return cls(settings, Doorbell(redis), Credentials(settings.credential_keys), Tries(redis))


def services() -> Services:
    """Give the current app's services; needs an app context."""
    found: Services = current_app.extensions[_KEY]
    return found
