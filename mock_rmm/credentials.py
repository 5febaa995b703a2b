"""The user name and password that endpoints require. Both can be changed while it runs, as an RMM's admin may do."""

import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    username: str
    password: str = field(repr=False)

    def match(self, username: str | None, password: str | None) -> bool:
        """Compared in constant time, both always."""
        same_name = hmac.compare_digest((username or "").encode(), self.username.encode())
        same_password = hmac.compare_digest((password or "").encode(), self.password.encode())
        return same_name and same_password


class SharedCredentials:
    def __init__(self, initial: Credentials) -> None:
        self._initial = self.current = initial

    def change(self, credentials: Credentials) -> None:
        self.current = credentials

    def reset(self) -> None:
        self.current = self._initial
