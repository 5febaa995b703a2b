"""Reads settings from the environment, and collects a sentence for each that is wrong."""

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit


class Environment:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._unusable: Path | None = None
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self._environ.get(name, "").strip() or default

    def choice(self, name: str, options: tuple[str, ...]) -> str:
        value = self.text(name, options[0]).lower()
        if value not in options:
            self.problems.append(f"{name} is {value!r}; it must be one of: {', '.join(options)}.")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "yes" if default else "no").lower()
        if value not in {"yes", "no", "true", "false", "1", "0", "on", "off"}:
            self.problems.append(f"{name} is {value!r}; write yes or no.")
        return value in {"yes", "true", "1", "on"}

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not least <= int(value) <= most:
            self.problems.append(f"{name} is {value!r}; write a whole number from {least} to {most}.")
            return default
        return int(value)

    def http_url(self, name: str, default: str = "") -> str:
        value = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(value)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if value and not usable:
            # the value may hold a password, so it is not shown
            self.problems.append(
                f"{name} must be an address that starts with http:// or https:// and a host."
            )
        return value

    def folder(self, name: str, default: str) -> Path:
        """Read a folder, and create it for its owner only if it does not exist."""
        text = self.text(name, default)
        try:
            path = Path(text).expanduser().resolve()
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            usable = os.access(path, os.W_OK | os.X_OK)
        except (OSError, RuntimeError, ValueError):
            path, usable = Path(text), False
        if not usable:
            self.problems.append(f"{name} is {text!r}, where no folder can be made or written; name another.")
            self._unusable = path
        return path

    def kept(self, name: str, path: Path) -> str:
        """Read a password, or generate one once and keep it in a file."""
        return self._environ.get(name, "") or self.in_file(path, lambda: secrets.token_urlsafe(18))

    def in_file(self, path: Path, make: Callable[[], str]) -> str:
        """Read a secret from its file, which the first process creates (mode 0600)."""
        if path.parent == self._unusable:
            return ""
        if not path.exists():
            handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "w") as file:
                file.write(make())
            try:
                os.link(draft, path)  # appears whole, or not at all when another process was first
            except FileExistsError:
                pass
            finally:
                Path(draft).unlink()
        return path.read_text().strip()
