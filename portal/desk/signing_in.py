"""Checks user name and password, for pages and web services alike, with rate limits.

The stored hash is read in a transaction of its own, which ends before argon2 begins. Attempts are counted before the
check. Callers who signed in before from the same browser or network are counted separately, so others who try an
account can't lock its owner out.
"""

import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, select

from portal.db.rate_limit import Bucket, Counted, TooManyAttempts
from portal.db.services import Services
from portal.db.sessions import reading
from portal.desk import passwords
from portal.desk.passwords import MAX_LENGTH
from portal.models import Resource
from portal.models.people import fold_user_name

__all__ = ["Account", "Caller", "TooManyAttempts", "account_key", "check", "check_own", "count_lookup"]

# characters that no database stores, so no user name has them
_NO_NAME = re.compile("[\x00\ud800-\udfff]")
# Free attempts, then in seconds the longest wait and the time until an attempt is forgiven: for one account, by all
# unknown callers; for one account from one network; and for any account, from a network and from a wider one. The wait
# for one network is longer, so that an attacker with few addresses leaves most attempts on an account to others.
_ACCOUNT: Final = (5, 60, 600)
_PAIR: Final = (5, 300, 600)
_NETWORK: Final = (30, 60, 12)
_WIDE: Final = (100, 60, 4)
_IPV4, _IPV6 = (32, 24), (64, 48)


@dataclass(frozen=True, slots=True)
class Caller:
    """Where an attempt comes from: an address, and the browser's device id if this account signed in with it before."""

    address: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A resource as it was when its password hash was read."""

    id: int
    name: str
    active: bool
    security_level: str
    password_hash: str


def check(
    services: Services,
    engine: Engine,
    user_name: str,
    password: str,
    caller: Caller,
    *,
    remember: bool = False,
) -> Account | None:
    """Return the active account with this user name and password, or None. Opens no write transaction.

    ``remember`` caches a verified pair; a changed password takes effect at once.
    Raises TooManyAttempts and Busy.
    """
    if len(password) > MAX_LENGTH or _NO_NAME.search(user_name):
        return None
    key = account_key(services, user_name)
    account = look_up(engine, user_name)
    stored = account.password_hash if account else passwords.dummy_hash()
    pair = passwords.digest(key, stored, password)
    if remember and account and passwords.verified.has(pair):
        return account
    with passwords.one_at_a_time(pair):
        if remember and account and passwords.verified.has(pair):
            return account
        repeated = passwords.rejected.has(pair)
        counted = _count(services, key, caller, repeated=repeated)
        if repeated or not _is_right(services, counted, stored, password) or account is None:
            passwords.rejected.add(pair)
            return None
        services.rate_limiter.refund(counted)
        if remember:
            passwords.verified.add(pair)
    # the account may have changed while the hash was computed
    return account if look_up(engine, user_name) == account else None


def check_own(services: Services, resource_id: int, stored: str, password: str) -> bool:
    """Check the current password of the signed-in resource. Raises TooManyAttempts and Busy."""
    counted = services.rate_limiter.count([_bucket(f"own:{resource_id}", _ACCOUNT)])
    if not _is_right(services, counted, stored, password):
        return False
    services.rate_limiter.refund(counted)
    return True


def count_lookup(services: Services, address: str) -> Counted:
    """Count a question whether a user name exists; raises TooManyAttempts."""
    return services.rate_limiter.count(_of_address(services, address))


def look_up(engine: Engine, user_name: str) -> Account | None:
    """Find an active resource with a password, in a transaction of its own that has ended."""
    with reading(engine) as session:
        found = session.scalar(select(Resource).filter_by(user_name_key=fold_user_name(user_name)))
        if found is None or not found.active or not found.password_hash:
            return None
        return Account(found.id, found.name, found.active, found.security_level, found.password_hash)


def account_key(services: Services, user_name: str) -> str:
    """Return a keyed hash of a user name, existing or not. The name is not kept: people type passwords there."""
    return _keyed(services, fold_user_name(user_name))


def _count(services: Services, key: str, caller: Caller, *, repeated: bool) -> Counted:
    # a pair that is known to be wrong is no guess: it has buckets of its own, and delays nobody else
    suffix = ":again" if repeated else ""
    if caller.device:
        return services.rate_limiter.count([_bucket(f"device:{caller.device}:{key}{suffix}", _ACCOUNT)])
    near = _keyed(services, _networks(caller.address)[0])
    unknown = [_bucket(f"account:{key}{suffix}", _ACCOUNT), _bucket(f"pair:{key}:{near}{suffix}", _PAIR)]
    if not repeated:
        unknown += _of_address(services, caller.address)
    return services.rate_limiter.count(
        unknown, _bucket(f"known:{key}:{near}{suffix}", _ACCOUNT), f"{key}:{near}"
    )


def _is_right(services: Services, counted: Counted, stored: str, password: str) -> bool:
    try:
        return passwords.verify_password(stored, password, known=len(counted.buckets) == 1)
    except passwords.Busy:
        services.rate_limiter.refund(counted, correct=False)
        raise


def _of_address(services: Services, address: str) -> list[Bucket]:
    near, wide = _networks(address)
    return [
        _bucket(f"net:{_keyed(services, near)}", _NETWORK),
        _bucket(f"wide:{_keyed(services, wide)}", _WIDE),
    ]


def _networks(address: str) -> tuple[str, str]:
    """Return the network of one customer and the wider one around it: an IPv6 customer has 2**64 addresses."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown", "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    bits = _IPV4 if isinstance(found, ipaddress.IPv4Address) else _IPV6
    near, wide = (str(ipaddress.ip_network((found, each), strict=False)) for each in bits)
    return near, wide


def _bucket(key: str, bounds: tuple[int, ...]) -> Bucket:
    return Bucket(key, *bounds)


def _keyed(services: Services, text: str) -> str:
    secret = services.settings.secret_key.encode()
    return hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
