"""What becomes of the secrets that are stored with an extension callout."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave what is stored, if anything, as it is."""


@dataclass(frozen=True, slots=True)
class Remove:
    """Forget what is stored."""


@dataclass(frozen=True, slots=True)
class Replace:
    """Store this password instead."""

    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rotate:
    """Sign with this secret first; the one that was stored signs too, until it is retired."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Retire:
    """Stop signing with the older of two secrets."""


PasswordChange = Keep | Remove | Replace
SigningChange = Keep | Remove | Rotate | Retire
UNCHANGED = Keep()
