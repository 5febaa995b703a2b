"""Valkey as it is run beside many machines: by TCP with a password, behind TLS, and watched by a Sentinel."""

import contextlib
import selectors
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from redis.sentinel import Sentinel

from portal.runtime.embedded import server_program
from tests.certificates import self_signed, server_context
from tests.servers import free_port, redis_answers, start, stop, wait_until

PASSWORD = "a password of Valkey's"
QUOTED = "a%20password%20of%20Valkey%27s"
MASTER = "mymaster"


class TcpValkey:
    """A server on a port of this machine, that wants a password."""

    def __init__(self, folder: Path, *, replica_of: int = 0) -> None:
        self.port = free_port()
        self.url = f"redis://:{QUOTED}@127.0.0.1:{self.port}/0"
        folder.mkdir()
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(folder),
            "save": "",
            "requirepass": PASSWORD,
            "masterauth": PASSWORD,
            "logfile": str(folder / "log"),
        }
        words = [part for key, value in options.items() for part in (f"--{key}", value)]
        if replica_of:
            words += ["--replicaof", "127.0.0.1", str(replica_of)]
        with contextlib.ExitStack() as undo:
            self.process = start([server_program(), *words], stdout=subprocess.DEVNULL)
            undo.callback(self.kill)
            wait_until(lambda: redis_answers(self.url), what="Valkey answers")
            undo.pop_all()

    def info(self, section: str) -> dict[str, object]:
        with Redis.from_url(self.url) as redis:
            return redis.info(section)

    def leads(self) -> bool:
        """Say whether it is master. A server that becomes it hangs up on who asks just then: that is a no."""
        try:
            return self.info("replication")["role"] == "master"
        except (RedisError, OSError):
            return False

    def kill(self) -> None:
        stop(self.process)


@contextlib.contextmanager
def tcp_valkey() -> Iterator[TcpValkey]:
    with tempfile.TemporaryDirectory(prefix="rt-tcp-", ignore_cleanup_errors=True) as folder:
        server = TcpValkey(Path(folder) / "server")
        try:
            yield server
        finally:
            server.kill()


class Watched:
    """A master, its replica, and a Sentinel that makes the replica master when the first one dies."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis+sentinel://:{QUOTED}@127.0.0.1:1,127.0.0.1:{self.port}/{MASTER}/0"
        with contextlib.ExitStack() as undo:
            self.master = TcpValkey(folder / "master")
            undo.callback(self.master.kill)
            self.replica = TcpValkey(folder / "replica", replica_of=self.master.port)
            undo.callback(self.replica.kill)
            wait_until(self._is_followed, what="the replica follows")
            command = [server_program(), str(self._configured(folder)), "--sentinel"]
            undo.callback(stop, start(command, stdout=subprocess.DEVNULL))
            wait_until(self._knows_the_replica, what="the Sentinel knows both")
            self.close = undo.pop_all().close

    def _configured(self, folder: Path) -> Path:
        configuration = folder / "sentinel.conf"
        configuration.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {folder}\nlogfile {folder / 'sentinel.log'}\n"
            f"sentinel monitor {MASTER} 127.0.0.1 {self.master.port} 1\n"
            f'sentinel auth-pass {MASTER} "{PASSWORD}"\n'
            f"sentinel down-after-milliseconds {MASTER} 500\n"
            f"sentinel failover-timeout {MASTER} 5000\n"
        )
        return configuration

    def _is_followed(self) -> bool:
        return self.replica.info("replication")["master_link_status"] == "up"

    def _knows_the_replica(self) -> bool:
        try:
            return bool(Sentinel([("127.0.0.1", self.port)]).discover_slaves(MASTER))
        except (RedisError, OSError):
            return False


@contextlib.contextmanager
def watched() -> Iterator[Watched]:
    with tempfile.TemporaryDirectory(prefix="rt-sentinel-", ignore_cleanup_errors=True) as folder:
        servers = Watched(Path(folder))
        try:
            yield servers
        finally:
            servers.close()


@contextlib.contextmanager
def behind_tls(server: TcpValkey, folder: Path) -> Iterator[str]:
    """Give a rediss:// address that leads to a server: the embedded one speaks no TLS itself."""
    pem = self_signed(folder)
    context = server_context(pem)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def accept() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_carry, args=(plain, context, server.port), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"rediss://:{QUOTED}@localhost:{port}/0?ssl_ca_certs={pem}"
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _carry(plain: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as near:  # noqa: SIM117
        with socket.create_connection(("127.0.0.1", port)) as far, selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in selector.select():
                    source = near if key.fileobj is near else far
                    data = source.recv(65536)
                    while isinstance(source, ssl.SSLSocket) and source.pending():
                        data += source.recv(source.pending())
                    if not data:
                        return
                    key.data.sendall(data)
