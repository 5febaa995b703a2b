"""Who a user name and a password belong to: one way for pages and web services, with its limits.

The stored hash is read in a transaction of its own, which ends before argon2 begins. Tries are counted before the
check. Who signed in before from the same browser or network counts apart, so unknown who try an account do not lock
its owner out.
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

__all__ = ["Account", "Caller", "TooManyAttempts", "account_key", "check", "check_own", "count_look"]

# what no database takes, and so is nobody's name
_NO_NAME = re.compile("[\x00\ud800-\udfff]")
# Free tries, the longest wait and after how long a try is forgiven, in seconds: of one account, by all unknown; of
# one account from one network; and whatever the account, from a network and from a wide one. A network's bound is the
# longer, so that who hammers at an account from few places leaves most turns to others.
_ACCOUNT: Final = (5, 60, 600)
_PAIR: Final = (5, 300, 600)
_NETWORK: Final = (30, 60, 12)
_WIDE: Final = (100, 60, 4)
_IPV4, _IPV6 = (32, 24), (64, 48)


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a try comes from: an address, and the browser's mark if it signed this account in before."""

    address: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A resource as it was when its password was looked up."""

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
    """Give the active account whose user name and password these are, or None. Opens no transaction that writes.

    ``remember`` spares the next checks of the same pair; a changed password is noticed at once.
    Raises TooManyAttempts and Busy.
    """
    if len(password) > MAX_LENGTH or _NO_NAME.search(user_name):
        return None
    key = account_key(services, user_name)
    account = look_up(engine, user_name)
    stored = account.password_hash if account else passwords.nobodys_hash()
    pair = passwords.digest(key, stored, password)
    if remember and account and passwords.right.has(pair):
        return account
    with passwords.alone_with(pair):
        if remember and account and passwords.right.has(pair):
            return account
        again = passwords.wrong.has(pair)
        counted = _count(services, key, caller, again=again)
        if again or not _is_right(services, counted, stored, password) or account is None:
            passwords.wrong.add(pair)
            return None
        services.rate_limiter.refund(counted)
        if remember:
            passwords.right.add(pair)
    # what changed while the hash was computed counts
    return account if look_up(engine, user_name) == account else None


def check_own(services: Services, resource_id: int, stored: str, password: str) -> bool:
    """Check the current password of who is signed in. Raises TooManyAttempts and Busy."""
    counted = services.rate_limiter.count([_bucket(f"own:{resource_id}", _ACCOUNT)])
    if not _is_right(services, counted, stored, password):
        return False
    services.rate_limiter.refund(counted)
    return True


def count_look(services: Services, address: str) -> Counted:
    """Count that somebody asks whether a user name exists; raises TooManyAttempts."""
    return services.rate_limiter.count(_of_address(services, address))


def look_up(engine: Engine, user_name: str) -> Account | None:
    """Find an active resource with a password, in a transaction of its own that has ended."""
    with reading(engine) as session:
        found = session.scalar(select(Resource).filter_by(user_name_key=fold_user_name(user_name)))
        if found is None or not found.active or not found.password_hash:
            return None
        return Account(found.id, found.name, found.active, found.security_level, found.password_hash)


def account_key(services: Services, user_name: str) -> str:
    """Give what stands for a user name, known or not: people type their passwords there, so it is not kept."""
    return _keyed(services, fold_user_name(user_name))


def _count(services: Services, key: str, caller: Caller, *, again: bool) -> Counted:
    # a pair that is known to be wrong is no guess: it waits its turn among its like, and keeps nobody else waiting
    suffix = ":again" if again else ""
    if caller.device:
        return services.rate_limiter.count([_bucket(f"device:{caller.device}:{key}{suffix}", _ACCOUNT)])
    near = _keyed(services, _networks(caller.address)[0])
    unknown = [_bucket(f"account:{key}{suffix}", _ACCOUNT), _bucket(f"pair:{key}:{near}{suffix}", _PAIR)]
    if not again:
        unknown += _of_address(services, caller.address)
    return services.rate_limiter.count(
        unknown, _bucket(f"known:{key}:{near}{suffix}", _ACCOUNT), f"{key}:{near}"
    )


def _is_right(services: Services, counted: Counted, stored: str, password: str) -> bool:
    try:
        return passwords.is_right(stored, password, stranger=len(counted.buckets) > 1)
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
    """Give the network that one customer has, and the one around it: an IPv6 customer has 2**64 addresses."""
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
