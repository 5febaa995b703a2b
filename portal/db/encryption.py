"""Callouts' passwords at rest: encrypted with the first key, readable with any (to rotate keys)."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Credentials:
    def __init__(self, keys: tuple[str, ...]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, password: str) -> str:
        return self._fernet.encrypt(password.encode("utf-8", "surrogatepass")).decode()

    def decrypt(self, token: str) -> str | None:
        """Return the password; None if none of the keys decrypts it."""
        try:
            return self._fernet.decrypt(token).decode("utf-8", "surrogatepass")
        except (InvalidToken, ValueError):
            return None

    def rotate(self, token: str) -> str | None:
        """Re-encrypt a stored password with the first key; None if none of the keys decrypts it."""
        try:
            return self._fernet.rotate(token).decode()
        except (InvalidToken, ValueError):
            return None
