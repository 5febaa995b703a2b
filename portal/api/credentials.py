"""Who calls the web services: an active API User, by HTTP Basic."""

import base64
import binascii
from dataclasses import dataclass

from sqlalchemy import Engine

from portal.core.actors import Actor, ActorKind
from portal.db.services import Services
from portal.desk.signing_in import Caller, check
from portal.models.people import API_USER

# Set on `flask.g` by an open operation that found what was asked for. Asking for one name after the other is held up
# like wrong passwords.
ANSWERED = "api_answered"


@dataclass(frozen=True, slots=True)
class AuthenticationFailure:
    """Why a caller is not let in. ``tried``: there were credentials, and they were wrong."""

    reason: str
    tried: bool = True


def sign_in(
    services: Services, engine: Engine, authorization: str, address: str
) -> Actor | AuthenticationFailure:
    """Find whose credentials an Authorization header holds. Only reads; raises TooManyAttempts and Busy."""
    pair = _basic(authorization)
    if pair is None:
        return AuthenticationFailure(
            "Sign in with the user name and password of an API User (HTTP Basic).", tried=False
        )
    resource = check(services, engine, *pair, Caller(address), remember=True)
    if resource is None:
        return AuthenticationFailure(
            "The user name or the password is not right, or this API User is inactive."
        )
    if resource.security_level != API_USER:
        return AuthenticationFailure(
            "This account is for the portal's pages. The web services take resources of the security level "
            "API User only; an administrator can make one."
        )
    return Actor(ActorKind.API, resource.name, resource.id)


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        # as older clients write it, requests among them
        text = raw.decode("latin-1")
    user_name, colon, password = text.partition(":")
    return (user_name, password) if colon else None
