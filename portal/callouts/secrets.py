"""What proves to a receiver who sends: the password and the signing secrets of a callout, decrypted."""

from dataclasses import dataclass, field
from functools import cached_property

from portal.callouts import signing
from portal.callouts.redaction import Pattern, basic_pair, patterns_of
from portal.db.encryption import Credentials
from portal.models import Callout


@dataclass(frozen=True)
class Secrets:
    """A user name and password for HTTP Basic, and the secrets that sign, the newest first. Any may be missing."""

    username: str = ""
    password: str = field(default="", repr=False)
    signing: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def basic(self) -> str:
        """The credentials of the Authorization header; "" where there are none."""
        return basic_pair(self.username, self.password).decode() if self.username or self.password else ""

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """What to redact in an answer: a receiver may echo what it got, where it explains what went wrong."""
        found = patterns_of(self.basic.encode(), self.password) if self.basic else ()
        of_signing = [patterns_of(each.encode(), each.removeprefix(signing.PREFIX)) for each in self.signing]
        return (*found, *(pattern for each in of_signing for pattern in each))


def secrets_of(callout: Callout, credentials: Credentials) -> tuple[Secrets, str]:
    """Decrypt a callout's secrets; the text says which can't be read, and what to do, or is empty."""
    password = credentials.decrypt(callout.password_encrypted) if callout.password_encrypted else ""
    if password is None:
        return Secrets(), (
            "The stored password can't be read with the keys in PORTAL_CREDENTIAL_KEYS. Type it again on the "
            "callout's General tab, or bring the old key back."
        )
    stored = (callout.signing_secret_encrypted, callout.signing_secret_old_encrypted)
    secrets = [credentials.decrypt(each) for each in stored if each]
    readable = tuple(each for each in secrets if each)
    if len(readable) < len(secrets):
        return Secrets(callout.username, password), (
            "A stored signing secret can't be read with the keys in PORTAL_CREDENTIAL_KEYS. Remove it or enter "
            "another on the callout's General tab, or bring the old key back."
        )
    return Secrets(callout.username, password, readable), ""
